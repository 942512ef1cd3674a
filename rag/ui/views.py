"""Turns records into the plain data that the component draws; it knows nothing of Streamlit.

Everything that opens something carries a key, and ``places`` says what each key opens, so that the browser
never names an article itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.answer.carried import carried
from rag.export import with_sources
from rag.export.outline import FLAGS
from rag.records import Account, Answer, Article, Carrier, Citation, Note, Origin, Passage, Sentence, Span, Version
from rag.text.differences import Piece, differences
from rag.text.notes import notes
from rag.text.spoken import DIFFER, days_in_words
from rag.ui import words
from rag.ui.why import why_view

View = dict[str, Any]

# Characters of unchanged text that stay on each side of a change.
_AROUND = 90

# Characters of an article on each side of the quote, which a browser sets within a second or two, and of all changes.
_BESIDE, _CHANGED = 100_000, 50_000

# What stands behind the sentence itself.
MARKS = {"partly": "in part", "misattributed": "source corrected", "unsupported": "not supported"}


@dataclass(frozen=True, slots=True)
class Place:
    """Words in one version of one article."""

    article_id: str
    version: str
    start: int
    end: int


def places(answer: Answer) -> dict[str, Place]:
    """What each key of the answer's view opens: quotes by number, the same words elsewhere, copies, passages by rank."""
    out: dict[str, Place] = {}
    for citation in _left(answer.citations):
        out[f"c{citation.number}"] = Place(citation.article_id, citation.version, citation.start, citation.end)
        for index, origin in _elsewhere(citation):
            out[f"c{citation.number}o{index}"] = Place(origin.article_id, origin.version, origin.start, origin.end)
        for index, carrier in enumerate(citation.carried_by):
            out[f"c{citation.number}k{index}"] = _carrier_place(carrier, citation)
    for index, passage in enumerate(answer.passages):
        out[f"p{index}"] = Place(passage.article_id, passage.version, passage.start, passage.end)
    return out


def _elsewhere(citation: Citation) -> list[tuple[int, Origin]]:
    """Where the words stand in articles that are no copies, which are listed by themselves."""
    copies = {carrier.article_id for carrier in citation.carried_by}
    return [(index, origin) for index, origin in enumerate(citation.also_in) if origin.article_id not in copies]


def _carrier_place(carrier: Carrier, citation: Citation) -> Place:
    """The same words in a copy; its beginning where it has them otherwise."""
    place = next((o for o in citation.also_in if o.article_id == carrier.article_id), None)
    return Place(carrier.article_id, carrier.version, place.start if place else 0, place.end if place else 0)


def answer_view(answer: Answer) -> View:
    """A whole turn below its question: sentences or the refusal, accounts, what is cited, what else was found."""
    answered = answer.status == "answered"
    found = _found(answer)
    return {
        "kind": "answer",
        "notice": words.meta(answer.notice, _deleted(answer.citations)) or None,
        "sentences": sentences_view(answer.sentences, answer.citations),
        "refusal": None if answered else answer.answer,
        "accounts": [_account(account, answer.citations) for account in answer.accounts or ()],
        "cited": _cited(answer.citations),
        "found": found,
        "found_heading": f"Also found ({len(found)})" if answered else "Related, not an answer",
        "found_open": not answered,
        "why": why_view(answer),
        "foot": _foot(answer),
        "copy": with_sources(answer),
    }


def announcement(answer: Answer, id: str) -> View:
    """What a screen reader says when the answer is there, once for each ``id``."""
    sources = f" {words.count(len(answer.citations), 'quote')} cited." if answer.citations else ""
    return {"id": id, "text": f"Answer: {answer.answer}{sources}"}


def cited_places(answer: Answer) -> list[Place]:
    """The places of all quotes that are left."""
    known = places(answer)
    return [known[f"c{citation.number}"] for citation in _left(answer.citations)]


def _left(citations: Iterable[Citation]) -> list[Citation]:
    return [citation for citation in citations if not citation.deleted]


def _deleted(citations: Sequence[Citation]) -> str | None:
    gone = len(citations) - len(_left(citations))
    return f"{words.count(gone, 'quote')} deleted: {'its article was' if gone == 1 else 'their articles were'} purged." if gone else None


