"""Checks what a file says about an article and makes the Article of it; it knows no file format.

A wrong type loses the article, since it shows that the keys mean something else. A date or address that cannot be
read is only taken as unknown, with a warning. A title, outlet or writer that is too long is cut.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

from rag.errors import RejectedFile
from rag.intake.dates import parse_date
from rag.intake.decode import tidy
from rag.intake.identity import article_id, canonical_url, digest, site_of
from rag.intake.language import language_of, primary_tag
from rag.records import Article
from rag.text.legible import legible_name

_LONGEST = {"title": 500, "source": 200, "author": 300}
_LONGEST_ID = 200
_LONGEST_URL = 2000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Fields:
    """What was said about an article, checked; None is unknown."""

    id: str | None = None
    url: str | None = None
    title: str | None = None
    source: str | None = None
    author: str | None = None
    published: str | None = None
    updated: str | None = None
    language: str | None = None


UNKNOWN = Fields()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article was found, and what its reader may spend: characters of a text, seconds and megabytes of a parser.

    ``names`` are the keys that NEWSDESK_FIELDS gives: (contract key, key or path in the file). ``address`` is where the file was fetched,
    and ``known`` what is known of its one article from elsewhere, as a feed tells it; the file's own word comes first.
    """

    location: str
    relative: str
    max_chars: int
    names: tuple[tuple[str, str], ...] = ()
    seconds: float = 60
    memory_mb: int = 1000
    address: str | None = None
    known: Fields = UNKNOWN


def read_fields(given: Mapping[str, Any]) -> tuple[Fields, tuple[str, ...]]:
    """The known keys, checked, and a warning for each value that was cut or taken as unknown; other keys are ignored.

    Raises RejectedFile that names the field of a wrong type.
    """
    warnings: list[str] = []
    fields = Fields(
        id=_id(given.get("id")),
        url=_url(given.get("url"), warnings),
        title=_short("title", given.get("title"), warnings),
        source=_short("source", given.get("source"), warnings),
        author=_short("author", _names(given.get("author")), warnings),
        published=_date("published", given.get("published"), warnings),
        updated=_date("updated", given.get("updated"), warnings),
        language=_language(given.get("language"), warnings),
    )
    return fields, tuple(warnings)


def make_article(fields: Fields, text: str, *, place: Place, by_title: bool) -> Article:
    """The article with its id and version; ``by_title`` where a file holds several, told apart by their titles.

    Raises RejectedFile for a text that is empty, too long or cannot be stored.
    """
    if not text.strip():
        raise RejectedFile("text is empty")
    check_length(text, place)
    _check_storable("text", text)
    if not by_title:
        fields = _completed(fields, place.known)
    known = replace(fields, title=fields.title or "")
    return Article(
        _identity(known, place, by_title=by_title),
        digest(text),
        known.title or "",
        text,
        source=known.source,
        author=known.author,
        published=known.published,
        updated=known.updated,
        url=known.url,
        language=language_of(text, known.language),
    )


def _completed(fields: Fields, known: Fields) -> Fields:
    """What a file does not say itself, as it is known from elsewhere."""
    return Fields(*(getattr(fields, name) or getattr(known, name) for name in Fields.__slots__))


def _identity(known: Fields, place: Place, *, by_title: bool) -> str:
    """As ``article_id``, but a site speaks for itself alone: what it says of ids and of other sites' addresses counts beside its own name."""
    where = (place.location, place.relative, known.title or "") if by_title else (place.location, place.relative)
    if place.address is None:
        return article_id(given=known.id, url=known.url, place=where)
    site = site_of(place.address)
    if known.id:
        return f"{site}/{known.id}"
    if known.url is None or site_of(known.url) == site:
        return article_id(given=None, url=known.url, place=where)
    return article_id(given=None, url=None, place=(site, canonical_url(known.url)))


def own_address(said: str | None, address: str | None) -> str | None:
    """The address that a page gives itself, where it was fetched from the same site; else where it was fetched.

    A front page that every page of a badly made site gives as its address says nothing. Where nothing was fetched, what the page says.
    """
    if address is None or said is None:
        return said
    try:
        whole = urljoin(address, said)
        bare = "/" not in canonical_url(whole) and "/" in canonical_url(address)
        return address if bare or site_of(whole) != site_of(address) else whole
    except ValueError:
        return address


def check_length(text: str, place: Place) -> None:
    """Raises RejectedFile with both numbers where the text is too long; also asked before a long page is taken apart."""
    if len(text) > place.max_chars:
        raise RejectedFile(f"text has {len(text)} characters, more than the {place.max_chars} that max_article_chars allows")


def kind_name(value: object) -> str:
    """What a JSON value is, in words."""
    return _KINDS.get(type(value), "of an unknown type")


def text_field(name: str, value: object) -> str | None:
    """The value as it stands, None for null.

    Raises RejectedFile that names the field where it is no text.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise RejectedFile(f"{name} is {kind_name(value)}, not text")
    _check_storable(name, value)
    return value


def _check_storable(name: str, value: str) -> None:
    if _UNSTORABLE.search(value):
        raise RejectedFile(f"{name} holds a NUL or half of a surrogate pair, which no text can")


def _one_line(name: str, value: object) -> str | None:
    """One line of clean text; blank is unknown."""
    text = text_field(name, value)
    return (" ".join(tidy(text).split()) or None) if text else None


def _short(name: str, value: object, warnings: list[str]) -> str | None:
    text = _one_line(name, value)
    text = (legible_name(text).strip() or None) if text else None
    longest = _LONGEST[name]
    if text is not None and len(text) > longest:
        warnings.append(f"{name} has {len(text)} characters; cut to {longest}")
        return text[: longest - 1].rstrip() + "…"
    return text


def _names(value: object) -> object:
    """Several writers may come as a list."""
    return ", ".join(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else value


def _id(value: object) -> str | None:
    """Numbers are accepted: archives number their articles."""
    text = _one_line("id", str(value) if isinstance(value, int) and not isinstance(value, bool) else value)
    if text and len(text) > _LONGEST_ID:
        raise RejectedFile(f"id has {len(text)} characters, more than {_LONGEST_ID}")
    return text


def _url(value: object, warnings: list[str]) -> str | None:
    text = _one_line("url", value)
    if text is None:
        return None
    try:
        canonical_url(text)
        if len(text) > _LONGEST_URL:
            raise ValueError(f"{len(text)} characters are more than the {_LONGEST_URL} of an address")
    except ValueError as error:
        warnings.append(f"url: {_quoted(str(error))}; taken as unknown")
        return None
    return text


def _date(name: str, value: object, warnings: list[str]) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    found = parse_date(value) if isinstance(value, str) else None
    if found is None:
        warnings.append(f"{name}: {_quoted(repr(value))} is not a date; taken as unknown")
    return found


def _language(value: object, warnings: list[str]) -> str | None:
    """What is no tag is no reason to lose an article: its words say the language."""
    first = value[0] if isinstance(value, list) and value else value
    if first is None or first == "":
        return None
    tag = primary_tag(first) if isinstance(first, str) else None
    if tag is None:
        warnings.append(f"language: {_quoted(repr(first))} is no tag such as en or de-AT; taken from the text")
    return tag


def _quoted(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
