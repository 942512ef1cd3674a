"""Two runs prompt by prompt: what got better, what got worse, and whether that is more than chance; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.evaluate.measures import Line, merge_repeats
from rag.evaluate.statistics import Paired, paired

# Below this p the verdict says that there is a difference. One figure decides, `passed`, fixed before any run: the others
# are shown beside it, and among twenty of them one comes below 0.05 by chance.
ALPHA = 0.05
PRIMARY = "passed"
_SECONDARY = ("right", "article_success@1", "article_success@5", "passage_success@1", "fact_first", "fact_answer", "token_f1", "abstained")


@dataclass(frozen=True, slots=True)
class Change:
    """A prompt whose outcome differs between the runs."""

    id: str
    description: str
    question: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second run against the first; ``left_out`` says why prompts have no pair, with their number."""

    verdict: str
    before: float | None
    after: float | None
    primary: Paired
    others: dict[str, Paired]
    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    left_out: dict[str, int]
    latency_ratio: float | None


def compare(first: Sequence[Line], second: Sequence[Line]) -> Comparison:
    """Pair two runs by prompt and test the difference in prompts passed."""
    earlier = {line.id: line for line in merge_repeats(first)}
    later = {line.id: line for line in merge_repeats(second)}
    both = [id for id in earlier if id in later]
    same = [id for id in both if earlier[id].checks == later[id].checks]
    measured = [id for id in same if _passed(earlier[id]) is not None and _passed(later[id]) is not None]
    pairs = [(earlier[id], later[id]) for id in measured]
    primary = _paired(pairs, PRIMARY)
    moved = [Change(b.id, b.description, b.question, _sure(a), _sure(b)) for a, b in pairs if _sure(a) != _sure(b)]
    left_out = {
        "only in the earlier run": len(earlier) - len(both),
        "only in this run": len(later) - len(both),
        "assertions changed": len(both) - len(same),
        "not measured in one of them": len(same) - len(measured),
    }
    before, after = (sum(_sure(pair[side]) for pair in pairs) / len(pairs) if pairs else None for side in (0, 1))
    return Comparison(
        verdict=_verdict(primary, before, after, moved=bool(moved)),
        before=before,
        after=after,
        primary=primary,
        others={name: _paired(pairs, name) for name in _SECONDARY},
        better=tuple(change for change in moved if change.after > change.before),
        worse=tuple(change for change in moved if change.after < change.before),
        left_out={reason: count for reason, count in left_out.items() if count},
        latency_ratio=_latency_ratio(pairs),
    )


Pair = tuple[Line, Line]


def _passed(line: Line) -> float | None:
    return line.scores.get(PRIMARY)


def _sure(line: Line) -> float:
    value = _passed(line)
    assert value is not None
    return value


def _paired(pairs: Sequence[Pair], name: str) -> Paired:
    both = [(a.scores.get(name), b.scores.get(name)) for a, b in pairs]
    kept = [(a, b) for a, b in both if a is not None and b is not None]
    return paired([a for a, _ in kept], [b for _, b in kept])


def _latency_ratio(pairs: Sequence[Pair]) -> float | None:
    """The median over prompts of the second run's time by the first's."""
    ratios = sorted(b.scores["seconds"] / a.scores["seconds"] for a, b in pairs if a.scores.get("seconds") and b.scores.get("seconds"))  # type: ignore[operator]  # both were just found to be there
    return ratios[len(ratios) // 2] if ratios else None


def _verdict(primary: Paired, before: float | None, after: float | None, *, moved: bool) -> str:
    if primary.n == 0 or primary.difference is None or primary.p is None:
        return "Not comparable: no prompt with the same assertions was measured in both runs."
    interval = "" if primary.low is None or primary.high is None else f" [{primary.low:+.3f}, {primary.high:+.3f}]"
    figures = f"{before:.3f} of the prompts passed before, {after:.3f} now ({primary.difference:+.3f}{interval}, p = {primary.p:.3f}, {primary.n} pairs)"
    if not moved:
        return f"No difference shown: every prompt has the same outcome; {figures}."
    if primary.p >= ALPHA:
        return f"No difference shown: {figures}."
    return f"{'Better' if primary.difference > 0 else 'Worse'}: {figures}."
