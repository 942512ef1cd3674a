"""How the page says things: days, counts, scopes, and the link to the words in the original."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from rag.records import Filters, Overview, Usage

# A fragment as long as this is matched whole; beyond it, and across paragraphs, browsers match only from the
# first words to the last ones.
LONGEST_FRAGMENT = 300
END_WORDS = 6
MOST_NAMED = 3
_LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nb": "Norwegian",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian",
    "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he ps sd syr ug ur yi".split())


def language(tag: str | None) -> str:
    """``de`` as ``German``; a tag without a name here stays as it is, nothing is the empty text."""
    return _LANGUAGES.get(tag or "", tag or "")


def direction(tag: str | None) -> str:
    """What a text in the language is to be drawn with, as the ``dir`` of HTML: by its first letter where the language is not known."""
    if tag is None:
        return "auto"
    return "rtl" if tag in _RIGHT_TO_LEFT else "ltr"


def day(value: str | date | None) -> str:
    """``2024-03-22`` as ``22 March 2024``; what is no ISO day stays as it is, nothing is the empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return str(value)
    return f"{value.day} {value:%B} {value.year}"


def updated(published: str | None, later: str | None) -> str | None:
    """``updated 3 May 2025`` where an article says so; None where that is the day on which it was published."""
    return f"updated {day(later)}" if later and later[:10] != (published or "")[:10] else None


def count(number: int, noun: str) -> str:
    """``1 article``, ``1,240 articles``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def meta(*parts: str | None) -> str:
    """What is known of an article, on one line."""
    return " · ".join(part for part in parts if part)


def holdings(overview: Overview) -> str:
    """What a library holds, on one line."""
    span = ""
    if overview.first and overview.last:
        span = day(overview.first) if overview.first == overview.last else f"{day(overview.first)} to {day(overview.last)}"
    known = count(len(overview.outlets), "outlet") if overview.outlets else None
    return meta(count(overview.articles, "article"), known, span)


def scope(filters: Filters) -> str:
    """The filters on one line; the empty text where there are none."""
    since = f"from {day(filters.since)}" if filters.since else None
    until = f"until {day(filters.until)}" if filters.until else None
    return meta(since, until, outlets(filters.outlets))


def outlets(names: Sequence[str]) -> str:
    """A few outlets by name, many as a count."""
    return ", ".join(names) if len(names) <= MOST_NAMED else count(len(names), "outlet")


def usage(used: Usage | None) -> str | None:
    """Tokens and what they cost, where known; None where no model was asked."""
    if used is None or not used.read + used.written:
        return None
    cost = "" if used.cost is None else f", ${used.cost:.4f}"
    return f"{used.read + used.written:,} tokens{cost}"


def original(url: str | None, quote: str) -> str | None:
    """The address of the original with a text fragment that finds the quote; None where it is no web address."""
    if url is None or any(char.isspace() or not char.isprintable() for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    if not quote.strip():
        return url
    return f"{url}{'' if parts.fragment else '#'}:~:text={_fragment(quote)}"


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
