"""What a written form of a conversation says, as plain data in the order in which it is said; it knows no form. Nothing in it is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rag.answer.carried import carried
from rag.conversation import Conversation, Exchange
from rag.records import Account, Answer, Carrier, Citation, Origin, Passage, Sentence
from rag.text.links import web_address
from rag.text.spoken import DIFFER, count, day, days_in_words, dotted, scope, time_in_words, updated

# Of a sentence that failed its check.
FLAGS = {
    "partly": "Only partly supported",
    "misattributed": "Attributed to the wrong source",
    "unsupported": "Not supported by the articles",
}
DELETED = "Deleted: the article was purged"
UNTITLED = "Without a title"


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence or a side of an account with the numbers of its sources, and what is to be known of it; ``struck`` where the articles do not bear it out."""

    text: str
    numbers: tuple[int, ...] = ()
    mark: str | None = None
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What one number stands for. Of a deleted one only ``about`` is left."""

    number: int
    title: str
    about: str
    link: str | None
    quote: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One turn."""

    question: str
    about: tuple[str, ...]
    notice: str | None
    said: tuple[Said, ...]
    refusal: str | None
    accounts: tuple[tuple[str, tuple[Said, ...]], ...]
    sources: tuple[Source, ...]
    related: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole conversation."""

    title: str
    about: str
    parts: tuple[Part, ...]


def outline(conversation: Conversation) -> Outline:
    """What the conversation's written form says."""
    about = dotted("A conversation with Newsdesk", f"begun {_moment(conversation.created)}", count(len(conversation.turns), "question"))
    return Outline(conversation.title, about, tuple(part(turn.answer, tuple(_about(turn))) for turn in conversation.turns))


def part(answer: Answer, about: tuple[str, ...] = ()) -> Part:
    """What is said of one turn; ``about`` is under what it was asked."""
    answered = answer.status == "answered"
    return Part(
        answer.question,
        about,
        answer.notice,
        tuple(_said(sentence) for sentence in answer.sentences),
        None if answered else answer.answer,
        tuple(_account(account) for account in answer.accounts or ()),
        tuple(_source(citation) for citation in sorted(answer.citations, key=lambda citation: citation.number)),
        () if answered else tuple(_titles(answer.passages)),
    )


def _about(turn: Exchange) -> Iterator[str]:
    answer = turn.answer
    yield f"Asked {_moment(turn.asked)}"
    if turn.filters:
        yield f"Searching only {scope(turn.filters)}"
    if answer.searched_as.strip() != answer.question.strip():
        yield f"Searched as: {answer.searched_as}"
    if answer.time:
        yield f"{time_in_words(answer.time)} (“{answer.time.text}”)"
    if answer.model:
        yield f"Written by {answer.model}, each sentence checked against the cited words, which does not prove its meaning"


def _said(sentence: Sentence) -> Said:
    flag = FLAGS.get(sentence.verdict)
    mark = f"{flag}: {sentence.reason}" if flag and sentence.reason else flag
    return Said(sentence.text, sentence.citations, mark, sentence.verdict == "unsupported")


def _account(account: Account) -> tuple[str, tuple[Said, ...]]:
    sides = (Said(f"{s.value} according to {s.speaker}" if s.speaker else s.value, (s.citation,)) for s in account.sides)
    return f"{DIFFER[account.kind]}: {account.about}", tuple(sides)


def _source(citation: Citation) -> Source:
    if citation.deleted:
        return Source(citation.number, DELETED, dotted(citation.source, day(citation.published)), None, "", ())
    about = dotted(
        citation.source,
        f"by {citation.author}" if citation.author else None,
        day(citation.published),
        updated(citation.published, citation.updated),
        carried(citation.source, citation.carried_by),
    )
    title = " ".join(citation.title.split()) or UNTITLED
    return Source(citation.number, title, about, web_address(citation.url), citation.quote, tuple(_remarks(citation)))


def _remarks(citation: Citation) -> Iterator[str]:
    for note in citation.notes:
        yield f"“{note.text}”: {days_in_words(note.since, note.until)}"
    if citation.carried_by:
        yield f"Carried by {', '.join(_carrier(carrier) for carrier in citation.carried_by)}"
    copies = {carrier.article_id for carrier in citation.carried_by}
    if elsewhere := [origin for origin in citation.also_in if origin.article_id not in copies]:
        places = (f"{o.source or 'another article'} ({_place(o)})" for o in elsewhere)
        yield f"Also in {', '.join(places)}"
    yield f"Quoted from {_place(citation)}"


def _place(of: Citation | Origin) -> str:
    return f"article {of.article_id}, version {of.version}, characters {of.start:,} to {of.end:,}"


def _carrier(carrier: Carrier) -> str:
    return f"{carrier.source or 'another article'}{f' ({day(carrier.published)})' if carrier.published else ''}"


def _titles(passages: Iterable[Passage]) -> Sequence[str]:
    """The articles that were found, best first, each once."""
    best = {passage.article_id: passage for passage in reversed(list(passages))}
    order = dict.fromkeys(passage.article_id for passage in reversed(list(best.values())))
    return [dotted(best[id].title, best[id].source, day(best[id].published), carried(best[id].source, best[id].carried_by)) for id in order]


def _moment(moment: str) -> str:
    """``27 November 2026, 12:40 UTC``."""
    at = datetime.fromisoformat(moment)
    return f"{day(at.date())}, {at:%H:%M} UTC"
