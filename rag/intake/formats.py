"""One reader for each file suffix: bytes in, articles and what was wrong out; it opens no files."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from rag.errors import RejectedFile
from rag.intake.boilerplate import clean_page
from rag.intake.decode import decode, plain, refuse_binary, tidy
from rag.intake.fields import Place, check_length, kind_name, make_article, read_fields, text_field
from rag.intake.markdown import plain_prose, split_front_matter
from rag.intake.reading import Reading, Remark
from rag.intake.web import read_html
from rag.records import Article

_LONGEST_TITLE_LINE = 120  # characters of a first line that may be a title


def read_markdown(raw: bytes, place: Place) -> Reading:
    """Markdown with optional YAML front matter; no boilerplate is looked for, since somebody wrote the file as it is.

    Raises RejectedFile.
    """
    text, warning = _decoded(raw, place)
    given, body = split_front_matter(text)
    fields, warnings = read_fields(given)
    heading, prose = plain_prose(body)
    if fields.title is not None and heading is not None and heading != fields.title:
        prose = f"{heading}\n\n{prose}"
    title = fields.title or heading
    if title is None:
        title, prose = _title_line(prose)
    article = make_article(replace(fields, title=title or _name(place)), prose, place=place, by_title=False)
    return Reading((article,), warnings=_remarks(None, warning, *warnings))


def read_page(raw: bytes, place: Place) -> Reading:
    """A web page that was saved as plain text, without what surrounded the article.

    Raises RejectedFile.
    """
    text, warning = _decoded(raw, place)
    page = clean_page(text)
    # A page that is all headings or all furniture is kept whole: better a stray link than a lost article.
    kept = page.text if page.text.strip() else text.strip("\n")
    given = {"title": page.title or _name(place), "source": page.source, "author": page.author}
    fields, warnings = read_fields(given | {"published": page.published, "updated": page.updated})
    article = make_article(fields, kept, place=place, by_title=False)
    return Reading((article,), warnings=_remarks(None, warning, *warnings))


def read_json_lines(raw: bytes, place: Place) -> Reading:
    r"""An article a line; a line's text gets only NFC and ``\n`` line ends, so that its writer can count offsets.

    Raises RejectedFile for a file that is no text at all; a bad line is reported and the others go in.
    """
    articles: list[Article] = []
    rejected: list[Remark] = []
    warnings: list[Remark] = []
    for number, line in enumerate(_lines(raw), start=1):
        if not line.strip():
            continue
        try:
            text, warning = decode(line)
            article, more = _from_line(text, place)
        except RejectedFile as error:
            rejected.append(Remark(number, str(error)))
            continue
        articles.append(article)
        warnings += _remarks(number, warning, *more)
    if not articles and not rejected:
        raise RejectedFile("text is empty")
    return Reading(tuple(articles), tuple(rejected), tuple(warnings))


# The place for the next format: its suffix, and a function from bytes to a Reading.
READERS: dict[str, Callable[[bytes, Place], Reading]] = {
    ".md": read_markdown,
    ".txt": read_page,
    ".jsonl": read_json_lines,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
}


def _decoded(raw: bytes, place: Place) -> tuple[str, str | None]:
    decoded, warning = decode(raw)
    text = tidy(decoded)
    check_length(text, place)
    return text, warning


def _lines(raw: bytes) -> list[bytes]:
    """Lines one by one, since one that is not UTF-8 must not spoil the others; U+2028 may stand inside a JSON line."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = decode(raw)[0].encode()
    refuse_binary(raw)
    return raw.split(b"\n")


def _from_line(line: str, place: Place) -> tuple[Article, tuple[str, ...]]:
    try:
        given = json.loads(line)
    except json.JSONDecodeError as error:
        raise RejectedFile(f"not JSON: {error.msg} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise RejectedFile("not JSON that can be read: a number too long, or nested too deeply") from error
    if not isinstance(given, dict):
        raise RejectedFile(f"{kind_name(given)}, not an object with title and text")
    fields, warnings = read_fields(given)
    if fields.title is None:
        raise RejectedFile("title is missing" if given.get("title") is None else "title is empty")
    text = text_field("text", given.get("text"))
    if text is None:
        raise RejectedFile("text is missing")
    return make_article(fields, plain(text), place=place, by_title=True), warnings


def _title_line(prose: str) -> tuple[str | None, str]:
    """The first line where it stands alone and does not end like a sentence."""
    first, _, rest = prose.partition("\n\n")
    if rest.strip() and "\n" not in first and len(first) <= _LONGEST_TITLE_LINE and not first.rstrip().endswith((".", ":", ",", ";")):
        return first.strip(), rest.lstrip("\n")
    return None, prose


def _name(place: Place) -> str:
    """A title out of the file's name, for want of a better one."""
    stem = PurePosixPath(place.relative).stem
    words = " ".join(stem.replace("-", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:] or stem


def _remarks(line: int | None, *reasons: str | None) -> tuple[Remark, ...]:
    return tuple(Remark(line, reason) for reason in reasons if reason)
