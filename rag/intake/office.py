"""Reads Word documents (.docx) and electronic books (.epub), zip archives of XML both; it runs in the parsing process."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

import mammoth

from rag.errors import RejectedFile
from rag.intake.archive import Budget, open_archive, read_member
from rag.intake.decode import decode
from rag.intake.fields import Place, make_article, read_fields
from rag.intake.markup import html_to_text, parse_xml, refuse_entities
from rag.intake.reading import Reading, Remark, name_of, remarks, title_line, without_title
from rag.records import Article

_UNPACKED = 200_000_000  # bytes of all parts together
_PART = 50_000_000
_SHORT_BOOK = 3000  # characters; a single article that a program saved as a book
_SHORTEST_CHAPTER = 200  # characters; covers, half titles and imprints are shorter
_MOST_CHAPTERS = 2000
_HEADING = re.compile(r"<h[1-3][^>]*>(.*?)</h[1-3]>", re.IGNORECASE | re.DOTALL)


def read_docx(raw: bytes, place: Place) -> Reading:
    """One article a document: its paragraphs, lists and tables, without pictures and comments.

    Raises RejectedFile.
    """
    parts = _Parts(raw, "a Word document")
    for name in parts.names():
        if name.endswith((".xml", ".rels")):
            refuse_entities(parts.read(name), name)
    try:
        html = mammoth.convert_to_html(
            BytesIO(raw), style_map="p[style-name='Title'] => h1:fresh", convert_image=mammoth.images.img_element(lambda image: {})
        ).value
    except MemoryError:
        raise
    except Exception as error:  # mammoth lets whatever its parsers meet pass through
        raise RejectedFile(f"a Word document that is broken: {str(error)[:200] or type(error).__name__}") from error
    core = _core(parts)
    heading = _HEADING.search(html)
    text = html_to_text(html)
    title = core.get("title") or (html_to_text(heading[1]) if heading else None)
    if title is None:
        title, text = title_line(text)
    fields, warnings = read_fields(core | {"title": title or name_of(place)})
    return Reading(
        (make_article(fields, without_title(fields.title or "", text), place=place, by_title=False),), warnings=remarks(None, *warnings)
    )


def read_epub(raw: bytes, place: Place) -> Reading:
    """An article for each chapter, in reading order; a short book, or one without chapters, is a single article.

    Raises RejectedFile.
    """
    parts = _Parts(raw, "an EPUB")
    if "META-INF/encryption.xml" in parts.names() and b"EncryptedData" in parts.read("META-INF/encryption.xml"):
        raise RejectedFile("an EPUB that is protected against reading; take the protection off")
    container = parse_xml(parts.read("META-INF/container.xml"), "META-INF/container.xml")
    package = next((element.get("full-path") for element in container.iter("{*}rootfile")), None)
    if not package:
        raise RejectedFile("an EPUB that names no package file")
    opf = parse_xml(parts.read(package), package)
    book = {
        key: _dublin(opf, name) for key, name in (("title", "title"), ("author", "creator"), ("published", "date"), ("source", "publisher"))
    }
    chapters, rejected = _chapters(opf, posixpath.dirname(package), parts)
    if not chapters:
        raise RejectedFile("an EPUB whose chapters hold no text")
    if sum(len(text) for _, _, text in chapters) <= _SHORT_BOOK or len(chapters) == 1:
        whole = "\n\n".join(text for _, _, text in chapters)
        fields, warnings = read_fields(book | {"title": book["title"] or chapters[0][1] or name_of(place)})
        article = make_article(fields, without_title(fields.title or "", whole), place=place, by_title=False)
        return Reading((article,), tuple(rejected), remarks(None, *warnings))
    return _by_chapter(book, chapters, place, rejected)


def _by_chapter(book: dict[str, str | None], chapters: list[tuple[str, str | None, str]], place: Place, rejected: list[Remark]) -> Reading:
    """Each chapter is told by its file inside the book, so that a new edition's chapters are versions of the old."""
    articles: list[Article] = []
    warnings: list[Remark] = []
    for number, (path, heading, text) in enumerate(chapters, start=1):
        if len(text) < _SHORTEST_CHAPTER:
            continue
        title = heading or f"{book['title'] or name_of(place)}, part {number}"
        try:
            fields, more = read_fields(book | {"title": title})
            inside = replace(place, relative=f"{place.relative}#{path}")
            articles.append(make_article(fields, without_title(title, text), place=inside, by_title=False))
            warnings += [] if warnings else remarks(None, *more)
        except RejectedFile as error:
            rejected.append(Remark(None, f"{path}: {error}"))
    if not articles and not rejected:
        raise RejectedFile("an EPUB whose chapters hold no text")
    return Reading(tuple(articles), tuple(rejected), tuple(warnings))


def _chapters(opf: Any, base: str, parts: _Parts) -> tuple[list[tuple[str, str | None, str]], list[Remark]]:
    """(path, heading, text) along the spine; a chapter that cannot be read is reported."""
    items = {item.get("id"): item for item in opf.iter("{*}item")}
    found: list[tuple[str, str | None, str]] = []
    rejected: list[Remark] = []
    seen: set[str] = set()
    for reference in list(opf.iter("{*}itemref"))[:_MOST_CHAPTERS]:
        item = items.get(reference.get("idref"))
        if item is None or reference.get("linear") == "no" or "nav" in (item.get("properties") or "").split():
            continue
        path = posixpath.normpath(posixpath.join(base, unquote(item.get("href") or "").partition("#")[0]))
        if path in seen or "html" not in (item.get("media-type") or ""):
            continue
        seen.add(path)
        try:
            html = decode(parts.read(path), markup=True)[0]
            text = html_to_text(html)
        except RejectedFile as error:
            rejected.append(Remark(None, f"{path}: {error}"))
            continue
        heading = _HEADING.search(html)
        if text:
            found.append((path, (html_to_text(heading[1]).replace("\n", " ") or None) if heading else None, text))
    return found, rejected


class _Parts:
    """Owns the open archive and what may still be unpacked of it."""

    def __init__(self, raw: bytes, what: str) -> None:
        self._archive: ZipFile = open_archive(raw)
        self._budget = Budget(_UNPACKED)
        self._what = what

    def names(self) -> list[str]:
        return self._archive.namelist()

    def read(self, name: str) -> bytes:
        try:
            info = self._archive.getinfo(name)
        except KeyError as error:
            raise RejectedFile(f"{self._what} without its part {name[:200]}") from error
        try:
            return read_member(self._archive, info, limit=_PART, budget=self._budget)
        except RejectedFile as error:
            raise RejectedFile(f"{self._what} whose part {name[:200]} is {error}") from error


def _core(parts: _Parts) -> dict[str, str | None]:
    """Title, writer and days out of the document's properties."""
    if "docProps/core.xml" not in parts.names():
        return {}
    root = parse_xml(parts.read("docProps/core.xml"), "docProps/core.xml")
    created, modified = _dublin(root, "created"), _dublin(root, "modified")
    return {
        "title": _dublin(root, "title"),
        "author": _dublin(root, "creator"),
        "published": created,
        "updated": modified if modified and created and modified[:10] > created[:10] else None,
    }


def _dublin(root: Any, name: str) -> str | None:
    """The first element of that name with words in it."""
    texts = (" ".join("".join(element.itertext()).split()) for element in root.iter(f"{{*}}{name}"))
    return next((text for text in texts if text), None)
