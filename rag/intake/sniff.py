"""Tells a file's format by its content; the suffix only decides between formats that look alike. Nothing is opened here."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import PurePosixPath

from rag.errors import RejectedFile
from rag.intake.archive import open_archive

HEAD = 4096  # bytes
_NAMES = {
    ".pdf": "a PDF",
    ".docx": "a Word document",
    ".epub": "an EPUB",
    ".zip": "a zip archive",
    ".html": "an HTML page",
    ".eml": "a mail",
    ".mbox": "a mailbox",
    ".json": "JSON",
    ".jsonl": "JSON lines",
}
# Suffixes that mean the same format.
_SAME = {".htm": ".html", ".xhtml": ".html", ".tsv": ".csv"}
_BINARY = frozenset([".pdf", ".docx", ".epub", ".zip"])
_TEXT = frozenset([".md", ".txt", ".csv", ".tsv"])
_REFUSED = (
    (b"{\\rtf", "a rich-text file; save it as .docx"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a file of an old Office program (.doc, .xls or .msg); save it as .docx"),
    (b"\x1f\x8b", "packed with gzip; unpack it, or pack it as a zip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it, or pack it as a zip"),
    (b"Rar!\x1a\x07", "a rar archive; unpack it, or pack it as a zip"),
)
_HTML = re.compile(rb"(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,1000}?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL)
_FIELD = re.compile(rb"([A-Za-z][A-Za-z-]{1,60}):[ \t]?[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n")
_MAIL_ONLY = frozenset([b"mime-version", b"message-id", b"received", b"return-path", b"delivered-to", b"dkim-signature"])


def recognise(raw: bytes, suffix: str) -> tuple[str, str | None]:
    """The suffix of the format that the content is in, and a warning where the file's own suffix says another.

    Raises RejectedFile for what is known to be none of the formats, or is not what its suffix says and nothing else either.
    """
    claimed = _SAME.get(suffix, suffix)
    start = raw[:HEAD].lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    found = _by_magic(raw, start, claimed) or _by_words(raw, start, claimed)
    if found is None or found == claimed:
        if claimed in _BINARY and found is None:
            raise RejectedFile(f"not {_NAMES[claimed]}, whatever its suffix says")
        return suffix, None
    return found, f"{_NAMES[found]}, whatever its suffix says; read as {found}"


def shows_format(head: bytes) -> bool:
    """Whether the first bytes are those of a format that is told by content alone, under any suffix."""
    start = head.lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    magic = (b"%PDF-", b"PK\x03\x04", b"From ", *(known for known, _ in _REFUSED))
    return start.startswith(magic) or _HTML.match(start) is not None or _mail_fields(start)


def _by_magic(raw: bytes, start: bytes, claimed: str) -> str | None:
    for magic, what in _REFUSED:
        if start.startswith(magic):
            raise RejectedFile(what)
    # A PDF may begin with a few bytes of something else; text that quotes one does not begin with it.
    if start.startswith(b"%PDF-") or (claimed == ".pdf" and b"%PDF-" in raw[:1024]):
        return ".pdf"
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(raw, claimed)
    return None


def _in_zip(raw: bytes, claimed: str) -> str | None:
    """Office documents and books are zip archives too; an archive under a suffix that nobody knows stays unknown."""
    names = set(open_archive(raw).namelist())
    if "word/document.xml" in names:
        return ".docx"
    if "META-INF/container.xml" in names and any(name.endswith(".opf") for name in names):
        return ".epub"
    if {"xl/workbook.xml", "ppt/presentation.xml"} & names:
        raise RejectedFile("a spreadsheet or presentation, which holds no article; export it as .csv or .docx")
    if {"content.xml", "META-INF/manifest.xml"} <= names:
        raise RejectedFile("an OpenDocument file; save it as .docx")
    if claimed in (".docx", ".epub"):
        raise RejectedFile(f"a zip archive without the parts of {_NAMES[claimed]}")
    return ".zip" if claimed in _BINARY | _TEXT | {".json", ".jsonl", ".html", ".eml"} else None


def _by_words(raw: bytes, start: bytes, claimed: str) -> str | None:
    if _HTML.match(start):
        return ".html"
    if claimed in (".json", ".jsonl", ".txt") and start[:1] in (b"{", b"["):
        return _json_kind(raw, claimed)
    if claimed in (".csv", ".json", ".jsonl"):
        return None
    if raw.startswith(b"From ") and _FIELD.match(raw[:HEAD].partition(b"\n")[2]):
        return ".mbox"
    if claimed not in (".mbox", ".md") and _mail_fields(start):
        return ".eml"
    return None


def _json_kind(raw: bytes, claimed: str) -> str | None:
    """One value, or a value a line; None for what is no JSON, so that the reader of the suffix says what is wrong."""
    first, _, rest = raw.lstrip(codecs.BOM_UTF8 + b" \t\r\n").partition(b"\n")
    if _parses(first):
        lines = rest.strip().partition(b"\n")[0]
        if first.startswith(b"{") and (_parses(lines) if lines else claimed != ".json"):
            return ".jsonl"
        return ".json" if not lines else None
    if claimed == ".jsonl" and rest.lstrip().startswith(b"{"):
        return None  # a bad first line is reported as such
    return ".json" if rest and _parses(raw.strip()) else None


def _parses(raw: bytes) -> bool:
    try:
        return isinstance(json.loads(raw.decode("utf-8-sig")), (dict, list))
    except (ValueError, RecursionError):
        return False


def _mail_fields(start: bytes) -> bool:
    """Whether header fields stand at the top, among them one that only mails have."""
    at, names = 0, set()
    while found := _FIELD.match(start, at):
        names.add(found[1].lower())
        at = found.end()
    return len(names) >= 3 and bool(names & _MAIL_ONLY) and bool(names & {b"from", b"subject"})


def suffix_of(name: str) -> str:
    """The suffix in lower case, empty for none."""
    return PurePosixPath(name).suffix.lower()
