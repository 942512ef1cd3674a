"""The shapes that travel between the rooms: articles in, passages between, answers out.

Frozen dataclasses over the standard library alone. Every span counts Unicode code points of the
stored text, end exclusive, so that ``article.text[start:end]`` is what is shown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

SCHEMA = 1

Status = Literal["answered", "abstained"]
Verdict = Literal["quoted", "supported", "partly", "misattributed", "unsupported"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an article's text, ``start`` inclusive, ``end`` exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """One version of one article; ``source`` is the outlet, dates are ISO 8601 text, ``language`` a primary tag of BCP 47 such as "en"."""

    article_id: str
    version: str
    title: str
    text: str
    source: str | None = None
    author: str | None = None
    published: str | None = None
    updated: str | None = None
    url: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an article as the library holds it; ``searched`` marks the one that questions search, none where it was removed."""

    version: str
    ingested: str
    title: str
    published: str | None
    updated: str | None
    searched: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole sentences of an article that are embedded together, under a header that is never quoted."""

    start: int
    end: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Carrier:
    """An article that carries a copy of what is shown; ``source`` is the outlet."""

    article_id: str
    version: str
    source: str | None
    published: str | None


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where a passage stood, 1 the best: by its words, by its meaning, and by both; None where that search did not find it, as with the first of several copies."""

    words: int | None
    meaning: int | None
    fused: int | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that retrieval found, with what a reader needs to judge it.

    ``score`` is the fused rank score, and in an answer for which sentences were read the probability of the passage's best one (0 where it
    was not read); ``bm25`` and ``cosine`` are None where that search did not
    find the chunk. ``sentences`` are spans of the article's text inside the passage. ``carried_by`` are other articles that carry its words in a copy; ``ranks`` is None in
    answers of older releases.
    """

    chunk_id: str
    article_id: str
    version: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]
    score: float
    bm25: float | None
    cosine: float | None
    title: str
    source: str | None
    published: str | None
    url: str | None
    updated: str | None = None
    carried_by: tuple[Carrier, ...] = ()
    ranks: Ranks | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where else a quote stands: another article that carries nearly the same sentence."""

    article_id: str
    version: str
    source: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Note:
    """The days that a relative word of a quote ("Tuesday", "last week") means: ``text`` from ``start`` to ``end`` in the article, ISO days, both inclusive."""

    start: int
    end: int
    text: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words that a sentence rests on: ``quote`` is the stored text from ``start`` to ``end``.

    ``words`` is the part of it that answers, in the same offsets; None where that is not sure enough. ``deleted`` says that the article
    was purged since: of the citation only number, article id, outlet and date are left then. ``notes`` stand beside the quote, never in it;
    ``updated`` is None where the article does not say. ``carried_by`` are articles that carry it in a copy, one source with it; ``also_in``
    gives the place in those where the very words stand, and in other articles.
    """

    number: int
    article_id: str
    version: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    start: int
    end: int
    quote: str
    also_in: tuple[Origin, ...] = ()
    words: Span | None = None
    deleted: bool = False
    updated: str | None = None
    notes: tuple[Note, ...] = ()
    carried_by: tuple[Carrier, ...] = ()
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and the numbers of the citations it rests on."""

    text: str
    verdict: Verdict
    citations: tuple[int, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of several accounts of the same thing."""

    value: str
    speaker: str | None
    citation: int


@dataclass(frozen=True, slots=True)
class Account:
    """Accounts that differ, or an older figure that a newer one replaces."""

    about: str
    kind: Literal["conflict", "update"]
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Seconds:
    """Where the time went; None for a stage that did not run."""

    retrieve: float | None
    read: float | None
    write: float | None
    total: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a chat model read and wrote, and their cost in US dollars; None where the price is not set."""

    read: int
    written: int
    cost: float | None

    def __add__(self, other: Usage) -> Usage:
        known = self.cost is not None and other.cost is not None
        return Usage(self.read + other.read, self.written + other.written, (self.cost or 0) + (other.cost or 0) if known else None)


@dataclass(frozen=True, slots=True)
class TimeAsked:
    """The days that a question names, ISO, both inclusive, None where open: when an article was ``published``, which narrows the search, or when an
    ``event`` was, which orders what is found."""

    text: str
    kind: Literal["published", "event"]
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the assistant says, and all that it rests on.

    ``confidence`` is the probability that the best sentence answers, on a refusal too; None where no sentence was weighed.
    ``notice`` is what a reader must know of how the answer came about; ``incomplete`` says that it broke off. ``usage`` is None where
    no chat model was asked; ``cached`` says that it was written for the same question before. ``time`` is what was understood of the
    question's words on time, None where it has none or the reader took it off.
    """

    question: str
    searched_as: str
    status: Status
    answer: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    seconds: Seconds
    accounts: tuple[Account, ...] | None = None
    model: str | None = None
    confidence: float | None = None
    notice: str | None = None
    incomplete: bool = False
    usage: Usage | None = None
    cached: bool = False
    time: TimeAsked | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation, with its answer where there is one."""

    question: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Narrows the search; both days are inclusive, and no outlets means all of them."""

    since: date | None = None
    until: date | None = None
    outlets: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.since or self.until or self.outlets)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Event: so many questions are before this one; comes only where there are any, and again whenever their number changes."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Searched:
    """Event: the question as it is searched, the size of what is searched, and the days that the question names."""

    searched_as: str
    articles: int
    time: TimeAsked | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Event: the passages, best first, before they are read."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Writing:
    """Event: the words of the sentence that a chat model is writing, as far as they have come, not checked yet."""

    text: str


@dataclass(frozen=True, slots=True)
class Wrote:
    """Event: one more sentence of the answer, with the citations that it introduces."""

    sentence: Sentence
    citations: tuple[Citation, ...]


Event = Waiting | Searched | Found | Writing | Wrote | Answer


@dataclass(frozen=True, slots=True)
class Overview:
    """What a library holds, for the first screen and the filters; days are None when no article has a date."""

    articles: int
    chunks: int
    outlets: tuple[str, ...]
    first: date | None
    last: date | None


PASSAGE_OUT = ("article_id", "version", "start", "end", "text", "score", "carried_by", "ranks")


def answer_to_json(answer: Answer, *, id: str | None = None) -> dict[str, Any]:
    """The answer in the form of the public contract, ``schema: 1``."""
    out: dict[str, Any] = {"schema": SCHEMA}
    if id is not None:
        out["id"] = id
    fields = dataclasses.asdict(answer)
    fields["passages"] = [{key: p[key] for key in PASSAGE_OUT} for p in fields["passages"]]
    order = (
        "question",
        "searched_as",
        "status",
        "answer",
        "sentences",
        "citations",
        "accounts",
        "passages",
        "model",
        "seconds",
        "confidence",
        "notice",
        "incomplete",
        "usage",
        "cached",
        "time",
    )
    return out | {key: _plain(fields[key]) for key in order}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _citation(stored: Mapping[str, Any]) -> Citation:
    # Turns that were kept before ``words``, ``notes`` and ``carried_by`` were added have none.
    words, notes = stored.get("words"), stored.get("notes") or ()
    read = {
        "also_in": tuple(Origin(**o) for o in stored["also_in"]),
        "words": Span(**words) if words else None,
        "notes": tuple(Note(**n) for n in notes),
        "carried_by": _carriers(stored),
    }
    return Citation(**{**stored, **read})


def _passage(stored: Mapping[str, Any]) -> Passage:
    ranks = stored.get("ranks")
    read = {
        "sentences": tuple(Span(**s) for s in stored["sentences"]),
        "carried_by": _carriers(stored),
        "ranks": Ranks(**ranks) if ranks else None,
    }
    return Passage(**{**stored, **read})


def _carriers(stored: Mapping[str, Any]) -> tuple[Carrier, ...]:
    return tuple(Carrier(**carrier) for carrier in stored.get("carried_by", ()))


def answer_from_dict(stored: Mapping[str, Any]) -> Answer:
    """The Answer that ``dataclasses.asdict`` took apart, for conversations that are read back."""
    accounts = stored["accounts"]
    return Answer(
        **{key: stored[key] for key in ("question", "searched_as", "status", "answer", "model")},
        sentences=tuple(Sentence(**(s | {"citations": tuple(s["citations"])})) for s in stored["sentences"]),
        citations=tuple(_citation(c) for c in stored["citations"]),
        passages=tuple(_passage(p) for p in stored["passages"]),
        seconds=Seconds(**stored["seconds"]),
        accounts=None if accounts is None else tuple(Account(**(a | {"sides": tuple(Side(**s) for s in a["sides"])})) for a in accounts),
        # Turns that were kept before these fields were added have none.
        confidence=stored.get("confidence"),
        notice=stored.get("notice"),
        incomplete=stored.get("incomplete", False),
        usage=Usage(**stored["usage"]) if stored.get("usage") else None,
        cached=stored.get("cached", False),
        time=TimeAsked(**stored["time"]) if stored.get("time") else None,
    )
