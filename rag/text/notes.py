"""The days that "Tuesday", "last week" or "3 May" mean in an article, by its day of publication and the verbs around them; pure.

Where a word may mean two days it gets no note: a wrong date beside a quote is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from rag.records import Note, Span
from rag.text.stretches import Lean, Stretch, stretches

# A clause ends where another verb may begin to rule.
_CUT = re.compile(r",(?!\d)|[;:—–()“”\"]|\b(?:that|after|before|when|while|because|as|but|so|and|where|which|who|whose|whom|if)\b")
_AHEAD = re.compile(
    r"\b(?:will|won['’]t|would|shall|can|may|must|should|is to|are to|was to|were to|to be|plans?|planned|due|expect\w*|scheduled|set to|going|wants?|hopes?"
    r"|(?:is|are)(?= (?:on|from)\b)|(?:invited|asked|agreed|decided|promised|vowed|told|ready|needs?|intends?)\b(?:\s\w+){0,3} to"
    r"|opens?|starts?|begins?|closes|ends|runs?|meets|votes|travels|leaves|returns|arrives|march|applies|goes|sails?|resumes?)\b",
    re.I,
)
_BEHIND = re.compile(
    r"\b(?:was|were|had|has|have|did|didn['’]t|said|told|took|found|went|came|began|fell|rose|gave|drew|stood|stayed|sold|bought|won|lost|broke|ran|blew|held"
    r"|left|made|met|saw|shot|hit|cut|put|spoke|wrote|died|killed|brought|caught|fought|kept|sent|shut|sank|spent|struck|swept|threw|became|felt|knew|led|paid|set"
    r"|(?!need|hundred|indeed|shed|feed|speed|seed|greed|breed|planned|scheduled|expected)[a-z]{2,}ed)\b",
    re.I,
)
_MODAL = re.compile(
    r"\b(?:will|won['’]t|would|shall|can|may|must|should|is to|are to|was to|were to|due|expect\w*|planned|scheduled)\b", re.I
)
_SINCE, _UNTIL = re.compile(r"\bsince\s$|\btoday,\s$", re.I), re.compile(r"\b(?:until|till)\s$", re.I)
_STILL = re.compile(r"\b(?:has|have|is|are|will|would)\b", re.I)


def notes(span: Span, text: str, published: str | None) -> tuple[Note, ...]:
    """What the relative words of a quote mean, in the offsets of the article; ``text`` is the quote, ``span`` where it stands.

    Without a day of publication there are none.
    """
    return tuple(
        Note(span.start + s.start, span.start + s.end, s.text, s.since.isoformat(), s.until.isoformat())
        for s in told(text, published)
        if s.relative
    )


def told(text: str, published: str | None) -> list[Stretch]:
    """Every stretch of days that a sentence names and that is sure, those with a year included."""
    try:
        own = date.fromisoformat(published[:10]) if published else None
    except ValueError:
        own = None
    return list(stretches(text, own, _leaning(text))) if own else []


def _leaning(text: str) -> Callable[[int, int], Lean | None]:
    """Which way an expression of the text leans, by the verbs of its clause, else by all verbs where they agree."""

    def lean(start: int, end: int) -> Lean | None:
        if _SINCE.search(text[:start]):
            return "past"
        first = max((cut.end() for cut in _CUT.finditer(text, 0, start)), default=0)
        last = next((cut.start() for cut in _CUT.finditer(text, end)), len(text))
        before, after = text[first:start], text[end:last]
        if _UNTIL.search(before):
            # "Were shut until Thursday" may lie on either side.
            return "future" if _STILL.search(text) or not _BEHIND.search(before) else None
        if _MODAL.search(before + after):
            return "future"
        nearest = [*_verbs(before)[-1:], *_verbs(after)[:1], None][0]
        verbs = set(_verbs(text))
        return nearest or (verbs.pop() if len(verbs) == 1 else None)

    return lean


def _verbs(text: str) -> list[Lean]:
    """What each word that points somewhere points to, in order; of two that overlap, the one that ends later counts last."""
    found: list[tuple[int, Lean]] = [(m.end(), "future") for m in _AHEAD.finditer(text)]
    found += [(m.end(), "past") for m in _BEHIND.finditer(text)]
    return [lean for _, lean in sorted(found)]
