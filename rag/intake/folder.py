"""Lists the files of a source and reads each into articles; nothing that is wrong with one file stops the others.

Only regular files are opened, and never more of one than the limit: a pipe, a device or an endless file cannot hang a sync.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from rag.errors import RejectedFile, SourceError
from rag.intake.archive import Budget, article_files, check_name, open_archive, read_member
from rag.intake.fields import UNKNOWN, Fields, Place
from rag.intake.formats import ARCHIVE, KNOWN, READERS, Remark, format_of
from rag.intake.sniff import HEAD, shows_format
from rag.records import Article
from rag.settings import Settings

_MEGABYTE = 1_000_000
_DEEPEST_ARCHIVE = 2  # an archive inside an archive is read, one inside that is not
_UNPACKED = 10  # times the largest file
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
class Origin:
    """Where a file was fetched, and what is known of its one article from there; nothing for files of a person's own."""

    address: str | None = None
    known: Fields = UNKNOWN


_OWN = Origin()


@dataclass(frozen=True, slots=True)
class Entry:
    """What one file of a source gave; ``path`` is relative to the source, the file's name where the source is one file.

    ``paths`` names the member of an archive that gave each article, such as ``week.zip/monday/ferry.md``; ``digest`` is that of the file's
    bytes, None where they were not read whole.
    """

    path: str
    articles: tuple[Article, ...]
    rejections: tuple[Rejection, ...] = ()
    warnings: tuple[Rejection, ...] = ()
    paths: tuple[str, ...] = ()
    digest: str | None = None

    def placed(self) -> list[tuple[Article, str]]:
        """Each article and the path that gave it."""
        return list(zip(self.articles, self.paths or [self.path] * len(self.articles), strict=True))


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
            raise SourceError(f"{location} is neither a folder nor a file. Name a folder of articles, or one file ({KNOWN}).")
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


def _unknown_yet(digest: str) -> Entry | None:
    return None


def read_file(
    path: Path,
    *,
    relative: str,
    location: str,
    settings: Settings,
    origin: Origin = _OWN,
    known: Callable[[str], Entry | None] = _unknown_yet,
) -> Entry:
    """The articles of one file, with the reason for each line or file that gave none; it raises nothing.

    ``known`` gives what a file with these bytes (by digest) gave before, None where it must be parsed.
    """
    shown = relative.encode("utf-8", "backslashreplace").decode()
    try:
        if shown != relative:
            raise RejectedFile("the file's name is not UTF-8; rename it")
        _check_place(path, relative)
        named = path.suffix.lower() in (*READERS, ARCHIVE)
        raw = _read_bytes(path, settings.max_file_mb, whole=named)
        if not raw and named:
            raise RejectedFile("the file is empty")
        digest = hashlib.sha256(raw).hexdigest()
        return known(digest) or replace(
            read_bytes(raw, relative=relative, location=location, settings=settings, origin=origin), digest=digest
        )
    except RejectedFile as error:
        return Entry(shown, (), (Rejection(shown, None, str(error)),))
    except OSError as error:
        return Entry(shown, (), (Rejection(shown, None, f"cannot be read: {error.strerror or error}"),))


def read_bytes(raw: bytes, *, relative: str, location: str, settings: Settings, origin: Origin = _OWN) -> Entry:
    """The articles in the bytes of one file, as ``read_file`` gives them."""
    try:
        place = _place(location, relative, settings, origin)
        return _read(raw, place, Budget(int(_UNPACKED * settings.max_file_mb * _MEGABYTE)), settings)
    except RejectedFile as error:
        return Entry(relative, (), (Rejection(relative, None, str(error)),))


def _place(location: str, relative: str, settings: Settings, origin: Origin) -> Place:
    return Place(
        location,
        relative,
        settings.max_article_chars,
        settings.field_names,
        settings.parse_seconds,
        settings.parse_memory_mb,
        origin.address,
        origin.known,
    )


def _read(raw: bytes, place: Place, budget: Budget, settings: Settings, depth: int = 0) -> Entry:
    """The articles in the bytes of a file, or of a member of an archive. Raises RejectedFile."""
    path = place.relative
    format, warning = format_of(raw, path)
    if format is None:
        raise RejectedFile(f"{_unknown(path)}; Newsdesk reads {KNOWN}")
    warned = (Rejection(path, None, warning),) if warning else ()
    if format != ARCHIVE:
        reading = READERS[format](raw, place)
        return Entry(path, reading.articles, _at(path, reading.rejected), warned + _at(path, reading.warnings))
    if depth == _DEEPEST_ARCHIVE:
        raise RejectedFile("an archive inside an archive inside an archive; unpack it into a folder")
    entries = list(_members(raw, place, budget, settings, depth + 1))
    placed = [pair for entry in entries for pair in entry.placed()]
    rejections = [remark for entry in entries for remark in entry.rejections]
    if not placed and not rejections:
        raise RejectedFile("an archive that holds no article")
    warnings = [remark for entry in entries for remark in entry.warnings]
    return Entry(
        path, tuple(article for article, _ in placed), tuple(rejections), (*warned, *warnings), tuple(where for _, where in placed)
    )


def _members(raw: bytes, place: Place, budget: Budget, settings: Settings, depth: int) -> Iterator[Entry]:
    """What each file in the archive gave; a bad one stops no other, but what it was has no part in the budget any more."""
    archive = open_archive(raw)
    limit = int(settings.max_file_mb * _MEGABYTE)
    for name, info in article_files(archive):
        inside = f"{place.relative}/{name.encode('utf-8', 'backslashreplace').decode()}"
        try:
            check_name(name)
            if _ABOUT_THE_FOLDER.match(PurePosixPath(name).name):
                continue
            content = read_member(archive, info, limit=limit, budget=budget)
            if not content:
                raise RejectedFile("the file is empty")
            yield _read(content, replace(place, relative=inside, known=UNKNOWN), budget, settings, depth)
        except RejectedFile as error:
            yield Entry(inside, (), (Rejection(inside, None, str(error)),))
            if budget.spent:
                return


def _at(path: str, remarks: tuple[Remark, ...]) -> tuple[Rejection, ...]:
    return tuple(Rejection(path, remark.line, remark.reason) for remark in remarks)


def _unknown(path: str) -> str:
    suffix = PurePosixPath(path).suffix.lower()
    return f"unknown format {suffix}" if suffix else "no suffix that names a format"


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


def _read_bytes(path: Path, max_mb: float, *, whole: bool) -> bytes:
    """The file's bytes; the size is checked again while reading, since files grow and /proc says 0.

    Without ``whole``, only the first of a file that shows no format: a folder may hold thousands of pictures.
    """
    limit = int(max_mb * _MEGABYTE)
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NONBLOCK)) as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise RejectedFile("not a regular file")
        head = file.read(HEAD)
        if not whole and not shows_format(head):
            return head
        size = state.st_size
        raw = head if size > limit else head + file.read(max(0, limit + 1 - len(head)))
    if max(size, len(raw)) > limit:
        raise RejectedFile(f"the file has {max(size, len(raw)) / _MEGABYTE:.1f} MB, more than the {max_mb:g} MB that max_file_mb allows")
    return raw
