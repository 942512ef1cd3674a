"""One reader for each file suffix: bytes in, articles and what was wrong out; it opens no files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rag.intake.boilerplate import clean_page
from rag.intake.bounded import in_worker
from rag.intake.decode import decode, tidy
from rag.intake.fields import Place, check_length, make_article, read_fields
from rag.intake.markdown import plain_prose, split_front_matter
from rag.intake.reading import Reading, Remark, name_of, remarks, title_line
from rag.intake.sniff import recognise, suffix_of
from rag.intake.tables import read_json, read_json_lines, read_table
from rag.intake.web import read_html

__all__ = ["ARCHIVE", "KNOWN", "READERS", "Reading", "Remark", "format_of"]


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
        title, prose = title_line(prose)
    article = make_article(replace(fields, title=title or name_of(place)), prose, place=place, by_title=False)
    return Reading((article,), warnings=remarks(None, warning, *warnings))


def read_page(raw: bytes, place: Place) -> Reading:
    """A web page that was saved as plain text, without what surrounded the article.

    Raises RejectedFile.
    """
    text, warning = _decoded(raw, place)
    page = clean_page(text)
    # A page that is all headings or all furniture is kept whole: better a stray link than a lost article.
    kept = page.text if page.text.strip() else text.strip("\n")
    given = {"title": page.title or name_of(place), "source": page.source, "author": page.author}
    fields, warnings = read_fields(given | {"published": page.published, "updated": page.updated})
    article = make_article(fields, kept, place=place, by_title=False)
    return Reading((article,), warnings=remarks(None, warning, *warnings))


# The place for the next format: its suffix, and a function from bytes to a Reading.
READERS: dict[str, Callable[[bytes, Place], Reading]] = {
    ".md": read_markdown,
    ".txt": read_page,
    ".jsonl": read_json_lines,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".json": read_json,
    ".csv": read_table,
    ".tsv": read_table,
    ".pdf": in_worker(".pdf"),
    ".docx": in_worker(".docx"),
    ".epub": in_worker(".epub"),
    ".eml": in_worker(".eml"),
    ".mbox": in_worker(".mbox"),
}
ARCHIVE = ".zip"  # holds files of these formats; opened by ``folder``, since its members have places of their own
_ALL = [*READERS, ARCHIVE]
KNOWN = " and ".join([", ".join(_ALL[:-1]), _ALL[-1]])


def format_of(raw: bytes, name: str) -> tuple[str | None, str | None]:
    """The suffix whose reader reads the content, None for no known one, and a warning where the name's own suffix says another.

    Raises RejectedFile for what is known to be no article.
    """
    suffix = suffix_of(name)
    found, warning = recognise(raw, suffix)
    if found in READERS or found == ARCHIVE:
        return found, warning
    return (suffix if suffix in READERS else None), None


def _decoded(raw: bytes, place: Place) -> tuple[str, str | None]:
    decoded, warning = decode(raw)
    text = tidy(decoded)
    check_length(text, place)
    return text, warning
