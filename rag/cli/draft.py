"""``newsdesk eval --draft``: shows proposed test prompts one by one, and writes those that a person accepts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from rag.evaluate.drafts import Draft, edited, fact_of
from rag.evaluate.prompt_file import append_prompt
from rag.terminal import print_json

_KEYS = "[a]ccept  [e]dit  [s]kip  [q]uit"


def print_drafts(proposed: Iterable[Draft], *, limit: int) -> int:
    """The first drafts as lines of JSON, for those who decide elsewhere."""
    for draft in islice(proposed, limit):
        print_json(asdict(draft))
    return 0


def review(proposed: Iterator[Draft], path: Path, *, limit: int | None) -> int:
    """Ask about each draft on the terminal; accepted ones are in the file at once, so that leaving at any moment loses none."""
    accepted = 0
    for draft in islice(proposed, limit):
        print(f"\n“{draft.quote}”\n  {draft.title} — {draft.why}\n\n{draft.question}\n  {_expected(draft)}")
        key = _key()
        if key == "q":
            break
        if key in ("a", "e"):
            prompt = draft.prompt if key == "a" else _edit(draft)
            line = append_prompt(path, prompt)
            accepted += 1
            print(f"  written to {path}, line {line}")
    print(f"\n{accepted} accepted" + (f"; `newsdesk eval {path}` runs them" if accepted else ""))
    return 0


def _expected(draft: Draft) -> str:
    return "the articles should not answer this" if draft.kind == "unanswerable" else f"the answer should hold: {fact_of(draft)}"


def _key() -> str:
    """The first letter of what is typed; the end of input leaves, as q does."""
    while True:
        print(_KEYS, end=": ", flush=True)
        typed = sys.stdin.readline()
        if not typed:
            return "q"
        if typed.strip()[:1].lower() in ("a", "e", "s", "q") and typed.strip():
            return typed.strip()[:1].lower()


def _edit(draft: Draft) -> dict[str, object]:
    question = _typed("question", draft.question)
    fact = None if draft.kind == "unanswerable" else _typed("the answer should hold", fact_of(draft))
    return edited(draft, question, fact)


def _typed(name: str, now: str) -> str:
    """What is typed for a field; nothing keeps what it holds."""
    print(f"  {name} [{now}]: ", end="", flush=True)
    return sys.stdin.readline().strip() or now
