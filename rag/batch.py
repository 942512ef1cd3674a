"""Questions from JSON lines: ``{"id", "question", "history"?}``; it knows nothing of what answers them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import QuestionError, UsageError
from rag.records import Turn


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a batch with the turns before it; ``error`` says why the line is none. ``id`` is as it was given."""

    id: str | int | None
    question: str = ""
    history: tuple[Turn, ...] = ()
    error: str | None = None


def read_batch(path: str) -> Iterator[Item]:
    """The lines of a file in order, empty ones left out; ``-`` is standard input.

    Raises UsageError when the file cannot be read.
    """
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name a file of JSON lines.") from error
    return (_item(number, line) for number, line in enumerate(raw.split(b"\n"), start=1) if line.strip())


def turns_from_json(history: Any) -> tuple[Turn, ...]:
    """``[{"question", "answer"?}]``, oldest first, as turns; None gives none.

    Raises QuestionError that names what is wrong.
    """
    if history is None:
        return ()
    if not isinstance(history, list):
        raise QuestionError("history is not a list of earlier questions")
    turns = []
    for turn in history:
        if not isinstance(turn, dict) or not isinstance(turn.get("question"), str) or not isinstance(turn.get("answer"), str | None):
            raise QuestionError(f'history holds {json.dumps(turn)[:80]}, not {{"question": "…", "answer": "…"}}')
        turns.append(Turn(turn["question"], turn.get("answer")))
    return tuple(turns)


def _item(number: int, line: bytes) -> Item:
    try:
        given = json.loads(line.decode("utf-8-sig"))
        # An escape such as \ud800 alone is JSON, but no text that could be searched or printed.
        json.dumps(given, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return Item(None, error=f"line {number} is not JSON in UTF-8")
    if not isinstance(given, dict):
        return Item(None, error=f"line {number} is not a JSON object")
    id = given.get("id")
    if not isinstance(id, str | int) or isinstance(id, bool):
        return Item(None, error=f"line {number} has no id that is text or a whole number")
    if not isinstance(given.get("question"), str):
        return Item(id, error=f"line {number} has no question that is text")
    try:
        return Item(id, given["question"], turns_from_json(given.get("history")))
    except QuestionError as error:
        return Item(id, error=f"line {number}: {error}")
