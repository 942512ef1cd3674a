"""Finds the dateline before the first sentence of a report ("PORT ELLERY, Feb. 14 (Northmere Wire) - "); pure."""

from __future__ import annotations

import re

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĪĮİŁŃŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽ"
_WHERE = rf"[{_UPPER}][{_UPPER} .’'-]{{1,40}}"
# A state, a country, a day: "Mass.", "D.C.", "Feb. 14", "14 February".
_FURTHER = rf"(?:, (?:[{_UPPER}][\w.]{{1,15}}|\d{{1,2}})(?: (?:[{_UPPER}]\w{{1,12}}|\d{{1,4}})){{0,2}}){{0,2}}"
_AGENCY = r" \([^()\n]{1,40}\)"
_CAPITAL_AGENCY = rf" \([{_UPPER}][^()\n]{{1,40}}\)"
# Without the agency's name, capitals alone may begin a sentence ("NASA - the agency - said"), so a new one must follow.
_DATELINE = re.compile(
    rf"(?:{_WHERE}{_FURTHER}{_AGENCY}|[{_UPPER}]\w[\w .’'-]{{1,40}}{_FURTHER}{_CAPITAL_AGENCY}|{_WHERE}{_FURTHER}) ?[-–—]+ (?=[\"“‘'{_UPPER}\d])"
)


def dateline_end(text: str) -> int:
    """Where the report itself begins in its first sentence: 0 where no dateline stands before it."""
    found = _DATELINE.match(text)
    return found.end() if found else 0


def without_dateline(text: str) -> str:
    """The text from where the report itself begins."""
    return text[dateline_end(text) :]
