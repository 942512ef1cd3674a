"""Reads formats whose parsers may hang, eat memory or crash, in a process of their own; it knows no format.

One process serves all threads in turn, is started at first need and replaced when it is killed or dies. It is a plain
child with two pipes, not ``multiprocessing``, which would run the caller's main script once more.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from threading import Lock, Timer
from typing import IO, Any, cast

from rag.errors import RejectedFile
from rag.intake.fields import Place
from rag.intake.reading import Reading, Remark
from rag.records import Article
from rag.settings import CHECKOUT

# Settings of the caller's that the parser needs; keys and tokens of its environment are none of them.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "TMPDIR", "LD_LIBRARY_PATH")


def in_worker(format: str) -> Callable[[bytes, Place], Reading]:
    """A reader that has the parsing process read this format; it raises RejectedFile also where that process gave up or died."""

    def read(raw: bytes, place: Place) -> Reading:
        return _WORKER.read(format, raw, place)

    return read


class Worker:
    """Owns the parsing process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._memory_mb = 0
        self._owner = 0  # a forked copy of this process must not talk into the pipes of the first

    @property
    def pid(self) -> int | None:
        """The process's id; None while there is none."""
        return self._process.pid if self._process else None

    def read(self, format: str, raw: bytes, place: Place) -> Reading:
        """What the file holds; raises RejectedFile with the reason, after ``place.seconds`` at the latest."""
        request = {"format": format, "size": len(raw), "place": asdict(place)}
        with self._lock:
            reused = self.pid is not None
            answer, late = _asked(self._ready(place.memory_mb), request, raw, place.seconds)
            if answer is None and not late and reused:
                # It may have died between two files, so that this one is not to blame.
                self._end()
                answer, late = _asked(self._ready(place.memory_mb), request, raw, place.seconds)
            if answer is None or "memory" in answer:
                self._end()
        if late:
            raise RejectedFile(f"reading it took longer than the {place.seconds:g} seconds that parse_seconds allows")
        if answer is None:
            raise RejectedFile("its parser crashed over it; the file is broken")
        if "memory" in answer:
            raise RejectedFile(f"reading it took more than the {place.memory_mb} MB that parse_memory_mb allows")
        if "rejected" in answer:
            raise RejectedFile(answer["rejected"])
        return _reading(answer["reading"])

    def close(self) -> None:
        """Ends the process; the next file starts another."""
        with self._lock:
            self._end()

    def _ready(self, memory_mb: int) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            self._process = None
        if self._process and (self._memory_mb != memory_mb or self._process.poll() is not None):
            self._end()
        if self._process is None:
            self._memory_mb, self._owner = memory_mb, os.getpid()
            environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
            # -P: a module in the folder where Newsdesk was started must not stand in for one of ours.
            command = [sys.executable, "-P", "-m", "rag.intake.worker", str(memory_mb)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment | {"PYTHONPATH": str(CHECKOUT)},
            )
        return self._process

    def _end(self) -> None:
        """Kills and reaps, so that no zombie stays."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was still to be written to a dead process
                cast(IO[bytes], pipe).close()


def _asked(process: subprocess.Popen[bytes], request: dict[str, Any], raw: bytes, seconds: float) -> tuple[dict[str, Any] | None, bool]:
    """The answer, None where none came, and whether the time ran out: the timer then kills, which ends the blocking read."""
    late: list[bool] = []

    def expire() -> None:
        late.append(True)
        process.kill()

    timer = Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.write(raw)
        stdin.flush()
        answer = stdout.readline()
        found: dict[str, Any] = json.loads(answer)
        return found, False
    except (OSError, ValueError):
        return None, bool(late)
    except BaseException:  # an interrupt between request and answer would give the next file this one's answer
        process.kill()
        raise
    finally:
        timer.cancel()


def _reading(given: dict[str, Any]) -> Reading:
    return Reading(
        tuple(Article(**article) for article in given["articles"]),
        tuple(Remark(**remark) for remark in given["rejected"]),
        tuple(Remark(**remark) for remark in given["warnings"]),
    )


_WORKER = Worker()
atexit.register(_WORKER.close)
