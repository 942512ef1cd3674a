"""What the chunking lab found, as records, a table and JSON; it measures nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rag.evaluate.chunking.scores import Estimate

DEVELOPMENT, HELD_OUT = "development", "held-out"


@dataclass(frozen=True, slots=True)
class Row:
    """One chunking at the first passages; ``tokens`` is the mean number retrieved."""

    chunking: str
    split: str
    way: str
    questions: int
    chunks: int
    recall: Estimate
    precision: Estimate
    iou: Estimate
    tokens: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Our best chunks within the tokens that a baseline retrieved; ``difference`` is our recall less its own, paired by question."""

    chunking: str
    baseline: str
    split: str
    way: str
    questions: int
    recall: Estimate
    baseline_recall: Estimate
    difference: Estimate
    tokens: float
    baseline_tokens: float


@dataclass(frozen=True, slots=True)
class LabReport:
    """All that was measured; ``choices`` gives the number that each of our sizes was judged by, ``embedded`` the chunks embedded anew."""

    model: str
    header_tokens: int
    corpora: Mapping[str, tuple[str, ...]]
    moved: int
    skipped: int
    embedded: int
    choices: Mapping[int, float]
    chosen: int
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def is_better(self) -> bool:
        """Whether the chosen size has the higher mean recall against every baseline on the held-out corpora, each way."""
        held_out = [c for c in self.comparisons if c.split == HELD_OUT and c.chunking == ours(self.chosen)]
        return all(comparison.difference.mean > 0 for comparison in held_out)


_Item = TypeVar("_Item", Row, Comparison)


def ours(size: int) -> str:
    """The name of our chunks of a size."""
    return f"ours {size}"


def lab_json(report: LabReport) -> dict[str, Any]:
    """The report as plain values, ``schema: 1``."""
    plain = dataclasses.asdict(report)
    plain["choices"] = {str(size): recall for size, recall in report.choices.items()}
    return {"schema": 1, **plain, "is_better": report.is_better}


def lab_table(report: LabReport) -> str:
    """The report for a terminal: what was chosen and how, then the held-out corpora, then those chosen on."""
    names = {split: ", ".join(ids) for split, ids in report.corpora.items()}
    lines = [
        f"{report.model}; ours with a header of up to {report.header_tokens} tokens, the baselines without one; 95 % bootstrap intervals",
        f"{report.moved} excerpts moved to where they stand, {report.skipped} questions skipped, {report.embedded} chunks embedded",
        "",
        f"Choice, by our recall at the baselines' tokens on {names[DEVELOPMENT]}:",
        *(f"  {ours(size):12s}{recall:.3f}{'  chosen' * (size == report.chosen)}" for size, recall in report.choices.items()),
    ]
    for split in (HELD_OUT, DEVELOPMENT):
        for way in dict.fromkeys(row.way for row in report.rows):
            lines += _section(report, split, way, names[split])
    lines += ["", f"Better than every baseline on the held-out corpora: {'yes' if report.is_better else 'no'}"]
    return "\n".join(lines)


def _section(report: LabReport, split: str, way: str, corpora: str) -> Iterator[str]:
    rows = _of(report.rows, split, way)
    yield f"\n{split} ({corpora}), {way}, n = {rows[0].questions}"
    yield f"  {'chunks':20s}{'number':>7s}{'tokens':>8s}  {'recall':21s}{'precision':21s}IoU"
    for row in rows:
        numbers = f"{row.chunks:7,d}{row.tokens:8,.0f}"
        yield f"  {row.chunking:20s}{numbers}  {_shown(row.recall):21s}{_shown(row.precision):21s}{_shown(row.iou)}"
    yield f"  {'ours, at tokens of':31s}{'tokens':>15s}  {'recall':21s}{'of the baseline':21s}difference"
    for c in _of(report.comparisons, split, way):
        tokens = f"{c.tokens:,.0f} of {c.baseline_tokens:,.0f}"
        yield f"  {c.chunking:10s} {c.baseline:20s}{tokens:>15s}  {_shown(c.recall):21s}{_shown(c.baseline_recall):21s}{_shown(c.difference, '+')}"


def _of(items: Iterable[_Item], split: str, way: str) -> list[_Item]:
    return [item for item in items if (item.split, item.way) == (split, way)]


def _shown(value: Estimate, sign: str = "") -> str:
    return f"{value.mean:{sign}.3f} [{value.low:{sign}.3f}, {value.high:{sign}.3f}]"
