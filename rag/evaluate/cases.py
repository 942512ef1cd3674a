"""Test prompts as they are run: a question, what its answer must hold, and where that stands; it knows no file format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rag.records import Article, Filters, Turn


@dataclass(frozen=True, slots=True)
class Check:
    """One assertion: ``kind`` is its type without ``not-``; ``values`` are alternatives or, for ``-all``, all wanted."""

    kind: str
    values: tuple[str, ...] = ()
    negated: bool = False
    threshold: float | None = None
    weight: float = 1.0

    @property
    def type(self) -> str:
        """The type as it is written in a file."""
        return f"not-{self.kind}" if self.negated else self.kind


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands: a stretch of an article's text, in code points, end exclusive."""

    article_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Case:
    """One test prompt; ``threshold`` is the weighted share of checks that must hold, None means all of them.

    ``references`` are wordings of the right answer for token F1; ``places`` are known only for SQuAD-style data.
    """

    id: str
    description: str
    question: str
    checks: tuple[Check, ...]
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    threshold: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def unanswerable(self) -> bool:
        """Whether the right answer is a refusal."""
        return any(check.kind == "abstains" and not check.negated for check in self.checks)

    @property
    def cited(self) -> tuple[tuple[str, ...], ...]:
        """Articles or outlets, a group for each ``cites``: one of each group is wanted."""
        return tuple(check.values for check in self.checks if check.kind == "cites" and not check.negated)

    @property
    def facts(self) -> tuple[Check, ...]:
        """The checks that say what the answer holds."""
        return tuple(check for check in self.checks if check.kind in FACT_KINDS and not check.negated)


FACT_KINDS = frozenset(
    {"contains", "contains-any", "contains-all", "icontains", "icontains-any", "icontains-all", "regex", "equals", "starts-with"}
)


@dataclass(frozen=True, slots=True)
class Suite:
    """Test prompts and what they are asked of: folders and files, or articles that the data brings along."""

    path: Path
    description: str
    cases: tuple[Case, ...]
    sources: tuple[Path, ...] = ()
    articles: tuple[Article, ...] = ()


def case_id(question: str, history: Sequence[Turn], filters: Filters) -> str:
    """What a prompt is known by between runs: ten digits of a digest of what is asked, so that rewording a check keeps it."""
    asked = "\0".join([question, *(f"{turn.question}\1{turn.answer or ''}" for turn in history), repr(filters) if filters else ""])
    return hashlib.sha256(asked.encode(errors="replace")).hexdigest()[:10]


def with_unique_ids(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The same question twice gets ``-2`` behind its second id, and so on."""
    seen: dict[str, int] = {}
    out = []
    for case in cases:
        seen[case.id] = count = seen.get(case.id, 0) + 1
        out.append(case if count == 1 else replace(case, id=f"{case.id}-{count}"))
    return tuple(out)
