"""Newsdesk answers where there is no network at all: not even the local one, in a network namespace of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from samples import HARBOUR, LIBRARY

from rag.settings import CHECKOUT

# What continuous integration sets; some libraries report usage only where it is not set.
_CI = {"CI", "GITHUB_ACTIONS", "DO_NOT_TRACK", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "ANONYMIZED_TELEMETRY"}


def without_network() -> list[str]:
    """The command that gives a process a network namespace with nothing in it; skips where this machine allows none."""
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        try:
            if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
                return command
        except FileNotFoundError:
            break
    pytest.skip("no network namespace can be made here (unshare)")


def test_sync_and_ask_without_any_network(tmp_path: Path) -> None:
    isolated = without_network()
    reach = [*isolated, sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9), 1)"]
    assert b"unreachable" in subprocess.run(reach, capture_output=True).stderr.lower(), "the isolation holds"
    for name, content in (("harbour.md", HARBOUR), ("library.md", LIBRARY)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in {*_CI, "NEWSDESK_MODELS"}}
    # A home of its own, so that nothing that was downloaded or opted out of before is found.
    environment |= {"HOME": str(tmp_path / "user"), "NEWSDESK_HOME": str(tmp_path / "home")}
    code = (
        "import sys; from rag.cli import main\n"
        f"assert main(['sync', {str(tmp_path)!r}]) == 0\n"
        "assert main(['ask', 'What fell into the harbour of Skell?', '--json']) == 0"
    )
    done = subprocess.run(
        [*isolated, sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["status"] == "answered"
    assert answer["citations"][0]["article_id"] == "harbour"
