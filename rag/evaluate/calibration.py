"""How far a run's confidence can be believed: risk against coverage, the reliability diagram, calibration error and Brier score; pure.

All take pairs of a prompt's confidence and 1 where its answer is, or would be, right (0 where wrong, something between for repeats).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.evaluate.statistics import UNKNOWN, Estimate, bootstrapped

Pairs = Sequence[tuple[float, float]]
BINS = 10
# With fewer prompts than ten a bin, the error says more of chance than of calibration.
_FEWEST = 10 * BINS


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Answering only what is at least this sure: the share of prompts answered, and the share of those answered wrongly."""

    confidence: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Prompts of about the same confidence: how many, their mean confidence, and the share of them that was right."""

    n: int
    confidence: float
    right: float


def risk_curve(pairs: Pairs) -> list[RiskPoint]:
    """Risk against coverage (El-Yaniv and Wiener 2010), most confident first; empty without pairs.

    Below the threshold in force counts what the assistant would have answered.
    """
    wrong, points = 0.0, []
    for number, (confidence, right) in enumerate(sorted(pairs, key=lambda pair: -pair[0]), start=1):
        wrong += 1 - right
        points.append(RiskPoint(confidence, number / len(pairs), wrong / number))
    return points


def area(pairs: Pairs) -> Estimate:
    """Mean risk over all coverages (Geifman, Uziel and El-Yaniv 2019)."""

    def of(sure: Any, right: Any, axis: int = -1) -> Any:
        missed = 1 - _in_order(-sure, right, axis)
        return np.mean(np.cumsum(missed, axis=axis) / np.arange(1, missed.shape[axis] + 1), axis=axis)

    return _estimate(pairs, of)


def reliability(pairs: Pairs) -> list[ReliabilityBin]:
    """The reliability diagram: ten bins of equally many prompts, least confident first; fewer where there are fewer prompts."""
    ranked = np.array(sorted(pairs))
    bins = np.array_split(ranked, min(BINS, len(ranked))) if len(ranked) else []
    return [ReliabilityBin(len(held), float(held[:, 0].mean()), float(held[:, 1].mean())) for held in bins]


def calibration_error(pairs: Pairs) -> Estimate:
    """Expected calibration error over ten bins of equal mass (Naeini, Cooper and Hauskrecht 2015, with Nguyen and O'Connor's bins);
    unknown below 100 prompts."""

    def of(sure: Any, right: Any, axis: int = -1) -> Any:
        ranked, told = _in_order(sure, sure, axis), _in_order(sure, right, axis)
        gaps = [
            np.abs(np.sum(c, axis=axis) - np.sum(r, axis=axis))
            for c, r in zip(np.array_split(ranked, BINS, axis=axis), np.array_split(told, BINS, axis=axis), strict=True)
        ]
        return sum(gaps) / ranked.shape[axis]

    return _estimate(pairs, of) if len(pairs) >= _FEWEST else UNKNOWN


def brier(pairs: Pairs) -> Estimate:
    """Mean squared difference of confidence and outcome (Brier 1950)."""
    return _estimate(pairs, lambda sure, right, axis=-1: np.mean((sure - right) ** 2, axis=axis))


def _in_order(key: Any, values: Any, axis: int) -> Any:
    return np.take_along_axis(values, np.argsort(key, axis=axis, kind="stable"), axis=axis)


def _estimate(pairs: Pairs, statistic: Any) -> Estimate:
    if not pairs:
        return UNKNOWN
    sure, right = np.array([c for c, _ in pairs]), np.array([r for _, r in pairs])
    return bootstrapped(float(statistic(sure, right)), (sure, right), statistic)
