"""Questions that a passage does not answer though it looks as if: another passage of the same article, or one detail of the question changed."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from rag.text.questions import NAME
from rag.text.words import STOP_WORDS
from training.examples import Example, Paragraph

_RUN = re.compile(rf"{NAME}(?: {NAME})*")
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_NUMBER = re.compile(r"\b\d{1,3}\b")
# Each word's opposite or neighbour; a question that asks for the other one is a near miss.
TURNED = {
    "first": "second", "second": "third", "third": "first", "last": "first", "north": "south", "south": "north", "east": "west", "west": "east",
    "northern": "southern", "southern": "northern", "eastern": "western", "western": "eastern", "largest": "smallest", "smallest": "largest",
    "highest": "lowest", "lowest": "highest", "most": "fewest", "before": "after", "after": "before", "increase": "decrease",
    "increased": "decreased", "rise": "fall", "won": "lost", "best": "worst", "oldest": "youngest", "men": "women", "women": "men",
    "father": "mother", "mother": "father", "son": "daughter", "wife": "brother", "brother": "sister", "maximum": "minimum", "monday": "thursday",
    "january": "april", "february": "june", "march": "september", "april": "november", "may": "october", "june": "february", "july": "december",
    "august": "march", "september": "may", "october": "july", "november": "january", "december": "august",
}  # fmt: skip


def lookalikes(examples: Sequence[Example], *, seed: int) -> Iterator[Example]:
    """For each question the passage nearest in words, of the same article where it has several, that holds none of the answers."""
    rng = random.Random(seed)
    paragraphs: dict[str, dict[str, Paragraph]] = defaultdict(dict)
    for example in examples:
        paragraphs[example.source][example.paragraph.text] = example.paragraph
    for source, held in paragraphs.items():
        asked = [e for e in examples if e.source == source and e.answer]
        passages = list(held.values())
        vectorizer = TfidfVectorizer(stop_words="english", sublinear_tf=True)
        matrix = vectorizer.fit_transform(p.text for p in passages)
        for start in range(0, len(asked), 512):
            some = asked[start : start + 512]
            near = (vectorizer.transform(e.question for e in some) @ matrix.T).toarray()
            for example, row in zip(some, near, strict=True):
                order = [passages[i] for i in np.argsort(-row, kind="stable")[:6]]
                free = [p for p in order if p.text != example.paragraph.text and not _holds(p.text, example.answers)]
                if free:
                    # Not always the nearest: some of those answer in other words.
                    yield Example(example.question, free[min(len(free) - 1, rng.randrange(3))], None, source)


def _holds(text: str, answers: Sequence[str]) -> bool:
    folded = text.casefold()
    return any(answer.casefold() in folded for answer in answers)


def swapped(examples: Sequence[Example], *, seed: int) -> Iterator[Example]:
    """Each question with one name, year, number or telling word exchanged for another that its passage does not hold."""
    rng = random.Random(seed)
    names = sorted({run for e in examples for run in _RUN.findall(e.question)[1:] if run.casefold() not in STOP_WORDS})
    by_article: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        by_article[example.paragraph.article] += [run for run in _RUN.findall(example.paragraph.text) if run.casefold() not in STOP_WORDS]
    for example in examples:
        if example.answer and (question := _changed(example, names, by_article[example.paragraph.article], rng)):
            yield Example(question, example.paragraph, None, example.source)


def _changed(example: Example, names: Sequence[str], near: Sequence[str], rng: random.Random) -> str | None:
    question, folded = example.question, f"{example.paragraph.title} {example.paragraph.text}".casefold()
    changes = [
        change for make in (_other_name, _other_year, _other_number, _turned) if (change := make(question, folded, names, near, rng))
    ]
    return rng.choice(changes) if changes else None


def _other_name(question: str, folded: str, names: Sequence[str], near: Sequence[str], rng: random.Random) -> str | None:
    runs = [run for run in _RUN.finditer(question) if run.start() > 0 and run.group().casefold() in folded]
    if not runs:
        return None
    run = rng.choice(runs)
    words = run.group().split()
    for _ in range(8):
        # A name of the same article is the harder one: the reader has seen it near, yet not here.
        other = rng.choice(near if near and rng.random() < 0.4 else names)
        if len(words) > 1 and rng.random() < 0.5:
            at = rng.randrange(len(words))
            other = " ".join([*words[:at], rng.choice(other.split()), *words[at + 1 :]])
        if other.casefold() not in folded and other.casefold() != run.group().casefold():
            return question[: run.start()] + other + question[run.end() :]
    return None


def _other_year(question: str, folded: str, names: Sequence[str], near: Sequence[str], rng: random.Random) -> str | None:
    if not (year := _YEAR.search(question)):
        return None
    other = str(int(year.group()) + rng.choice([-40, -12, -10, -5, -3, -2, -1, 1, 2, 3, 5, 10, 12, 40]))
    return None if other in folded else question[: year.start()] + other + question[year.end() :]


def _other_number(question: str, folded: str, names: Sequence[str], near: Sequence[str], rng: random.Random) -> str | None:
    if not (number := _NUMBER.search(question)):
        return None
    other = str(int(number.group()) + rng.choice([1, 2, 3, 5, 10, 20]))
    return None if other in folded else question[: number.start()] + other + question[number.end() :]


def _turned(question: str, folded: str, names: Sequence[str], near: Sequence[str], rng: random.Random) -> str | None:
    words = [m for m in re.finditer(r"[A-Za-z]+", question) if m.group().casefold() in TURNED]
    words = [m for m in words if TURNED[m.group().casefold()] not in folded.split() and m.group().casefold() in folded]
    if not words:
        return None
    word = rng.choice(words)
    other = TURNED[word.group().casefold()]
    return question[: word.start()] + (other.title() if word.group()[0].isupper() else other) + question[word.end() :]
