"""Keeps files that a person gives to the app in a folder that is a source like any other; it knows no library."""

from __future__ import annotations

import os
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path, PurePosixPath
from uuid import uuid4

from rag.errors import SourceError
from rag.intake.folder import Entry, Rejection, read_file
from rag.settings import Settings

# Hidden, so that a pass over the folder skips what has not been judged yet.
_INCOMING = ".incoming"
# Bytes; most file systems allow 255.
_LONGEST_NAME = 200


def uploads_folder(settings: Settings) -> Path:
    """Where uploaded files are kept; a file of the same name replaces the one before, as a new version of its articles."""
    return settings.home / "uploads"


def keep_upload(name: str, raw: bytes, settings: Settings) -> Entry:
    """What an uploaded file holds; it is kept where it gave an article, and not where all of it was rejected.

    Raises SourceError where the folder cannot be written.
    """
    folder = uploads_folder(settings)
    waiting = folder / _INCOMING / uuid4().hex
    plain = _plain_name(name)
    if plain is None:
        return Entry(name, (), (Rejection(name, None, "the file has no name that can be kept; rename it"),))
    try:
        waiting.mkdir(parents=True)
        path = waiting / plain
        with path.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        entry = read_file(path, relative=plain, location=str(folder), settings=settings)
        if entry.articles:
            path.replace(folder / plain)
    except OSError as error:
        raise SourceError(f"{name} cannot be kept in {folder}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return replace(entry, path=plain)


def _plain_name(name: str) -> str | None:
    """The last part of a name, without what no file name should have; None where nothing is left."""
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    kept = "".join(char for char in last if char.isprintable()).strip().lstrip(".")
    stem, suffix = os.path.splitext(kept)
    while stem and len(f"{stem}{suffix}".encode()) > _LONGEST_NAME:
        stem = stem[:-1]
    return f"{stem}{suffix}" if stem else None