def sentences_view(sentences: Iterable[Sentence], citations: Iterable[Citation]) -> list[View]:
    """Sentences, each with the chips that follow it and, where it failed its check, why."""
    citations_of = {citation.number: citation for citation in _left(citations)}
    chips = {number: _chip(citation) for number, citation in citations_of.items()}
    return [
        {
            "text": sentence.text,
            "parts": _parts(sentence, citations_of),
            "flag": FLAGS.get(sentence.verdict),
            "mark": MARKS.get(sentence.verdict),
            "struck": sentence.verdict == "unsupported",
            "reason": sentence.reason,
            "chips": [chips[number] for number in sentence.citations if number in chips],
        }
        for sentence in sentences
    ]


def _parts(sentence: Sentence, citations: Mapping[int, Citation]) -> tuple[str, str, str]:
    """The sentence before, in and after the words that answer; all of it after them where it is no quote or they are not sure."""
    cited = citations.get(sentence.citations[0]) if sentence.citations else None
    if cited is None or cited.words is None or sentence.text != cited.quote:
        return "", "", sentence.text
    start, end = cited.words.start - cited.start, cited.words.end - cited.start
    return sentence.text[:start], sentence.text[start:end], sentence.text[end:]


def passages_view(passages: Sequence[Passage]) -> View:
    """The articles that were found, best first, while they are read."""
    best = {passage.article_id: passage for passage in reversed(passages)}
    order = dict.fromkeys(passage.article_id for passage in passages)
    return {"kind": "found", "items": [{"title": best[i].title, "meta": _passage_meta(best[i])} for i in order]}


def article_view(article: Article, focus: Place, cited: Iterable[Place], revision: View | None = None) -> View:
    """The whole article, cut where marks begin and end; ``focus`` is what is scrolled into view, ``revision`` what became of it since.

    Of a text longer than a page can bear, what lies around ``focus``; ``part`` says so.
    """
    first, last = max(0, focus.start - _BESIDE), min(len(article.text), focus.start + _BESIDE)
    marks = [Span(p.start - first, min(p.end, last) - first) for p in cited if first <= p.start < last]
    whole = last - first == len(article.text)
    return {
        "kind": "article",
        "title": article.title,
        "byline": words.meta(
            f"By {article.author}" if article.author else None,
            words.day(article.published),
            words.updated(article.published, article.updated),
            f"in {words.language(article.language)}" if article.language not in (None, "en") else None,
        ),
        "lang": article.language,
        "dir": words.direction(article.language),
        "link": words.original(article.url, article.text[focus.start : focus.end]),
        "notes": notes_view(notes(Span(focus.start, focus.end), article.text[focus.start : focus.end], article.published)),
        "revision": revision,
        "part": None if whole else f"Shown are the characters {first + 1:,} to {last:,} of {len(article.text):,}.",
        "text": segments(article.text[first:last], Span(focus.start - first, min(focus.end, last) - first), marks),
    }


def revision_view(shown: Article, versions: Sequence[Version], newest: Article | None) -> View | None:
    """What a reader of an older version must know; None where ``shown`` is what is searched.

    ``newest`` is the version that is searched, None where the article was removed from search.
    """
    if newest is None:
        return {
            "heading": "No longer searched",
            "detail": "The article was removed from search; this is what the answer quoted.",
            "changes": [],
        }
    if newest.version == shown.version:
        return None
    came = {version.version: words.day(version.ingested) for version in versions}
    this, that = came[shown.version], came[newest.version]
    later = "another one of the same day" if this == that else f"the one of {that}"
    detail = f"This is the version taken in on {this}, which the answer quoted; questions search {later}."
    changes = _bounded(shortened(differences(shown.text, newest.text)))
    if shown.title != newest.title:
        changes = [(shown.title, "gone"), (newest.title, "new"), ("\n\n", "same"), *changes]
    return {"heading": "Since revised", "detail": detail, "changes": changes}


def shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with what stayed the same cut down to the words around each change."""
    out: list[Piece] = []
    for index, (text, kind) in enumerate(pieces):
        if kind == "same" and len(text) > 2 * _AROUND:
            before = text[:_AROUND].rpartition(" ")[0] if index else ""
            after = text[-_AROUND:].partition(" ")[2] if index < len(pieces) - 1 else ""
            text = f"{before} … {after}"
        out.append((text, kind))
    return out


def _bounded(pieces: Iterable[Piece]) -> list[Piece]:
    """As many of the pieces, and of the last one, as are worth reading."""
    out: list[Piece] = []
    left = _CHANGED
    for text, kind in pieces:
        if len(text) > left:
            return [*out, (f"{text[:left]} …", kind)]
        out.append((text, kind))
        left -= len(text)
    return out


def segments(text: str, focus: Span, others: Iterable[Span]) -> list[tuple[str, str]]:
    """The text in pieces, each ``focus``, ``mark`` or plain; joined, the pieces are the text.

    The focus is always one piece; another mark that is empty or overlaps one before it is left out.
    """
    taken = [focus]
    for span in sorted(others, key=lambda s: (s.start, s.end)):
        if span.start < span.end and all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    pieces: list[tuple[str, str]] = []
    at = 0
    for span in sorted(taken, key=lambda s: s.start):
        pieces.append((text[at : span.start], ""))
        pieces.append((text[span.start : span.end], "focus" if span is focus else "mark"))
        at = span.end
    pieces.append((text[at:], ""))
    return [piece for piece in pieces if piece[0]]


def _foot(answer: Answer) -> str:
    if not answer.passages:
        return ""
    used = "written before" if answer.cached else words.usage(answer.usage)
    checked = "sentences checked against the cited words, which does not prove their meaning" if answer.model else None
    return words.meta(f"{words.count(len(answer.passages), 'passage')} read", f"{answer.seconds.total:.1f} s", answer.model, used, checked)


def _chip(citation: Citation) -> View:
    return {
        "number": citation.number,
        "meta": words.meta(
            citation.source,
            words.day(citation.published),
            words.updated(citation.published, citation.updated),
            carried(citation.source, citation.carried_by),
        ),
        "title": citation.title,
        "quote": citation.quote,
        "notes": notes_view(citation.notes),
        "open": f"c{citation.number}",
    }


def notes_view(notes: Iterable[Note]) -> list[str]:
    """What relative words of a quote mean, each on a line beside it."""
    return [f"“{note.text}”: {days_in_words(note.since, note.until)}" for note in notes]


def _account(account: Account, citations: Iterable[Citation]) -> View:
    """The sides, newest first, each with who said it, its outlet and day; without a chip where its article was purged."""
    known = {citation.number: citation for citation in _left(citations)}
    sides = []
    for side in account.sides:
        citation = known.get(side.citation)
        meta = words.meta(citation.source, words.day(citation.published)) if citation else ""
        whole = citation is not None and side.value == citation.quote
        sides.append(
            {"value": side.value, "whole": whole, "speaker": side.speaker, "meta": meta, "chips": [_chip(citation)] if citation else []}
        )
    return {"lead": DIFFER[account.kind], "about": account.about, "sides": sides}


def _cited(citations: Iterable[Citation]) -> list[View]:
    """One card an article, in the order of first use."""
    cards: dict[str, View] = {}
    for citation in citations:
        if citation.deleted:
            cards[citation.article_id] = _gone(citation)
            continue
        chip = _chip(citation)
        meta = words.meta(citation.source, words.day(citation.published))
        card = cards.setdefault(citation.article_id, {"title": chip["title"], "meta": meta, "open": chip["open"], "quotes": []})
        also = [{"label": o.source or "another article", "open": f"{chip['open']}o{i}"} for i, o in _elsewhere(citation)]
        card["quotes"].append({**chip, "also": also, "carried": _carried(citation, chip["open"])})
    return list(cards.values())


def _gone(citation: Citation) -> View:
    """A card that opens nothing."""
    return {"title": "Deleted", "meta": words.meta(citation.source, words.day(citation.published)), "open": None, "quotes": []}


def _carried(citation: Citation, key: str) -> View | None:
    """The copies of what is quoted, each with its outlet and day; None where there are none."""
    heading = carried(citation.source, citation.carried_by)
    copies = [
        {"label": words.meta(c.source or "another article", words.day(c.published)), "open": f"{key}k{i}"}
        for i, c in enumerate(citation.carried_by)
    ]
    return {"heading": heading, "copies": copies} if heading else None


def _found(answer: Answer) -> list[View]:
    """Articles that were found and not cited, best passage of each, best first."""
    seen = {citation.article_id for citation in answer.citations}
    out: list[View] = []
    for index, passage in enumerate(answer.passages):
        if passage.article_id not in seen:
            seen.add(passage.article_id)
            out.append({"title": passage.title, "meta": _passage_meta(passage), "text": passage.text, "open": f"p{index}"})
    return out


def _passage_meta(passage: Passage) -> str:
    return words.meta(passage.source, words.day(passage.published), carried(passage.source, passage.carried_by))
