"""The commands of conversations: listing, what readers thought of answers, exporting; they print, and decide nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from rag.assistant import Assistant
from rag.errors import StorageError, UsageError
from rag.export import FORMS
from rag.export.plain import conversation_data, turn_data
from rag.settings import load_settings
from rag.terminal import print_json

_MOST = 40


def show_list(args: argparse.Namespace) -> int:
    """Print the conversations, or a JSON line for each turn that a reader judged."""
    kept = Assistant(load_settings()).conversations
    if args.feedback:
        for conversation_id, turn in kept.judged():
            print_json({"conversation_id": conversation_id} | turn_data(turn))
        return 0
    headings = kept.listed(containing=args.search, most=args.limit)
    if args.json:
        print_json([asdict(heading) for heading in headings])
        return 0
    for heading in headings:
        print("\t".join([heading.conversation_id, heading.last[:16].replace("T", " "), str(heading.turns), heading.title]))
    return 0


def export(args: argparse.Namespace) -> int:
    """Print a conversation, or write it to a file."""
    conversation = Assistant(load_settings()).conversations.opened(args.conversation)
    if args.output is None and args.json:
        print_json(conversation_data(conversation))
        return 0
    text = FORMS[args.format or "md"](conversation)
    if args.output is None:
        sys.stdout.write(text)
        return 0
    _write(args.output, text, force=args.force)
    if args.json:
        print_json({"path": str(args.output), "turns": len(conversation.turns)})
    else:
        print(f"Written: {args.output}")
    return 0


def _write(path: Path, text: str, *, force: bool) -> None:
    """Raises UsageError where the file is there already, StorageError where it cannot be written."""
    try:
        with path.open("w" if force else "x", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already: name another file, or add --force to replace it.") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror or error}): name another file.") from error


def add_list_arguments(sub: argparse.ArgumentParser, positive: Callable[[str], int]) -> None:
    """Which conversations, and whether what readers thought instead."""
    sub.add_argument(
        "--search", default="", metavar="WORDS", help="only those with these words, or parts of words, in name, questions or answers"
    )
    sub.add_argument("--limit", type=positive, default=_MOST, metavar="N", help=f"most conversations (default: {_MOST})")
    sub.add_argument(
        "--feedback", action="store_true", help="a JSON line for each answer that a reader judged, with what was thought of it"
    )


def add_export_arguments(sub: argparse.ArgumentParser) -> None:
    """Which conversation, in which form, to where."""
    sub.add_argument("conversation", metavar="ID", help="as `conversations` shows it, or the end of the page's address")
    sub.add_argument("--format", choices=list(FORMS), help="md (the default), html or json")
    sub.add_argument("-o", "--output", type=Path, metavar="FILE", help="write a file instead of printing")
    sub.add_argument("--force", action="store_true", help="replace a file that is there")
