"""Who made a page, as far as the page tells: its outlet and its writer's biography; it does not decide what is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.intake.cues import Kind, has_address
from rag.intake.lines import Unit

_ROLE = re.compile(
    r"(?i)\b(?:reporter|writer|editor|correspondent|columnist|journalist|contributor|author|covers|reports on|writes (?:about|on|for))\b"
)
_BIOGRAPHY = re.compile(r"(?P<name>[A-Z][\w.-]+(?: (?:[A-Z][\w.'’-]*|van|von|de|der|al|bin)){1,4}?) (?:is|was|has|covers|writes|reports)\b")
_SELF = r"(?:the )?%s(?:[’']s?)? (?:is|brings|delivers|aims|strives|believes|offers|publishes|reserves|has been)\b"
_RIGHTS = re.compile(
    r"(?:©|\(c\)|(?i:copyright)(?: ©)?)\s*\d{4}(?:[-–]\d{4})?,?\s+(?:by )?([A-Z][\w&'’-]*(?: (?:[A-Z&][\w&'’-]*|of|the|and)){0,4})"
)
_DOMAIN = re.compile(r"(?:@|https?://|www\.)(?:[\w-]+\.)*?([\w-]{4,})\.(?:co\.|com\.|org\.)?[a-z]{2,}\b", re.IGNORECASE)


def is_biography(unit: Unit, author: str | None) -> bool:
    """Whether the paragraph says who the writer is; with the writer known, nobody else's counts."""
    found = _BIOGRAPHY.match(unit.text)
    if found is None or unit.words > 80:
        return False
    return (author is None or found["name"] in author) and bool(_ROLE.search(unit.text) or (author and has_address(unit.text)))


def speaks_of_itself(text: str, source: str) -> bool:
    """Whether the outlet is what the sentence says something about."""
    return re.match(_SELF % re.escape(source), text, re.IGNORECASE) is not None


def author_below(units: Sequence[Unit]) -> str | None:
    """The name that begins the text under a heading such as "About the author"."""
    for heading, unit in pairwise(units):
        if heading.kind is Kind.AUTHOR and (found := _BIOGRAPHY.match(unit.text)):
            return found["name"]
    return None


def outlet(units: Sequence[Unit]) -> str | None:
    """The outlet by the page's copyright line, or by an address in its furniture whose name the page also writes out."""
    furniture = [unit.text for unit in units if unit.kind is Kind.FURNITURE]
    for text in furniture:
        if found := _RIGHTS.search(text):
            return found[1]
    labels = dict.fromkeys(found[1].lower() for text in furniture for found in _DOMAIN.finditer(text))
    for unit in units:
        for label in list(labels)[:5]:
            if found_name := _spelled(label, unit.text):
                return found_name
    return None


def _spelled(label: str, text: str) -> str | None:
    """The words of the text that run together make the label: "fieldandfjord" is "Field & Fjord"."""
    tokens = re.findall(r"[\w'’-]+|&", text)
    for i, first in enumerate(tokens):
        joined = ""
        for j in range(i, min(i + 5, len(tokens))):
            joined += "and" if tokens[j] == "&" else re.sub(r"\W", "", tokens[j].lower())
            if joined == label and first[0].isupper():
                return re.sub(r"\s+", " ", " ".join(tokens[i : j + 1]))
            if not label.startswith(joined):
                break
    return None
