"""Many scored prompts become figures with intervals; a figure without prompts behind it is unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rag.evaluate.calibration import area, brier, calibration_error
from rag.evaluate.checks import Status
from rag.evaluate.scores import Scores
from rag.evaluate.statistics import Estimate, mean, quantile, ratio


@dataclass(frozen=True, slots=True)
class Line:
    """One prompt of a run, without its answer; ``checks`` is a digest of what was asserted."""

    id: str
    description: str
    question: str
    status: Status
    scores: Scores
    checks: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a run: its name in JSON, its words for people, the group that it stands in."""

    name: str
    label: str
    group: str
    unit: Literal["share", "ms"]
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class _Definition:
    name: str
    label: str
    group: str
    take: Callable[[Sequence[Line]], Estimate]
    unit: Literal["share", "ms"] = "share"


def _column(lines: Iterable[Line], name: str) -> list[float]:
    return [value for line in lines if (value := line.scores.get(name)) is not None]


def _mean(name: str, only: Callable[[Line], bool] = lambda line: True) -> Callable[[Sequence[Line]], Estimate]:
    return lambda lines: mean(_column(filter(only, lines), name))


def _ratio(part: str, whole: str) -> Callable[[Sequence[Line]], Estimate]:
    def take(lines: Sequence[Line]) -> Estimate:
        pairs = [(line.scores.get(part), line.scores.get(whole)) for line in lines]
        both = [(p, w) for p, w in pairs if p is not None and w is not None]
        return ratio([p for p, _ in both], [w for _, w in both])

    return take


def _quantile(q: float) -> Callable[[Sequence[Line]], Estimate]:
    return lambda lines: quantile([1000 * seconds for seconds in _column(lines, "seconds")], q)


def _answerable(line: Line) -> bool:
    return line.scores.get("answerable") == 1.0


def _answered(line: Line) -> bool:
    return line.scores.get("abstained") == 0.0


def _unanswerable(line: Line) -> bool:
    return line.scores.get("answerable") == 0.0


def _refused(line: Line) -> bool:
    return line.scores.get("abstained", 0.0) != 0.0 and line.scores.get("answerable") is not None


def _is_near(wanted: bool) -> Callable[[Line], bool]:
    return lambda line: _unanswerable(line) and line.metadata.get("near") is wanted


def _retrieval(unit: str) -> list[_Definition]:
    labels = {"success@1": "Success@1", "success@5": "Success@5", "recall@5": "R@5", "mrr": "MRR", "ndcg@10": "nDCG@10"}
    return [_Definition(f"{unit}_{name}", f"{unit}: {label}", "retrieval", _mean(f"{unit}_{name}")) for name, label in labels.items()]


DEFINITIONS: tuple[_Definition, ...] = (
    _Definition("passed", "prompts passed", "prompts", _mean("passed")),
    _Definition("right", "answered or refused rightly, of all prompts", "prompts", _mean("right")),
    *_retrieval("article"),
    *_retrieval("passage"),
    _Definition("reread_success@1", "passage: Success@1, as the reader orders them", "retrieval", _mean("reread_success@1")),
    _Definition("fact_first", "fact in the first sentence", "answers", _mean("fact_first")),
    _Definition("fact_answer", "fact in the answer", "answers", _mean("fact_answer")),
    _Definition("fact_when_answered", "fact in the answer, when it answers", "answers", _mean("fact_answer", _answered)),
    _Definition("first_if_answered", "fact in the first sentence, if it never abstained", "answers", _mean("first_if_answered", _answerable)),
    _Definition("answer_if_answered", "fact in the answer, if it never abstained", "answers", _mean("right_if_answered", _answerable)),
    _Definition("token_f1", "token F1", "answers", _mean("token_f1")),
    _Definition("citations_valid", "citations that name a held article and place", "citations", _ratio("citations_valid", "citations")),
    _Definition("quotes_exact", "quotes that are the stored words (fidelity)", "citations", _ratio("quotes_exact", "citations")),
    _Definition("citation_precision", "citations of an expected article (precision)", "citations", _ratio("citations_expected", "citations")),
    _Definition("citation_recall", "expected articles cited (recall)", "citations", _ratio("cites_met", "cites_wanted")),
    _Definition("sentences_cited", "sentences with a citation", "citations", _ratio("sentences_cited", "sentences")),
    _Definition("coverage", "answered, of the answerable", "abstention", lambda lines: _complement(mean(_column(filter(_answerable, lines), "abstained")))),
    _Definition("abstention_precision", "refusals that were right (precision)", "abstention", lambda lines: _complement(mean(_column(filter(_refused, lines), "answerable")))),
    _Definition("abstention_recall", "refused, of the unanswerable (recall)", "abstention", _mean("abstained", _unanswerable)),
    _Definition("refused_far", "refused, of those far from the articles", "abstention", _mean("abstained", _is_near(False))),
    _Definition("refused_near", "refused, of near misses", "abstention", _mean("abstained", _is_near(True))),
    _Definition("aurc", "area under the risk and coverage curve (lower is better)", "abstention", lambda lines: area(confident(lines))),
    _Definition("calibration_error", "expected calibration error, ten bins of equal mass", "calibration", lambda lines: calibration_error(confident(lines, "first_if_answered"))),
    _Definition("brier", "Brier score of the confidence", "calibration", lambda lines: brier(confident(lines, "first_if_answered"))),
    _Definition("latency_p50", "latency p50", "latency", _quantile(0.5), "ms"),
    _Definition("latency_p95", "latency p95", "latency", _quantile(0.95), "ms"),
    _Definition("tokens", "tokens a question", "cost", _mean("tokens")),
    _Definition("cost", "cost a question", "cost", _mean("cost")),
)  # fmt: skip


def measure(lines: Sequence[Line]) -> list[Measure]:
    """Every figure over the prompts; repeats of a prompt count as one, with the mean of its scores."""
    prompts = merge_repeats(lines)
    return [Measure(d.name, d.label, d.group, d.unit, d.take(prompts)) for d in DEFINITIONS]


def merge_repeats(lines: Iterable[Line]) -> list[Line]:
    """One line a prompt, in the order of first appearance; a score is the mean of those repeats that have it."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.id, []).append(line)
    return [group[0] if len(group) == 1 else _merged(group) for group in groups.values()]


def _merged(group: Sequence[Line]) -> Line:
    first = group[0]
    scores: Scores = {}
    for name in first.scores:
        values = _column(group, name)
        scores[name] = sum(values) / len(values) if values else None
    statuses = {line.status for line in group}
    worst = next((status for status in ("error", "failed", "not measured") if status in statuses), "passed")
    return Line(first.id, first.description, first.question, worst, scores, first.checks, first.metadata)  # type: ignore[arg-type]  # worst is a Status, which mypy takes for any str


def _complement(estimate: Estimate) -> Estimate:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    return Estimate(1 - estimate.value, 1 - estimate.high, 1 - estimate.low, estimate.n)


def confident(lines: Sequence[Line], outcome: str = "right_if_answered") -> list[tuple[float, float]]:
    """Of each prompt with a confidence, that and 1 where its answer is, or without the threshold would be, right.

    The confidence is that of the first sentence, so calibration looks at "first_if_answered".
    """
    pairs = [(line.scores.get("confidence"), line.scores.get(outcome)) for line in merge_repeats(lines)]
    return [(confidence, right) for confidence, right in pairs if confidence is not None and right is not None]
