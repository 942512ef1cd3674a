"""Reads what stands over an article on its page: title, writer, dates, standfirst; it does not judge what comes after."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag.intake.cues import Kind, date_in
from rag.intake.lines import Unit

# How many lines after the title can still belong to it: standfirst, writer, role, two dates, reading time, share buttons.
_REACH = 10
_LONGEST_TITLE = 35  # words
_LONGEST_LINE = 400  # characters
_SEPARATOR = re.compile(r"\s+[|•·]\s+|\s{3,}|\t+")
_BYLINE = re.compile(r"(?i:(?:written |story |words |text |report )?by|author:?)\s+(?P<names>\S.*)")
_PARTICLE = r"(?:de|da|di|du|del|der|den|van|von|bin|ibn|al|el|la|le|ter|y)"
_NAME = rf"[A-Z][\w'’.-]*(?: (?:{_PARTICLE} )*[A-Z][\w'’.-]*){{1,3}}"
_ROLE = re.compile(r"\b(?:correspondent|reporter|editor|columnist|writer|contributor|critic|staff|bureau|journalist)s?\b", re.IGNORECASE)
_NAMED = re.compile(rf"(?P<names>{_NAME}(?:(?:, | and | & ){_NAME})*?)(?:, (?P<role>.+))?")
_ASIDE = re.compile(r"\s*\((?:now|earlier|in [\w ]+)\)")
_SMALL_WORDS = frozenset("a an and at by de for from in of on or the to van von with".split())


@dataclass(frozen=True, slots=True)
class Masthead:
    """What the top of the page says; ``start`` is the first line after the title, ``used`` are lines read here."""

    title: str | None = None
    author: str | None = None
    published: str | None = None
    updated: str | None = None
    source: str | None = None
    start: int = 0
    used: frozenset[int] = frozenset()
    standfirst: int | None = None


def read_masthead(units: Sequence[Unit]) -> Masthead:
    """The masthead; with no title found, everything on the page is still to be judged."""
    at = _find_title(units)
    if at is None:
        return Masthead()
    title, source = _without_site(units[at].text, [unit.text for unit in units])
    end = _first_paragraph(units, at)
    author = published = updated = None
    used = set()
    for i in range(at + 1, min(end, at + 1 + _REACH)):
        text = units[i].text
        name = _writer(units, i)
        dates = [date_in(part) for part in _parts(text)]
        author = author or name
        published = published or next((day for day, changed in dates if day and not changed), None)
        updated = updated or next((day for day, changed in dates if day and changed), None)
        if name or any(day for day, _ in dates) or text == title or (_ROLE.search(text) and units[i].words <= 6):
            used.add(i)
    standfirst = at + 1 if at + 1 < end and at + 1 not in used and _is_standfirst(units, at + 1) else None
    return Masthead(title, author, published, updated, source, at + 1, frozenset(used), standfirst)


def _is_paragraph(unit: Unit) -> bool:
    return unit.kind is Kind.PROSE and unit.words >= 8 and not (unit.text.endswith("?") and unit.words <= 20)


def _first_paragraph(units: Sequence[Unit], at: int) -> int:
    """Where the article begins; a standfirst may be a whole sentence, so a byline or date just below one still counts."""
    paragraphs = [i for i in range(at + 1, len(units)) if _is_paragraph(units[i])]
    if len(paragraphs) > 1 and any(_is_dated(unit) for unit in units[paragraphs[0] + 1 : min(paragraphs[1], paragraphs[0] + 4)]):
        return paragraphs[1]
    return paragraphs[0] if paragraphs else len(units)


def _parts(text: str) -> list[str]:
    if len(text) > _LONGEST_LINE:
        return []
    return [part for part in _SEPARATOR.split(text.strip()) if part] + ([text] if _SEPARATOR.search(text) else [])


def _is_dated(unit: Unit) -> bool:
    return any(date_in(part)[0] or _byline(part) for part in _parts(unit.text))


def _find_title(units: Sequence[Unit]) -> int | None:
    """A line that is repeated, or soon followed by a writer or a date, or the first that is long enough to be one.

    A notice may stand above it, so a dated line below the first paragraphs counts too.
    """
    paragraphs = [i for i, unit in enumerate(units) if _is_paragraph(unit)]
    first = paragraphs[0] if paragraphs else len(units)
    third = paragraphs[2] if len(paragraphs) > 2 else len(units)
    candidates = [i for i in range(third) if _could_head(units[i])]
    above = [i for i in candidates if i < first]
    counts = Counter(units[i].text for i in above)
    ranked = (
        [i for i in above if counts[units[i].text] > 1 and units[i].words >= 4],
        [i for i in above if units[i].words >= 4 and any(map(_is_dated, units[i + 1 : i + 4]))],
        [i for i in above if units[i].words >= 4],
        [i for i in candidates if i > first and any(map(_is_dated, units[i + 1 : i + 3]))],
        sorted((i for i in above if units[i].words >= 2), key=lambda i: (-units[i].words, i)),
    )
    return next((group[0] for group in ranked if group), None)


def _could_head(unit: Unit) -> bool:
    if len(unit.text) > _LONGEST_LINE or (unit.kind is Kind.PROSE and not unit.text.endswith(("?", "!", "”", '"', "’", "'"))):
        return False
    return (
        unit.kind in (Kind.BARE, Kind.PROSE)
        and unit.words <= _LONGEST_TITLE
        and "\n" not in unit.text
        and not _is_dated(unit)
        and " > " not in unit.text
    )


def _without_site(title: str, lines: Sequence[str]) -> tuple[str, str | None]:
    """The title of a browser window is "Title | Site"; a dash is only taken for that where the title stands alone too."""
    for separator in (" | ", " – ", " — ", " - "):
        head, found, site = title.rpartition(separator)
        if found and len(site.split()) <= 5 and len(head.split()) >= 3 and (separator == " | " or head in lines):
            return head, site
    return title, None


def _byline(text: str) -> str | None:
    """The names after "By", joined as they stand; roles and outlets after a comma are left off."""
    found = _BYLINE.fullmatch(text)
    if found is None or len(found["names"]) > 120 or found["names"].endswith("."):
        return None
    kept = [part for part in found["names"].split(", ") if not _ROLE.search(part)]
    names = ", ".join(kept)
    if not names or any(word[:1].islower() and word not in _SMALL_WORDS for word in names.split()):
        return None
    return _cased(names)


def _writer(units: Sequence[Unit], i: int) -> str | None:
    """A byline, or a bare name that a date, a role or the writer's biography bears out."""
    for part in _parts(units[i].text):
        if name := _byline(part):
            return name
    found = _NAMED.fullmatch(_ASIDE.sub("", units[i].text))
    if found is None or (found["role"] and not _ROLE.search(found["role"])) or _ROLE.search(found["names"]):
        return None
    near = [unit for unit in units[max(0, i - 2) : i + 3] if unit is not units[i]]
    dated = any(date_in(part)[0] for unit in near for part in _parts(unit.text)) or any(
        _ROLE.search(unit.text) and unit.words <= 6 for unit in near
    )
    known = any(unit.text.startswith((found["names"] + " is ", found["names"] + " covers ")) for unit in units[i + 1 :])
    return _cased(found["names"]) if dated or known or found["role"] else None


def _cased(names: str) -> str:
    loud = [word for word in names.split() if word.isupper() and len(word) > 2]
    return " ".join(word.title() if word in loud else word for word in names.split()).replace(" And ", " and ") if loud else names


def _is_standfirst(units: Sequence[Unit], i: int) -> bool:
    """A line right under the title that is a phrase, not a name, a label or the picture's caption."""
    unit = units[i]
    small = sum(word[:1].islower() for word in unit.text.split())
    follower = units[i + 1].kind if i + 1 < len(units) else Kind.FURNITURE
    return unit.kind is Kind.BARE and unit.words >= 6 and small * 2 >= unit.words and follower is not Kind.CAPTION
