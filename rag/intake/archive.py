"""Opens zip archives in memory, within bounds that no honest archive reaches; nothing is ever written to disk."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import PurePosixPath

from rag.errors import RejectedFile

MOST_MEMBERS = 10_000
# Text shrinks to a third or a tenth; only what repeats itself goes below a hundredth.
_STEEPEST = 200  # times its packed size, for a member over a megabyte
_MEGABYTE = 1_000_000
_CENTRAL = b"PK\x01\x02"
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass
class Budget:
    """What may still be unpacked out of one file, archives inside it included."""

    bytes: int
    members: int = MOST_MEMBERS

    @property
    def spent(self) -> bool:
        """Whether nothing more is unpacked."""
        return self.members < 0 or self.bytes < 0

    def spend(self, size: int) -> None:
        """Raises RejectedFile once the whole file would unpack to more than it may."""
        self.members -= 1
        self.bytes -= size
        if self.members < 0:
            raise RejectedFile(f"an archive of more than {MOST_MEMBERS} files; unpack it into a folder")
        if self.bytes < 0:
            raise RejectedFile("an archive that unpacks to more than ten times what max_file_mb allows; unpack it into a folder")


def open_archive(raw: bytes) -> zipfile.ZipFile:
    """The archive, its list of members checked before any is unpacked.

    Raises RejectedFile for what is broken, has too many members, or members that overlap.
    """
    if raw.count(_CENTRAL) > MOST_MEMBERS:  # before zipfile makes an object of each
        raise RejectedFile(f"an archive of more than {MOST_MEMBERS} files; unpack it into a folder")
    try:
        archive = zipfile.ZipFile(BytesIO(raw))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, IndexError) as error:
        raise RejectedFile(f"a zip archive that is broken or cut off: {error}") from error
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    if any(one.header_offset + one.compress_size > two.header_offset for one, two in pairwise(infos)):
        raise RejectedFile("a zip archive whose members overlap, as only archives do that are made to fill memory")
    return archive


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, limit: int, budget: Budget) -> bytes:
    """The unpacked bytes of one member; ``limit`` is in bytes.

    Raises RejectedFile for what is too large, packed too steeply, encrypted, no file, or broken.
    """
    if info.flag_bits & 0x1:
        raise RejectedFile("encrypted; take the password off")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise RejectedFile("a link, which is not followed")
    if info.compress_type not in _PLAIN:
        raise RejectedFile("packed in a way other than deflate; pack the archive again as a plain zip")
    if info.file_size > limit:
        raise RejectedFile(f"{info.file_size / _MEGABYTE:.1f} MB, more than the {limit / _MEGABYTE:g} MB that max_file_mb allows")
    if info.file_size > _MEGABYTE and info.file_size > _STEEPEST * max(1, info.compress_size):
        raise RejectedFile(f"packed to less than one {_STEEPEST}th, as only archives are that are made to fill memory")
    budget.spend(info.file_size)
    try:
        with archive.open(info) as file:
            return file.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise RejectedFile(f"broken inside the archive: {error}") from error


def article_files(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """The members that a folder would give, by their path inside the archive; hidden ones and folders are passed over."""
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        hidden = any(part.startswith(".") and part != ".." for part in parts) or "__MACOSX" in parts
        if parts and not hidden and not info.is_dir():
            yield info.filename, info


def check_name(name: str) -> None:
    """Raises RejectedFile for a name that would lead out of the archive."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":"):
        raise RejectedFile("a name that leads outside the archive")
    if len(name) > 1000 or any(not char.isprintable() for char in name):
        raise RejectedFile("a name that no file should have; rename it")
