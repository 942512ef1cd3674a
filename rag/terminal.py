"""How the command line speaks: answers as text, JSON, messages and progress on standard error; it decides nothing."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from rag.answer.carried import carried
from rag.records import Answer, Citation
from rag.text.spoken import DIFFER, days_in_words, time_in_words
from rag.text.spoken import dotted as dotted

log = logging.getLogger("rag")


def print_json(value: Any) -> None:
    """One line of JSON, at once."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def print_answer(answer: Answer) -> None:
    """The sentences with the numbers of their sources, then the sources; for an abstention the related articles."""
    if answer.searched_as != answer.question:
        print(f"Searched as: {answer.searched_as}\n")
    if answer.time:
        print(f"{time_in_words(answer.time)} (“{answer.time.text}”); --any-time takes it off.\n")
    if answer.notice:
        print(f"Note: {answer.notice}\n")
    if answer.status == "abstained":
        print(answer.answer)
        titles = dict.fromkeys(dotted(p.title, p.source, p.published, carried(p.source, p.carried_by)) for p in answer.passages)
        print(*["\nRelated, not an answer:", *(f"- {title}" for title in titles)] if titles else [], sep="\n")
        return
    for sentence in answer.sentences:
        marks = "".join(f" [{number}]" for number in sentence.citations)
        print(sentence.text + marks + ("" if sentence.reason is None else f" ({sentence.verdict}: {sentence.reason})"))
    for account in answer.accounts or ():
        print(f"\n{DIFFER[account.kind]}: {account.about}")
        for side in account.sides:
            cited = next((c for c in answer.citations if c.number == side.citation), None)
            outlet = dotted(cited.source, cited.published) if cited else None
            print(f"  - {dotted(side.value, side.speaker and f'according to {side.speaker}', outlet)} [{side.citation}]")
    print()
    for citation in answer.citations:
        copies = carried(citation.source, citation.carried_by)
        print(f"[{citation.number}] {dotted(citation.title, citation.source, citation.published, _later(citation), copies, citation.url)}")
        for note in citation.notes:
            print(f"    “{note.text}”: {days_in_words(note.since, note.until)}")
    if answer.model:
        tokens = f"{answer.usage.read + answer.usage.written:,} tokens" if answer.usage else None
        cost = f"${answer.usage.cost:.4f}" if answer.usage and answer.usage.cost is not None else None
        print(
            f"\nWritten by {dotted(answer.model, tokens, cost)}; each sentence checked against the cited words, which does not prove its meaning."
        )


def _later(citation: Citation) -> str | None:
    return f"updated {citation.updated}" if citation.updated and citation.updated != citation.published else None


class Bars:
    """A line for each stage, with its rate and the time left; nothing where standard error is no terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._stage = ""

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, stage: str, done: int, total: int) -> None:
        """Move the stage's line, or begin the next stage's."""
        if self._bar is None or stage != self._stage or done < self._bar.n or total != self._bar.total:
            self.__exit__()
            self._bar, self._stage = tqdm(desc=stage, total=total, file=sys.stderr, leave=False, disable=None), stage
        self._bar.update(done - self._bar.n)


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Write a message as a plain line, above a progress line where there is one."""
        tqdm.write(self.format(record), file=sys.stderr)


@contextmanager
def messages(*, verbose: bool) -> Iterator[None]:
    """Shows what the project logs; failures with their traceback where ``verbose``."""
    handler, before = _Lines(), log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG if verbose else logging.WARNING)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
