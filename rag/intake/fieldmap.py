"""Finds an article's fields in anyone's export, by the names that exports use; it knows neither JSON nor CSV.

A key of the contract that is given exactly wins, then what NEWSDESK_FIELDS names, then the first usual name that has
a value. A path such as ``body.html`` goes into objects, and into the first item of a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

from rag.errors import RejectedFile
from rag.intake.decode import plain, tidy
from rag.intake.fields import Place, make_article, read_fields, text_field
from rag.intake.markup import html_to_text, looks_like_html
from rag.records import Article
from rag.settings import ARTICLE_KEYS

# Names in the order in which they are tried. ninjs, the wire agencies' JSON, gives headline, body_html, byline and versioncreated.
_USUAL: dict[str, tuple[str, ...]] = {
    "id": ("guid", "uri", "article_id", "articleId", "uuid", "_id", "guid.value"),
    "url": ("link", "canonical_url", "canonicalUrl", "webUrl", "web_url", "permalink", "href", "altids.url"),
    "title": ("headline", "title.rendered", "headline.main", "headlines.value", "name", "webTitle", "subject"),
    "source": ("outlet", "publisher", "source.name", "publisher.name", "provider", "infosources.name", "publication", "site_name", "newspaper"),
    "author": ("byline", "author.name", "authors", "authors.name", "creator", "by", "dc:creator", "byline.original", "writer"),
    "published": (
        "date", "pubDate", "published_at", "publishedAt", "datePublished", "date_published", "publication_date", "pub_date", "publish_date",
        "firstpublished", "firstcreated", "versioncreated", "webPublicationDate", "created_at", "createdAt", "created",
    ),
    "updated": ("updated_at", "updatedAt", "dateModified", "date_modified", "modified", "versioncreated", "lastmodified", "last_modified"),
    "language": ("lang", "inLanguage", "in_language", "language_code", "languageCode", "dc:language", "locale", "language.code"),
    "text": (
        "body", "content", "body_text", "bodyText", "articleBody", "content.rendered", "content_text", "body_html", "body_xhtml", "content_html",
        "bodies.value", "body.html", "body.text", "body.content", "content:encoded", "content.html", "content.text", "article", "full_text",
        "fields.bodyText", "fields.body", "description", "summary",
    ),
}  # fmt: skip
_KNOWN_KEYS = frozenset(ARTICLE_KEYS)
_MOST_NAMED = 12  # keys that a message lists


def text_path(given: Mapping[str, Any], names: tuple[tuple[str, str], ...]) -> str | None:
    """Where its text stands, None where it has none."""
    value, path = _found(given, "text", dict(names))
    return None if value is None else path


def lacking(given: Mapping[str, Any], names: tuple[tuple[str, str], ...]) -> str | None:
    """What is missing for an article, in words; None where it has a title and a text."""
    return next((_missing(key, given) for key in ("title", "text") if _found(given, key, dict(names))[0] is None), None)


def mapped_article(given: Mapping[str, Any], place: Place, *, by_title: bool) -> tuple[Article, tuple[str, ...]]:
    r"""The article and what was taken as unknown; a text under its contract key only gets NFC and ``\n``.

    Raises RejectedFile that names the keys where no title or no text is among them.
    """
    names = dict(place.names)
    values = {key: _found(given, key, names)[0] for key in ARTICLE_KEYS if key not in ("title", "text")}
    title, title_path = _found(given, "title", names)
    text, text_path = _found(given, "text", names)
    values["title"] = title if title_path == "title" else _plain_title(title)
    values["author"] = _named(values["author"])
    for key in ("published", "updated"):
        values[key] = _day(values[key])
    if values["updated"] == values["published"] and "updated" not in given:
        values["updated"] = None
    fields, warnings = read_fields(values)
    if fields.title is None:
        raise RejectedFile(_missing("title", given) if title is None else "title is empty")
    body = text_field("text", text)
    if body is None:
        raise RejectedFile(_missing("text", given))
    words = plain(body) if text_path == "text" else _prose(body)
    return make_article(fields, words, place=place, by_title=by_title), warnings


def _found(given: Mapping[str, Any], key: str, names: Mapping[str, str]) -> tuple[Any, str | None]:
    """The value and the path that led to it."""
    if key in names:
        return _at(given, names[key]), names[key]
    if key in given and (given[key] is not None or key in ("title", "text")) and _is_plain(key, given[key]):
        return given[key], key
    blank: tuple[Any, str | None] = (None, None)
    for path in _USUAL[key]:
        value = _at(given, path)
        if value == "":
            blank = (value, path)
        elif value is not None and _is_plain(key, value):
            return value, path
    return blank if _is_plain(key, given.get(key)) else (given[key], key)


def _is_plain(key: str, value: Any) -> bool:
    """Not an object or a list of objects, which a longer path may look into; writers may be that."""
    inside = value[0] if isinstance(value, list) and value else value
    return key == "author" or not isinstance(inside, dict)


def _at(given: Any, path: str) -> Any:
    """What stands at the path, None where there is nothing; a key that has a dot in its name is tried whole."""
    if isinstance(given, dict) and path in given:
        return given[path]
    value = given
    for step in path.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _named(value: Any) -> Any:
    """Writers may come as objects with a name."""
    if isinstance(value, dict):
        return value.get("name")
    if isinstance(value, list):
        names = [item.get("name") if isinstance(item, dict) else item for item in value]
        return [name for name in names if name]
    return value


def _day(value: Any) -> Any:
    """Seconds or milliseconds since 1970 as a date; other values as they are, to be judged as dates are."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 10**8 <= value < 10**14:
        return datetime.fromtimestamp(value / 1000 if value >= 10**11 else value, UTC).isoformat()
    return value


def _plain_title(value: Any) -> Any:
    if not isinstance(value, str) or not ("<" in value or "&" in value):
        return value
    return html_to_text(value) if looks_like_html(value) else unescape(value)


def _prose(body: str) -> str:
    return html_to_text(body) if looks_like_html(body) else tidy(body).strip("\n")


def _missing(key: str, given: Mapping[str, Any]) -> str:
    if not set(given) - _KNOWN_KEYS:
        return f"{key} is missing"
    shown = ", ".join(str(name)[:40] for name in list(given)[:_MOST_NAMED])
    more = f" and {len(given) - _MOST_NAMED} more" if len(given) > _MOST_NAMED else ""
    return f"{key} is missing; the keys are {shown}{more}; say which one it is in NEWSDESK_FIELDS, as {key}=KEY"
