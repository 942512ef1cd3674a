"""The ``newsdesk`` command."""

from rag.cli.commands import main

__all__ = ["main"]
