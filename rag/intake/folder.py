"""Lists the files of a source and reads each into articles; nothing that is wrong with one file stops the others.

Only regular files are opened, and never more of one than the limit: a pipe, a device or an endless file cannot hang a sync.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag.errors import RejectedFile, SourceError
from rag.intake.fields import Place
from rag.intake.formats import READERS
from rag.intake.reading import Remark
from rag.records import Article
from rag.settings import Settings

_KNOWN = " and ".join([", ".join(list(READERS)[:-1]), list(READERS)[-1]])
_MEGABYTE = 1_000_000
# A README tells of the folder and is no article of it; named as a source of its own it is read.
_ABOUT_THE_FOLDER = re.compile(r"readme(\.\w+)?$", re.IGNORECASE)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # absent on Windows


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a file, or a line of it, was left out; as a warning, what was taken as unknown."""

    path: str
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one file of a source gave; ``path`` is relative to the source, the file's name where the source is one file."""

    path: str
    articles: tuple[Article, ...]
    rejections: tuple[Rejection, ...] = ()
    warnings: tuple[Rejection, ...] = ()


def list_files(location: Path) -> list[Path]:
    """Every file of the source in order of its relative path; hidden files and folders and README files are skipped.

    Links are listed but folders behind them not entered; ``read_file`` judges them, and folders that cannot be listed, which stand here too.
    Raises SourceError where the source is missing, unreadable, or neither a folder nor a file.
    """
    try:
        mode = location.stat().st_mode
        if stat.S_ISREG(mode):
            return [location.resolve()]  # a source that is itself a link was named on purpose
        if not stat.S_ISDIR(mode):
            raise SourceError(f"{location} is neither a folder nor a file. Name a folder of articles, or one .md, .txt or .jsonl file.")
        with os.scandir(location):
            pass
    except FileNotFoundError as error:
        raise SourceError(f"{location} does not exist. Check the path, or remove the source.") from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{location} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    return sorted(_walk(location), key=lambda path: path.relative_to(location).as_posix())


def _walk(location: Path) -> Iterator[Path]:
    unlisted: list[Path] = []
    for folder, subfolders, names in os.walk(location, onerror=lambda error: unlisted.append(Path(error.filename))):
        here = Path(folder)
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        yield from (here / name for name in subfolders if (here / name).is_symlink())
        yield from (here / name for name in names if not name.startswith(".") and not _ABOUT_THE_FOLDER.match(name))
    yield from unlisted


def read_source(location: Path, *, name: str, settings: Settings) -> Iterator[Entry]:
    """Every file of the source, read; ``name`` is what identities call the source.

    Raises SourceError as ``list_files`` does, before the first entry.
    """
    files = list_files(location)
    for path in files:
        relative = path.relative_to(location).as_posix() if location.is_dir() else path.name
        yield read_file(path, relative=relative, location=name, settings=settings)


def read_file(path: Path, *, relative: str, location: str, settings: Settings) -> Entry:
    """The articles of one file, with the reason for each line or file that gave none; it raises nothing."""
    shown = relative.encode("utf-8", "backslashreplace").decode()
    try:
        if shown != relative:
            raise RejectedFile("the file's name is not UTF-8; rename it")
        reader = READERS.get(path.suffix.lower())
        _check_place(path, relative)
        if reader is None:
            raise RejectedFile(f"{_unknown(path)}; Newsdesk reads {_KNOWN}")
        raw = _read_bytes(path, settings.max_file_mb)
        if not raw:
            raise RejectedFile("the file is empty")
        reading = reader(raw, Place(location, relative, settings.max_article_chars))
    except RejectedFile as error:
        return Entry(shown, (), (Rejection(shown, None, str(error)),))
    except OSError as error:
        return Entry(shown, (), (Rejection(shown, None, f"cannot be read: {error.strerror or error}"),))
    return Entry(shown, reading.articles, _at(shown, reading.rejected), _at(shown, reading.warnings))


def _at(path: str, remarks: tuple[Remark, ...]) -> tuple[Rejection, ...]:
    return tuple(Rejection(path, remark.line, remark.reason) for remark in remarks)


def _unknown(path: Path) -> str:
    return f"unknown format {path.suffix.lower()}" if path.suffix else "no suffix that names a format"


def _check_place(path: Path, relative: str) -> None:
    """Refuses what is not a regular file inside the source."""
    if path.is_symlink():
        root = path.absolute().parents[len(PurePosixPath(relative).parts) - 1].resolve()
        if not path.exists():
            raise RejectedFile("a link to nothing")
        if path.is_dir():
            raise RejectedFile("a link to a folder, which is not followed; add that folder as a source of its own")
        if not path.resolve().is_relative_to(root):
            raise RejectedFile("a link that leads outside the source, which is not followed")
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        with os.scandir(path):  # says why where the folder stands here because it could not be listed
            raise RejectedFile("a folder, not a file")
    if not stat.S_ISREG(mode):
        raise RejectedFile("not a regular file but a pipe, a socket or a device")


def _read_bytes(path: Path, max_mb: float) -> bytes:
    """The file's bytes; the size is checked again while reading, since files grow and /proc says 0."""
    limit = int(max_mb * _MEGABYTE)
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NONBLOCK)) as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise RejectedFile("not a regular file")
        size = state.st_size
        raw = b"" if size > limit else file.read(limit + 1)
    if max(size, len(raw)) > limit:
        raise RejectedFile(f"the file has {max(size, len(raw)) / _MEGABYTE:.1f} MB, more than the {max_mb:g} MB that max_file_mb allows")
    return raw
