"""Reads the text of a PDF as paragraphs; it runs in the parsing process, since pypdf may take long over a hostile file.

Dropped: page numbers, and lines that head or foot the pages again and again. Words broken at a line end are mended.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from rag.errors import RejectedFile
from rag.intake.decode import tidy
from rag.intake.fields import Place, check_length, make_article, read_fields
from rag.intake.lines import split_units
from rag.intake.masthead import read_masthead
from rag.intake.reading import Reading, name_of, remarks, title_line, without_title

_MOST_PAGES = 2000
# Of the pages; a running head often stands on left pages only, and not on the first.
_RUNNING = 0.4
_EDGE = 2  # lines at the top and at the foot that may be running ones
_LONGEST_RUNNING = 120  # characters
_NUMBER = re.compile(r"\W*(?:(?:page|seite|p\.)\s*)?#(?:\s*(?:of|von|/)\s*#)?\W*", re.IGNORECASE)
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_BROKEN = re.compile(r"[^\W\d_]{2,}[-\u00ad\u2010]$")
_ENDS = (".", "!", "?", ":", "”", '"', "’", ")")
_SHORT = 0.75  # of the width: in a proportional font a full line still reaches it
# What programs write where nobody gave a title or a name.
_NO_TITLE = re.compile(
    r"(?:microsoft \w+ - .*|untitled.*|unknown|document\d*|title|.*\.(?:docx?|indd|qxd|pdf|odt|rtf|tex|html?|pages|xlsx?))", re.IGNORECASE
)
_NO_AUTHOR = re.compile(
    r"(?:user|admin\w*|administrator|owner|unknown|author|anonymous|root|.*\b(?:microsoft|adobe|indesign|latex|word)\b.*)", re.IGNORECASE
)


def read_pdf(raw: bytes, place: Place) -> Reading:
    """One article a file; what its metadata says of title, writer and date is taken where it is sensible.

    Raises RejectedFile for a PDF that is encrypted, broken, too long, or pictures only.
    """
    try:
        reader = PdfReader(BytesIO(raw))
        _decrypt(reader)
        pages = _pages(reader, place)
        meta = _metadata(reader)
    except RejectedFile:
        raise
    except DependencyError as error:
        raise RejectedFile("a PDF that is encrypted in a way that cannot be read; take the protection off") from error
    except (
        PyPdfError,
        RecursionError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        AssertionError,
        NotImplementedError,
    ) as error:
        # pypdf raises nearly anything on a file that was cut off or made to confuse.
        raise RejectedFile(f"a PDF that is broken or beyond what is read: {str(error)[:200] or type(error).__name__}") from error
    text = paragraphs(pages)
    if not text.strip():
        raise RejectedFile(f"a PDF of pictures without text ({len(pages)} pages); run text recognition (OCR) over it first")
    head = read_masthead(split_units(text[:20_000]))
    line, rest = title_line(text)
    title = meta["title"] or line or name_of(place)
    prose = rest if line is not None and not meta["title"] else without_title(title, text)
    given = {
        "title": title,
        "author": head.author or meta["author"],
        "published": head.published or meta["published"],
        "updated": head.updated,
    }
    fields, warnings = read_fields(given)
    dated = "published: the day on which the PDF was made" if meta["published"] and not head.published else None
    return Reading((make_article(fields, prose, place=place, by_title=False),), warnings=remarks(None, dated, *warnings))


def _decrypt(reader: PdfReader) -> None:
    """Many a PDF is encrypted against changes only and opens with an empty password."""
    if reader.is_encrypted and not reader.decrypt(""):
        raise RejectedFile("a PDF that asks for a password; take the protection off")


def _pages(reader: PdfReader, place: Place) -> list[list[str]]:
    """The lines of each page, page by page, so that a text that is too long is noticed early."""
    if len(reader.pages) > _MOST_PAGES:
        raise RejectedFile(f"a PDF of {len(reader.pages)} pages, more than {_MOST_PAGES}; split it")
    pages: list[list[str]] = []
    length = 0
    for page in reader.pages:
        text = tidy(page.extract_text())
        length += len(text)
        if length > 2 * place.max_chars:
            check_length(text[:1] * length, place)
        text = _LIGATURES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
        pages.append([" ".join(line.split()) for line in text.split("\n")])
    return pages


def _metadata(reader: PdfReader) -> dict[str, str | None]:
    info: Any = reader.metadata or {}
    title, author = (" ".join(str(info.get(key) or "").split()) for key in ("/Title", "/Author"))
    made = re.match(r"D:(\d{4})(\d\d)(\d\d)", str(info.get("/CreationDate") or ""))
    return {
        "title": title if " " in title and not _NO_TITLE.fullmatch(title[:500]) else None,
        "author": author if author and not _NO_AUTHOR.fullmatch(author[:500]) else None,
        "published": "-".join(made.groups()) if made and "1990" <= made[1] <= "2100" else None,
    }


def paragraphs(pages: Sequence[Sequence[str]]) -> str:
    """The paragraphs of all pages, separated by blank lines; a paragraph may go on over a page's end."""
    lines = list(_body(pages))
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[int(len(lengths) * 0.9)] if lengths else 0
    known = Counter(re.findall(r"[^\W_]+(?:-[^\W_]+)*", " ".join(lines).lower()))
    found: list[str] = []
    last = ""
    for line in lines:
        if line and last and not _ends_paragraph(last, line, width):
            found[-1] = _joined(found[-1], line, known)
        elif line:
            found.append(line)
        last = line
    return "\n\n".join(found)


def _body(pages: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines without running heads, feet and page numbers; a page's end is no paragraph's end."""
    edges = [_edges(page) for page in pages]
    counts = Counter(shape for page, edge in zip(pages, edges, strict=True) for shape in {_shape(page[i]) for i in edge})
    for page, edge in zip(pages, edges, strict=True):
        dropped = {i for i in edge if _is_running(page[i], counts, len(pages))}
        kept = [line for i, line in enumerate(page) if i not in dropped]
        while kept and not kept[-1]:
            kept.pop()
        while kept and not kept[0]:
            kept.pop(0)
        yield from kept


def _edges(page: Sequence[str]) -> set[int]:
    filled = [i for i, line in enumerate(page) if line]
    return {i for i in (*filled[:_EDGE], *filled[-_EDGE:]) if len(page[i]) <= _LONGEST_RUNNING}


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", line)


def _is_running(line: str, counts: Counter[str], pages: int) -> bool:
    times = counts[_shape(line)]
    return (times >= 2 and _NUMBER.fullmatch(_shape(line)) is not None) or times >= max(2, _RUNNING * pages)


def _ends_paragraph(last: str, line: str, width: int) -> bool:
    """A short line ends its paragraph where it ends like a sentence, or where the next begins like one."""
    if _BROKEN.search(last[-60:]) and line[:1].islower():
        return False
    return len(last) < _SHORT * width and (last.endswith(_ENDS) or not line[:1].islower())


def _joined(text: str, line: str, known: Counter[str]) -> str:
    """A hyphen at the line's end stays where the compound is written with one elsewhere, or joins two names."""
    broken = _BROKEN.search(text[-60:])
    if broken is None:
        return f"{text} {line}"
    head, tail = broken[0][:-1], re.match(r"[^\W_]*", line)
    rest = tail[0] if tail else ""
    if not rest[:1].islower() and not (head.isupper() and rest.isupper()):
        return text + line
    hyphened = known[f"{head}-{rest}".lower()] > known[f"{head}{rest}".lower()] and not text.endswith("\u00ad")
    return text + line if hyphened else text[:-1] + line
