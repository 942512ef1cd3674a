"""Starts ``newsdesk`` calls in processes of their own, quickly: a child is forked from one that has imported everything (forks.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rag.settings import CHECKOUT


class Forks:
    """Drives tests/forks.py; ``environment`` is that of every child."""

    def __init__(self, folder: Path, **environment: str) -> None:
        around = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"} | environment
        command = [sys.executable, str(CHECKOUT / "tests" / "forks.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=around)
        self.errors = folder / "errors.txt"

    def start(self, home: Path, *argv: str, die: tuple[str, int] | None = None, hold: float = 0) -> int:
        """A call in a child; returns its process id. ``die`` kills it at that stage."""
        return self._say({"start": argv, "home": str(home), "errors": str(self.errors), "die": die, "hold": hold})

    def read(self, home: Path, seen: Path, seed: int) -> int:
        """A reader that asks until it is terminated, and writes what it saw (reader.py)."""
        return self._say({"read": str(seen), "home": str(home), "errors": str(self.errors), "seed": seed})

    def join(self, pid: int) -> int:
        """The child's exit status, negative for a signal."""
        return self._say({"join": pid})

    def close(self) -> None:
        """End it."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=30)

    def _say(self, message: dict[str, Any]) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())
