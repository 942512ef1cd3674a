"""How sure a figure is: intervals of shares, means and quantiles, and the paired test of two runs; scipy does the arithmetic.

Its ``scipy.stats``, a second and more to import, is loaded when the first figure needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

CONFIDENCE = 0.95
# Resamples of bootstrap and permutation, and their seed: the same run gives the same interval. With many prompts the interval is
# narrow, and fewer resamples find its ends as well.
RESAMPLES = 9_999
_RESAMPLES_OF_MANY = 1_999
_MANY = 1_000
SEED = 20_260_323
# Bootstrap in parts of this many numbers (8 MB a column), so that 10,000 prompts take little memory.
_CELLS = 1_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval and the number of prompts behind it; all None where n is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int


UNKNOWN = Estimate(None, None, None, 0)


def share(hits: Sequence[bool]) -> Estimate:
    """A share with its Wilson score interval (Wilson 1927)."""
    if not hits:
        return UNKNOWN
    found = scipy.stats.binomtest(sum(hits), len(hits)).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(sum(hits) / len(hits), float(found.low), float(found.high), len(hits))


def mean(values: Sequence[float]) -> Estimate:
    """A mean of values in [0, 1] with its percentile bootstrap interval; Wilson's where all are 0 or 1, or all alike at an end.

    A bootstrap of values that are all alike would claim to be certain.
    """
    if all(value in (0.0, 1.0) for value in values):
        return share([value == 1.0 for value in values])
    numbers = np.asarray(values, dtype=float)
    return bootstrapped(float(numbers.mean()), (numbers,), lambda x, axis=-1: np.mean(x, axis=axis))


def ratio(parts: Sequence[float], wholes: Sequence[float]) -> Estimate:
    """Sum of parts over sum of wholes, a pair a prompt, resampled by prompt: citations of one answer are not independent.

    Where every prompt has the same share at an end of [0, 1], Wilson's interval over the prompts.
    """
    pairs = [(part, whole) for part, whole in zip(parts, wholes, strict=True) if whole]
    if not pairs:
        return UNKNOWN
    part, whole = (np.asarray(column, dtype=float) for column in zip(*pairs, strict=True))
    value = float(part.sum() / whole.sum())
    if value in (0.0, 1.0):
        return share([value == 1.0] * len(pairs))
    return bootstrapped(value, (part, whole), lambda x, y, axis=-1: np.sum(x, axis=axis) / np.sum(y, axis=axis))


def quantile(values: Sequence[float], q: float) -> Estimate:
    """A quantile with its percentile bootstrap interval."""
    if not values:
        return UNKNOWN
    numbers = np.asarray(values, dtype=float)
    return bootstrapped(float(np.quantile(numbers, q)), (numbers,), lambda x, axis=-1: np.quantile(x, q, axis=axis))


def bootstrapped(value: float, data: tuple[Floats, ...], statistic: Any) -> Estimate:
    """A figure with the percentile bootstrap interval of ``statistic(*data, axis)``, columns resampled together."""
    n = len(data[0])
    if n < 2 or all(np.ptp(column) == 0 for column in data):
        return Estimate(value, None, None, n)
    found = scipy.stats.bootstrap(
        data,
        statistic,
        paired=len(data) > 1,
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES if n <= _MANY else _RESAMPLES_OF_MANY,
        method="percentile",
        batch=max(1, _CELLS // n),
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    # All prompts alike: resampling says nothing of others.
    return Estimate(value, float(found.low), float(found.high), n) if found.low < found.high else Estimate(value, None, None, n)


@dataclass(frozen=True, slots=True)
class Paired:
    """The mean difference of n pairs (second minus first), its interval, and the two-sided p of the permutation test."""

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int


def paired(first: Sequence[float], second: Sequence[float]) -> Paired:
    """Compare two runs prompt by prompt.

    The test turns round the signs of the differences: all sign patterns where there are no more than RESAMPLES + 1, else that many
    drawn ones (scipy.stats.permutation_test, permutation_type="samples"). Pairs without a difference take no part in it.
    """
    differences = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    n = len(differences)
    if n == 0:
        return Paired(None, None, None, None, 0)
    moved = differences[differences != 0]
    if len(moved) == 0:
        # None of n moved: Wilson's bound on the share that could have, either way.
        bound = share([False] * n).high or 0.0
        return Paired(0.0, -bound, bound, 1.0, n)
    around = bootstrapped(float(differences.mean()), (differences,), lambda x, axis=-1: np.mean(x, axis=axis))
    return Paired(float(differences.mean()), around.low, around.high, _p(moved), n)


def _p(moved: Floats) -> float:
    # One difference can turn either way; scipy wants at least two observations.
    if len(moved) == 1:
        return 1.0
    tested = scipy.stats.permutation_test(
        (moved,),
        lambda x, axis=-1: np.mean(x, axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        batch=max(1, _CELLS // len(moved)),
        rng=np.random.default_rng(SEED),
        vectorized=True,
    )
    return float(tested.pvalue)
