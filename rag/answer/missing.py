"""Why nothing answers, in words: a name or a year that the question is about and the articles that were found do not hold; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.records import Passage
from rag.text.questions import NAME
from rag.text.words import STOP_WORDS, fold, terms, tokens

_RUN = re.compile(rf"{NAME}(?: {NAME})*")
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
# So much of the rest of the question must stand in a passage before it counts as telling of nearly the same thing.
_SHARE = 0.5


def missing(question: str, passages: Sequence[Passage]) -> str | None:
    """One sentence on the first name or year of the question that no passage found holds, and what the nearest one has in its place;
    None where nothing of the kind is missing."""
    held = {token for p in passages for token in tokens(f"{p.title} {p.source or ''} {p.published or ''} {p.text}")}
    for asked in _details(question):
        if not set(tokens(asked)) <= held | {f"{token}'s" for token in held}:
            near = next((p for p in passages if _about_the_rest(question, asked, p)), None)
            other = near and _in_its_place(asked, near)
            return f"The articles tell of {other}, not {asked}." if other else f"No article that was found names {asked}."
    return None


def _details(question: str) -> Iterator[str]:
    """Years, and runs of capitalised words but for what merely begins the question."""
    yield from _YEAR.findall(question)
    for run in _RUN.finditer(question):
        words = run.group().split()
        if run.start() == 0 and fold(words[0]) in STOP_WORDS:
            words = words[1:]
        name = re.sub(r"['’]s?$", "", " ".join(words))
        if name and fold(name) not in STOP_WORDS and (run.start() > 0 or len(words) > 1):
            yield name


def _about_the_rest(question: str, asked: str, passage: Passage) -> bool:
    rest = set(terms(question)) - set(terms(asked))
    return bool(rest) and len(rest & set(terms(f"{passage.title} {passage.text}"))) >= _SHARE * len(rest)


def _in_its_place(asked: str, passage: Passage) -> str | None:
    """A year for a year; for a name one of as many words that shares some of them ("North Carolina" for "South Carolina")."""
    if _YEAR.fullmatch(asked):
        years = list(dict.fromkeys(_YEAR.findall(passage.text)))
        return years[0] if len(years) == 1 else None
    own = set(tokens(asked))
    for found in _RUN.finditer(passage.text):
        run = found.group()
        if len(run.split()) == len(asked.split()) > 1 and own & set(tokens(run)):
            return run
    return None
