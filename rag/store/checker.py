"""Has an index opened and asked in a process of its own, since a broken one can crash whoever opens it; it knows nothing of the library.

Importing Chroma takes a second or two, so one process serves all checks in turn. It is started at first need or a little before, ends by itself after a
minute without a question, and is replaced when it died.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Timer
from typing import IO, Any, cast

from rag.errors import LibraryError

_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with an index in words, None where nothing is; ``differing`` are chunks of which it holds another vector or other fields."""

    problem: str | None
    differing: tuple[str, ...]


class Checker:
    """Owns the checking process; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # a forked copy of this process must not talk into the pipes of the first

    def ask(self, question: dict[str, Any], vectors: bytes) -> Verdict:
        """The verdict on the index that the question names (``rag/store/check_index.py``).

        Raises LibraryError where the process that opened it died over it, or gave no answer within two minutes.
        """
        request = json.dumps(question | {"size": len(vectors)}).encode() + b"\n" + vectors
        with self._lock:
            reused = self._ready()
            answer, late = self._asked(request)
            if answer is None and not late and reused:
                # It may have ended between two questions, so that this index is not to blame. A process closes its pipes a moment
                # before it counts as ended, so the dead one is waited for here, or it would be asked again.
                self._end()
                self._ready()
                answer, late = self._asked(request)
            if late:
                raise LibraryError(f"The index did not answer within {_SECONDS} s.")
            if answer is None:
                raise LibraryError(f"The process that opened the index died over it (exit {self._end()}).")
        return Verdict(answer["problem"], tuple(answer["differing"]))

    def warm(self) -> None:
        """Starts the process, for a question that will come within the minute."""
        with self._lock:
            self._ready()

    def close(self) -> None:
        """Ends the process; the next question starts another."""
        with self._lock:
            self._end()

    def _ready(self) -> bool:
        """A process is there; whether it had been there before."""
        if self._owner != os.getpid():
            self._process = None
        if self._process and self._process.poll() is None:
            return True
        self._end()
        self._owner = os.getpid()
        command = [sys.executable, "-m", "rag.store.check_index"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]
        )
        return False

    def _asked(self, request: bytes) -> tuple[dict[str, Any] | None, bool]:
        """The answer, None where none came, and whether the time ran out: the timer then kills, which ends the blocking read."""
        process, late = cast(subprocess.Popen[bytes], self._process), list[bool]()

        def expire() -> None:
            late.append(True)
            process.kill()

        timer = Timer(_SECONDS, expire)
        timer.daemon = True
        timer.start()
        try:
            stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
            stdin.write(request)
            stdin.flush()
            found: dict[str, Any] = json.loads(stdout.readline())
            return found, False
        except (OSError, ValueError):
            return None, bool(late)
        except BaseException:  # an interrupt between question and answer would give the next index this one's answer
            process.kill()
            raise
        finally:
            timer.cancel()

    def _end(self) -> int | None:
        """Ends and reaps, so that no zombie stays; the exit status where the process had ended by itself."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return None
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was still to be written to a dead process
                cast(IO[bytes], pipe).close()
        try:
            # Without its standard input it ends; Chroma's threads may take a moment.
            return process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


CHECKER = Checker()
atexit.register(CHECKER.close)
