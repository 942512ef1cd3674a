"""Labels that stand on web pages in the languages of the larger European and the Arabic press: adverts, corrections, links to other stories.

English ones that need no page around them are in ``cues``, which reads plain text too.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

_ADVERT = re.compile(
    r"\W*(?:publicidad|publicité|anzeige|werbung|pubblicità|publicidade|advertentie|reklame?|annons|reklama|реклама|إعلان)\W*",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"^\W*(?:korrektur|berichtigung|rectificatif|errata|correction|corrección|fe de errores|correzione|rectificatie|rättelse)\b[^.]{0,40}[:—–]",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"^\W*(?:read (?:more|also|next)\s*[:|–—]|(?:à )?lire aussi|lesen sie (?:auch|mehr)|mehr zum thema|lea también|te puede interesar|leggi anche|leia também|lees ook"
    r"|læs også|läs också|czytaj (?:też|także)|читайте (?:также|ещё)|اقرأ أيضا)",
    re.IGNORECASE,
)


def is_advert_label(text: str) -> bool:
    """Whether the line is the label over an advert and nothing else."""
    return _ADVERT.fullmatch(text) is not None


def heads_correction(text: str) -> bool:
    """Whether the line begins as a correction does."""
    return _NOTE.search(text) is not None


def find_pointers(body: HtmlElement) -> set[HtmlElement]:
    """Links to other stories that say so and end their paragraph: "Read more: …"."""
    return {
        link for link in body.iter("a") if _POINTER.search(link.text_content()) and link.getnext() is None and not (link.tail or "").strip()
    }
