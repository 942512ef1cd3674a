"""How the page says things: days, counts, scopes, and the link to the words in the original."""

from __future__ import annotations

from urllib.parse import quote as percent
from urllib.parse import urlsplit

from rag.records import Overview, Usage
from rag.text.links import web_address
from rag.text.spoken import MOST_NAMED as MOST_NAMED
from rag.text.spoken import count as count
from rag.text.spoken import day as day
from rag.text.spoken import dotted
from rag.text.spoken import outlets as outlets
from rag.text.spoken import scope as scope
from rag.text.spoken import updated as updated

# What is known of an article, on one line.
meta = dotted

# A fragment as long as this is matched whole; beyond it, and across paragraphs, browsers match only from the
# first words to the last ones.
LONGEST_FRAGMENT = 300
END_WORDS = 6
_LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nb": "Norwegian",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian",
    "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he ps sd syr ug ur yi".split())


def waiting(ahead: int) -> str:
    """How many questions are before one that waits, in words."""
    return "1 question is before yours…" if ahead == 1 else f"{ahead:,} questions are before yours…"


def language(tag: str | None) -> str:
    """``de`` as ``German``; a tag without a name here stays as it is, nothing is the empty text."""
    return _LANGUAGES.get(tag or "", tag or "")


def direction(tag: str | None) -> str:
    """What a text in the language is to be drawn with, as the ``dir`` of HTML: by its first letter where the language is not known."""
    if tag is None:
        return "auto"
    return "rtl" if tag in _RIGHT_TO_LEFT else "ltr"


def holdings(overview: Overview) -> str:
    """What a library holds, on one line."""
    span = ""
    if overview.first and overview.last:
        span = day(overview.first) if overview.first == overview.last else f"{day(overview.first)} to {day(overview.last)}"
    known = count(len(overview.outlets), "outlet") if overview.outlets else None
    return meta(count(overview.articles, "article"), known, span)


def usage(used: Usage | None) -> str | None:
    """Tokens and what they cost, where known; None where no model was asked."""
    if used is None or not used.read + used.written:
        return None
    cost = "" if used.cost is None else f", ${used.cost:.4f}"
    return f"{used.read + used.written:,} tokens{cost}"


def original(url: str | None, quote: str) -> str | None:
    """The address of the original with a text fragment that finds the quote; None where it is no web address."""
    if web_address(url) is None:
        return None
    assert url
    if not quote.strip():
        return url
    return f"{url}{'' if urlsplit(url).fragment else '#'}:~:text={_fragment(quote)}"


def _fragment(quote: str) -> str:
    """The quote in the form of the URL text fragments specification; ``-`` and ``,`` have a meaning there."""
    words = quote.split()
    if len(quote) <= LONGEST_FRAGMENT and "\n" not in quote.strip():
        return _encoded(" ".join(words))
    lines = [line.split() for line in quote.splitlines() if line.strip()]
    return f"{_encoded(' '.join(lines[0][:END_WORDS]))},{_encoded(' '.join(lines[-1][-END_WORDS:]))}"


def _encoded(text: str) -> str:
    return percent(text, safe="").replace("-", "%2D")


def synced(added: int, changed: int, removed: int, unchanged: int) -> str:
    """What a pass over the sources did."""
    parts = [(added, "added"), (changed, "changed"), (removed, "removed"), (unchanged, "as before")]
    said = [f"{count:,} {what}" for count, what in parts if count]
    return f"Articles: {', '.join(said)}." if said else "There was nothing to do."
