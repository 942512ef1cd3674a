"""What reading one file gives; it knows no format."""

from __future__ import annotations

from dataclasses import dataclass

from rag.records import Article


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
