"""One writer a library: a file lock that says who holds it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rag.store.database import readable_errors
from rag.store.library import utc_now

log = logging.getLogger(__name__)


@contextmanager
def writer_lock(home: Path, purpose: str) -> Iterator[None]:
    """Hold the library's lock for one pass; waits for another process, and logs which one it is.

    The operating system frees the lock of a process that was killed. Raises StorageError where the folder cannot be written.
    """
    holder = home / "writer.json"
    with readable_errors(home / "writer.lock"):
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / "writer.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.warning("Waiting: %s.", _who(holder))
            lock.acquire()
    try:
        with readable_errors(holder):
            holder.write_text(json.dumps({"pid": os.getpid(), "purpose": purpose, "since": utc_now()}), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _who(holder: Path) -> str:
    try:
        held = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {held['pid']} holds the library for {held['purpose']} since {held['since']}"
    except (OSError, ValueError, KeyError):
        return "another process holds the library"


def is_locked(home: Path) -> bool:
    """Whether a pass over the library is under way in some process."""
    lock = FileLock(home / "writer.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
