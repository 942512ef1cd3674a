"""An answer made of quotes: the sentences that answer, best first, each with its citation; near-identical ones count once."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer.cite import cite
from rag.models.reader import Reading
from rag.records import Citation, Origin, Passage, Sentence, Span
from rag.text.datelines import dateline_end
from rag.text.numbers import Number, numbers
from rag.text.words import terms

# Sentences that share this much of their terms (Jaccard) say the same; wire copies with small edits come to 0.8 and more.
_SAME = 0.75
# A further quote must come this near to the best one's odds; below, it is about something else. Where several things are asked for, not as near.
_ODDS_SHARE = 0.15
_ODDS_SHARE_OF_SEVERAL = 0.05

Quote = tuple[Sentence, Citation]


def choose_quotes(
    readings: Sequence[Reading],
    passages: Sequence[Passage],
    *,
    threshold: float,
    most: int,
    accounts: Sequence[Reading] = (),
    several: bool = False,
) -> list[Quote]:
    """At most ``most`` quotes, best first, then other ``accounts`` of the same, then what comes near (``several``: less near, since more than
    one thing is asked for); none when no sentence reaches ``threshold``."""
    if not readings or readings[0].probability < threshold:
        return []
    floor = (_ODDS_SHARE_OF_SEVERAL if several else _ODDS_SHARE) * odds(readings[0].probability)
    near = [reading for reading in readings[1:] if odds(reading.probability) >= floor]
    groups: list[list[Reading]] = []
    for reading in [readings[0], *accounts, *near]:
        if len(groups) < most and not any(same(reading, group[0]) for group in groups):
            groups.append([reading])
    for group in groups:
        group += [reading for reading in readings if reading is not group[0] and same(reading, group[0])]
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
    span, text = _report(first)
    return Sentence(text, "quoted", (number,)), cite(number, p, span, text, also=tuple(also), words=first.words)


def _report(reading: Reading) -> tuple[Span, str]:
    """The sentence without its dateline, unless that answers."""
    at = dateline_end(reading.text)
    if reading.words and reading.words.start < reading.span.start + at:
        return reading.span, reading.text
    return Span(reading.span.start + at, reading.span.end), reading.text[at:]


def same(a: Reading, b: Reading) -> bool:
    """Whether two sentences say the same, as wire copies do; with other numbers they do not, however alike they are."""
    one, other = frozenset(terms(a.text)), frozenset(terms(b.text))
    if one == other:
        return True
    alike = bool(one | other) and len(one & other) / len(one | other) >= _SAME
    return alike and _numbers_agree(numbers(a.text), numbers(b.text)) and _numbers_agree(numbers(b.text), numbers(a.text))


def _numbers_agree(own: Sequence[Number], other: Sequence[Number]) -> bool:
    return all(any(number.agrees(held) for held in other) for number in own)


def odds(probability: float) -> float:
    """The odds of a probability, finite for 1."""
    return probability / max(1e-9, 1 - probability)
