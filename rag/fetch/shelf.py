"""The folder that keeps what one address gave: a file for each page as it came, and ``state.json`` about them; it asks nobody.

Every file is written aside, brought to disk and renamed, and a page before the line that tells of it: killed at any moment, the shelf is
whole, and at most the page that was just being written is fetched once more.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rag.errors import SourceError
from rag.fetch.addresses import parse_address
from rag.intake import Fields
from rag.intake.fields import UNKNOWN
from rag.intake.identity import digest

log = logging.getLogger("rag")

# In NEWSDESK_HOME; deleting it loses what was fetched.
FOLDER = "fetched"
_STATE = "state.json"
_FORMAT = 1

Role = Literal["page", "entry", "list", "barred"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one address: ``url`` is what was asked for, ``final`` where it was found, ``etag`` and ``modified`` what to ask with.

    ``role``: page for what holds articles, entry for an article that a feed carried itself, list for feeds and sitemaps, barred for what was
    purged and is never fetched again. ``listed`` is the date that the list gave when it was fetched. ``read`` says whether the library has
    seen the file as it is, ``refused`` that it found something in it that is no article.
    """

    url: str
    final: str
    role: Role
    file: str = ""
    sha: str = ""
    etag: str | None = None
    modified: str | None = None
    known: Fields = UNKNOWN
    listed: str | None = None
    read: bool = False
    refused: bool = False


class Shelf:
    """One address's folder under ``home``; whoever writes to it holds the library's lock."""

    def __init__(self, home: Path, location: str) -> None:
        self.folder = home / FOLDER / f"{parse_address(location).host.replace(':', '-')}-{digest(location)}"
        self._location = location
        self.kept = self._load()

    def body(self, item: Kept) -> bytes | None:
        """The bytes of a kept file; None where it is not there any more."""
        try:
            return (self.folder / item.file).read_bytes() if item.file else None
        except OSError:
            return None

    def keep(self, item: Kept, body: bytes | None, suffix: str) -> None:
        """Keep what an address gave in place of what it gave before; without ``body``, only what is known of it changed.

        Raises SourceError where the folder cannot be written.
        """
        with self._changing():
            before = self.kept.get(item.url)
            if body is not None:
                item = replace(item, file=digest(item.url) + suffix, sha=hashlib.sha256(body).hexdigest())
                if before is None or (before.file, before.sha) != (item.file, item.sha) or self.body(before) is None:
                    _write(self.folder / item.file, body)
            seen = before is not None and before.read and (before.file, before.sha, before.known) == (item.file, item.sha, item.known)
            self.kept[item.url] = replace(item, read=seen, refused=seen and before is not None and before.refused)
        if before is not None and before.file and before.file != item.file:
            (self.folder / before.file).unlink(missing_ok=True)

    def mark_read(self, items: Iterable[tuple[Kept, bool]]) -> None:
        """The library has seen these files (and whether something was refused in them), unless they changed meanwhile."""
        with self._changing():
            for item, refused in items:
                if self.kept.get(item.url) == item:
                    self.kept[item.url] = replace(item, read=True, refused=refused)

    def forget(self, file: str) -> bool:
        """Delete a page and never fetch it again; lists go too, since feeds carry words of their pages. False where there is no such file."""
        with self._changing():
            found = [item for item in self.kept.values() if item.file == file or (item.role == "list" and item.file)]
            if not any(item.file == file for item in found):
                return False
            for item in found:
                (self.folder / item.file).unlink(missing_ok=True)
                if item.role == "list":
                    del self.kept[item.url]
                else:
                    self.kept[item.url] = Kept(item.url, item.final, "barred")
        return True

    def discard(self) -> None:
        """Delete the whole shelf."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.kept = {}

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Begins with what is on disk, since another process may have kept something meanwhile."""
        try:
            self.kept = self._load()
            yield
            self.folder.mkdir(parents=True, exist_ok=True)
            state = {"format": _FORMAT, "address": self._location, "kept": [asdict(item) for item in self.kept.values()]}
            _write(self.folder / _STATE, json.dumps(state, ensure_ascii=False, indent=0).encode())
        except OSError as error:
            raise SourceError(f"What was fetched cannot be kept in {self.folder}: {error.strerror or error}.") from error

    def _load(self) -> dict[str, Kept]:
        """What the state says; one that is damaged is put aside, and everything is fetched anew."""
        try:
            given = json.loads((self.folder / _STATE).read_bytes())
            return {item.url: item for item in map(_kept, given["kept"])}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError, OSError) as error:
            log.warning("%s is damaged (%s): the pages of %s are fetched anew.", self.folder / _STATE, error, self._location)
            return {}


def _kept(given: Mapping[str, Any]) -> Kept:
    return Kept(**{**given, "known": Fields(**given["known"])})


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all, also where the machine stops."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    with aside.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
