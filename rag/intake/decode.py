"""Turns a file's bytes into clean Unicode text; it knows nothing of articles.

UTF-8 and UTF-16 with its mark are taken as they say. Anything else is read as Windows-1252 only where the
outcome looks like writing, since that encoding gives some character for nearly every byte of any file.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from rag.errors import RejectedFile

# A file's true nature, where the suffix says text but the first bytes do not.
_SIGNATURES = {b"%PDF-": "a PDF", b"{\\rtf": "a rich-text file", b"<!doctype html": "an HTML page", b"<html": "an HTML page"}
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_TYPOGRAPHY = frozenset("‘’‚“”„•–—…€£¢¥§©®°±·«»¡¿†‡™½¼¾²³×\u00a0")
# Real text has hardly any control characters; a file of machine code or compressed data has about one in eight bytes.
_CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_MOST_CONTROLS = 0.01
# Western European languages stay under a tenth; Cyrillic, Greek or Japanese bytes read as Windows-1252 go far above a third.
_MOST_ACCENTED = 0.33


def decode(raw: bytes, *, markup: bool = False) -> tuple[str, str | None]:
    """The text, and a warning where some guessing was needed; ``markup`` where a PDF's or HTML's first words are no surprise.

    Raises RejectedFile for what is not text or is in an encoding that cannot be told.
    """
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if raw.startswith(mark):
            return _utf16(raw), None
    refuse_binary(raw, markup=markup)
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return guess(raw)


def _utf16(raw: bytes) -> str:
    try:
        text = raw.decode("utf-16")
    except UnicodeDecodeError as error:
        raise RejectedFile(f"marked as UTF-16 but broken at byte {error.start}; save it as UTF-8") from error
    if "\0" in text:
        raise RejectedFile("binary, not text")
    return text


def refuse_binary(raw: bytes, *, markup: bool = False) -> None:
    """Raises RejectedFile for bytes that no text in UTF-8 or Windows-1252 has."""
    start = raw[:64].lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    for signature, what in _SIGNATURES.items():
        if not markup and start.startswith(signature.lower()):
            raise RejectedFile(f"{what}, whatever its suffix says; save the article as plain text")
    if b"\0" in raw:
        raise RejectedFile("binary, or UTF-16 without its mark; save it as UTF-8")
    controls = len(raw) - len(raw.translate(None, _CONTROL_BYTES))
    if controls > max(4, _MOST_CONTROLS * len(raw)):
        raise RejectedFile(f"binary: {controls} of {len(raw)} bytes are control characters")


def guess(raw: bytes) -> tuple[str, str]:
    """Either UTF-8 with a few broken bytes, or Windows-1252, with a warning that says which.

    Raises RejectedFile where it is neither.
    """
    mended = raw.decode("utf-8-sig", errors="replace")
    broken = mended.count("\ufffd")
    if sum(ord(char) > 127 for char in mended) - broken > broken:
        return mended, f"{broken} bytes are not UTF-8; each stands as \ufffd"
    try:
        text = raw.decode("windows-1252")
    except UnicodeDecodeError as error:
        raise RejectedFile("neither UTF-8 nor Windows-1252; save it as UTF-8") from error
    foreign = [char for char in text if ord(char) > 127]
    written = sum(char.isalpha() or char in _TYPOGRAPHY for char in foreign)
    if len(foreign) > _MOST_ACCENTED * len(text) or written < 0.9 * len(foreign):
        raise RejectedFile("neither UTF-8 nor plausible Windows-1252; save it as UTF-8")
    return text, "not UTF-8; read as Windows-1252"


def tidy(text: str) -> str:
    r"""NFC, ``\n`` line ends, and no control characters but ``\n`` and ``\t``."""
    return _CONTROLS.sub("", plain(_LINE_ENDS.sub("\n", text)))


def plain(text: str) -> str:
    r"""NFC and ``\n`` line ends, nothing else: whoever wrote a JSON line can count the same offsets."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
