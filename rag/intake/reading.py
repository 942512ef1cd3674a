"""What a reader of one format returns, and how it names an article that does not name itself; it knows no format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from rag.intake.fields import Place
from rag.records import Article

_LONGEST_TITLE_LINE = 120  # characters of a first line that may be a title


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a file, or about one line of it, that its reader wants known."""

    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held; ``rejected`` lines gave no article, ``warnings`` belong to articles that went in."""

    articles: tuple[Article, ...]
    rejected: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()


def title_line(prose: str) -> tuple[str | None, str]:
    """The first line where it stands alone and does not end like a sentence, and the text without it."""
    first, _, rest = prose.partition("\n\n")
    if rest.strip() and "\n" not in first and len(first) <= _LONGEST_TITLE_LINE and not first.rstrip().endswith((".", ":", ",", ";")):
        return first.strip(), rest.lstrip("\n")
    return None, prose


def without_title(title: str, prose: str) -> str:
    """The text without a first paragraph that only says the title once more."""
    first, _, rest = prose.partition("\n\n")
    same = " ".join(first.split()).casefold() == " ".join(title.split()).casefold()
    return rest.lstrip("\n") if same and rest.strip() else prose


def name_of(place: Place) -> str:
    """The title that is known from elsewhere, else one out of the file's name or address, for want of a better one."""
    if place.known.title:
        return place.known.title
    address = urlsplit(place.known.url or "")
    stem = PurePosixPath(unquote(address.path)).stem or address.hostname or PurePosixPath(place.relative).stem
    words = " ".join(stem.replace("-", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:] or stem


def remarks(line: int | None, *reasons: str | None) -> tuple[Remark, ...]:
    """One remark for each reason that is given."""
    return tuple(Remark(line, reason) for reason in reasons if reason)
