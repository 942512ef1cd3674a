"""Fits how the network's scores, words and ranks are weighed: ``python -m training.combine DATA`` writes rag/models/reader.json."""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from rag.evaluate.calibration import calibration_error
from rag.evaluate.statistics import paired
from rag.models.features import FEATURES
from rag.models.reader import WEIGHTS
from rag.settings import CHECKOUT
from training.__main__ import SEED, held_out
from training.cases import Rows, gathered

log = logging.getLogger("training")
# What is left out in turn, and the sets over which the change is told.
_PARTS = (
    ("answers", "answers_share"), ("span",), ("answers", "answers_share", "span"), ("overlap", "context_overlap", "article_overlap"),
    ("names_missing", "names_missing_near"), ("passage_rank", "passage_cosine"), ("kind_found", "kind_missing"),
    ("short", "question", "lead"), ("new_words",),
)  # fmt: skip
_TOGETHER = (("prompts", "news"), ("xquad", "new_wiki"))


@dataclass(frozen=True)
class Tops:
    """Of each question: the best sentence's odds, whether it is right, whether one of the first three is, whether any sentence is."""

    odds: NDArray[np.float64]
    first: NDArray[np.bool_]
    three: NDArray[np.bool_]
    any: NDArray[np.bool_]
    source: NDArray[np.str_]
    weight: NDArray[np.float64]


def tops(data: Rows, odds: NDArray[np.float64]) -> Tops:
    """The best sentence of each question."""
    found = []
    for group in np.unique(data.group):
        here = np.flatnonzero(data.group == group)
        order = here[np.argsort(-odds[here], kind="stable")]
        right = data.right[order] > 0
        found.append((odds[order[0]], right[0], right[:3].any(), right.any(), data.source[here[0]], data.weight[here[0]]))
    columns = list(zip(*found, strict=True))
    return Tops(*(np.array(column) for column in columns))


def fit(data: Rows, columns: Sequence[int]) -> LogisticRegression:
    """A logistic model over some of the features; a mild ridge is fair to all, since they share a scale but for the network's."""
    # Sentences that answer are few; what counts is each question, so each weighs the same however many sentences were read.
    _, group, size = np.unique(data.group, return_inverse=True, return_counts=True)
    weight = data.weight * 30 / size[group]
    return LogisticRegression(C=1.0, max_iter=5000).fit(data.features[:, columns], data.right, sample_weight=weight)


def held_out_odds(data: Rows, columns: Sequence[int]) -> NDArray[np.float64]:
    """Odds of every sentence, from models that were fitted without its question."""
    odds = np.zeros(len(data.right))
    for train, test in GroupKFold(5).split(data.features, data.right, data.group):
        part = Rows(*(getattr(data, name)[train] for name in ("features", "right", "group", "weight", "source")))
        odds[test] = fit(part, columns).decision_function(data.features[test][:, columns])
    return odds


def report(found: Tops, probability: NDArray[np.float64]) -> None:
    """Ranking and abstention figures of each part."""
    for source in np.unique(found.source):
        here = found.source == source
        able = here & found.any
        if able.any() and "," not in source:
            log.info("%s: n=%d, first %.3f, three %.3f", source, able.sum(), found.first[able].mean(), found.three[able].mean())
    log.info("calibration error %.3f, n=%d", *_calibration_error(found, probability))
    for threshold in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        kept = {s: (probability[(found.source == s) & found.any] >= threshold).mean() for s in np.unique(found.source) if "," not in s}
        none = {s: (found.source == s) & ~found.any for s in np.unique(found.source)}
        refused = {s: (probability[here] < threshold).mean() for s, here in none.items() if here.any()}
        log.info("threshold %.2f: answers %s; refuses %s", threshold, _shown(kept), _shown(refused))


def _change(whole: Tops, less: Tops, sources: Sequence[str]) -> str:
    """By how much the share of first sentences that are right changes, paired by question, with its interval."""
    here = np.isin(whole.source, sources) & whole.any
    change = paired(whole.first[here].astype(float).tolist(), less.first[here].astype(float).tolist())
    return f"{' and '.join(sources)} {change.difference:+.3f} [{change.low:+.3f}, {change.high:+.3f}] n={change.n}"


def _calibration_error(found: Tops, probability: NDArray[np.float64]) -> tuple[float, int]:
    pairs = list(zip(probability.tolist(), found.first.astype(float).tolist(), strict=True))
    return calibration_error(pairs).value or 0.0, len(pairs)


def _shown(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.2f}" for name, share in shares.items())


def calibrated(found: Tops) -> tuple[float, float]:
    """Scale and shift that make the best sentence's odds the odds of its being right (Platt 1999)."""
    model = LogisticRegression(C=1e6).fit(found.odds[:, None], found.first, sample_weight=found.weight)
    return float(model.coef_[0][0]), float(model.intercept_[0])


def main() -> None:
    """Gather, cross-validate by question, fit, calibrate, save."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--questions", type=int, default=300, help="most questions of each set")
    parser.add_argument("--rows", type=Path, help="keep what was gathered in this .npz file, or take it from there")
    parser.add_argument("--ablate", action="store_true", help="also leave each feature out in turn")
    given = parser.parse_args()
    if given.rows and given.rows.exists():
        with np.load(given.rows) as held:
            data = Rows(**{name: held[name] for name in held.files})
    else:
        with tempfile.TemporaryDirectory() as home:
            data = gathered(
                held_out(given.data), Path(home), models=CHECKOUT / ".newsdesk" / "models", questions=given.questions, seed=SEED
            )
        if given.rows:
            np.savez_compressed(given.rows, **{name: getattr(data, name) for name in ("features", "right", "group", "weight", "source")})
    every = list(range(len(FEATURES)))
    found = tops(data, held_out_odds(data, every))
    scale, shift = calibrated(found)
    report(found, 1 / (1 + np.exp(-(scale * found.odds + shift))))
    if given.ablate:
        for part in _PARTS:
            less = tops(data, held_out_odds(data, [i for i in every if FEATURES[i] not in part]))
            log.info("without %s: %s", ", ".join(part), "; ".join(_change(found, less, sources) for sources in _TOGETHER))
    model = fit(data, every)
    weights = {name: round(float(scale * value), 4) for name, value in zip(FEATURES, model.coef_[0], strict=True)}
    bias = round(float(scale * model.intercept_[0] + shift), 4)
    WEIGHTS.write_text(json.dumps({"weights": weights, "bias": bias}, indent=2) + "\n", encoding="utf-8")
    log.info("%s", WEIGHTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
