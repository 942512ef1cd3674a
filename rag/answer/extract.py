"""An answer made of quotes: the sentences that answer, best first, each with its citation; near-identical ones count once."""

from __future__ import annotations

from collections.abc import Sequence

from rag.models.reader import Reading
from rag.records import Citation, Origin, Passage, Sentence
from rag.text.words import terms

# Sentences that share this much of their terms (Jaccard) say the same; wire copies with small edits come to 0.8 and more.
_SAME = 0.75
# A further quote must come this near to the best one's odds; below, it is about something else.
_ODDS_SHARE = 0.15

Quote = tuple[Sentence, Citation]


def choose_quotes(readings: Sequence[Reading], passages: Sequence[Passage], *, threshold: float, most: int) -> list[Quote]:
    """At most ``most`` quotes, best first; none when no sentence reaches ``threshold``."""
    if not readings or readings[0].probability < threshold:
        return []
    floor = _ODDS_SHARE * _odds(readings[0].probability)
    groups: list[list[Reading]] = []
    held: list[frozenset[str]] = []
    for reading in readings:
        own = frozenset(terms(reading.text))
        twin = next((i for i, other in enumerate(held) if _same(own, other)), None)
        if twin is not None:
            groups[twin].append(reading)
        elif len(groups) < most and _odds(reading.probability) >= floor:
            groups.append([reading])
            held.append(own)
    return [quote(number, group, passages) for number, group in enumerate(groups, start=1)]


def quote(number: int, group: Sequence[Reading], passages: Sequence[Passage]) -> Quote:
    """The first reading as a numbered quote, the others as places where it stands too."""
    first, p = group[0], passages[group[0].passage]
    also, seen = list[Origin](), {p.article_id}
    for twin in group[1:]:
        other = passages[twin.passage]
        if other.article_id not in seen:
            seen.add(other.article_id)
            also.append(Origin(other.article_id, other.version, other.source, twin.span.start, twin.span.end))
    citation = Citation(
        number, p.article_id, p.version, p.title, p.source, p.published, p.url, first.span.start, first.span.end, first.text, tuple(also)
    )
    return Sentence(first.text, "quoted", (number,)), citation


def _same(a: frozenset[str], b: frozenset[str]) -> bool:
    return a == b or (bool(a) and bool(b) and len(a & b) / len(a | b) >= _SAME)


def _odds(probability: float) -> float:
    return probability / max(1e-9, 1 - probability)
