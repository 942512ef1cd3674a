"""Run as a process of its own: opens indexes, compares what they hold, and asks for some rows by their own vectors.

Reads a line of JSON (``folder``, ``rows`` as [id, day, outlet], ``sample`` as places in rows, ``whole``, ``size``) and then ``size`` bytes: the
sample's vectors, float32. Answers a line of JSON: ``problem`` in words or null, and ``differing`` ids, sought only where ``whole``.
"""

from __future__ import annotations

import json
import os
import select
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import LibraryError
from rag.store.comparing import compared
from rag.store.folders import FolderIndex
from rag.store.rows import Row

_IDLE_SECONDS = 60


def main() -> None:
    """Serve until standard input ends, or nothing was asked for a minute."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    questions = os.fdopen(0, "rb", buffering=0)
    while select.select([questions], [], [], _IDLE_SECONDS)[0]:
        line = questions.readline()
        if not line:
            return
        asked = json.loads(line)
        vectors = np.frombuffer(_exactly(questions, asked["size"]), dtype="<f4").reshape(len(asked["sample"]), -1 if asked["sample"] else 0)
        problem, differing = _judged(asked, vectors)
        answers.write(json.dumps({"problem": problem, "differing": differing}).encode() + b"\n")
        answers.flush()


def _exactly(file: Any, size: int) -> bytes:
    parts = []
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _judged(asked: dict[str, Any], vectors: NDArray[np.float32]) -> tuple[str | None, Sequence[str]]:
    rows = [Row(*row) for row in asked["rows"]]
    try:
        index = FolderIndex(Path(asked["folder"]))
        try:
            return compared(index, rows, dict(zip(asked["sample"], vectors, strict=True)), whole=asked["whole"])
        finally:
            index.close()
    except LibraryError as error:
        return str(error), []


if __name__ == "__main__":
    main()
