"""How often the check of written answers catches planted faults, and how often it doubts what is true, over ``claims.jsonl``.

``python -m benchmarks.claims`` reports the held-out half (``--split dev`` the other); ``--fit`` prints weights fitted on the development half:
logistic regression with each weight bound to the sign that makes sense, ridge 0.005, kinds of fault weighted alike and against the faithful
half and half, over sentences that lack no fact and are not opposed to their words. A sentence is caught when its verdict is not "supported". It is checked among the passages of
its own article, cited to the one that holds its quote; "elsewhere" is a true sentence cited to the nearest passage of another family of
articles, "merged, both cited" names both articles' passages. A copy is an article's own sentence. Intervals are Wilson's, 95%.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.answer.verify import Checker, Evidence
from rag.answer.wording import FEATURES, Wording
from rag.assistant import Assistant
from rag.evaluate.statistics import share
from rag.records import Passage
from rag.settings import CHECKOUT, Settings
from rag.store.sync import sync

log = logging.getLogger("benchmarks")
CLAIMS = Path(__file__).parent / "claims.jsonl"
_RIDGE = 0.005


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence of a kind, the passages it may be checked against and which of them it cites."""

    kind: str
    text: str
    passages: list[Passage]
    cited: list[int]


def cases(assistant: Assistant, split: str) -> Iterator[Case]:
    """The cases of one half."""
    articles = {a.article_id: a.text for a in assistant.library.articles()}
    chunks = {id: assistant.library.chunks_of(id) for id in articles}
    claims = [json.loads(line) for line in CLAIMS.read_text(encoding="utf-8").splitlines()]
    chosen = [claim for claim in claims if claim["split"] == split]
    for claim in chosen:
        own = chunks[claim["article"]]
        cited = _holding(claim["quote"], articles[claim["article"]], own)
        if claim["kind"] == "merged":
            others = chunks[claim["other"]]
            other = len(own) + _holding(claim["other_quote"], articles[claim["other"]], others)
            yield Case("merged, both cited", claim["text"], own + others, [cited, other])
            yield Case("merged, one cited", claim["text"], own, [cited])
            continue
        yield Case(claim["kind"], claim["text"], own, [cited])
        if claim["kind"] == "faithful":
            family = claim["article"].split("-")[0]
            found = [p for p in assistant.search(claim["text"]) if p.article_id.split("-")[0] != family]
            if found:
                yield Case("elsewhere", claim["text"], found[:1], [0])
    for id in sorted({claim["article"] for claim in chosen}):
        for place, p in enumerate(chunks[id]):
            for span in p.sentences[:2]:
                yield Case("copy", articles[id][span.start : span.end], chunks[id], [place])


def _holding(quote: str, text: str, chunks: list[Passage]) -> int:
    start = text.index(quote)
    return max(range(len(chunks)), key=lambda i: min(chunks[i].end, start + len(quote)) - max(chunks[i].start, start))


def report(assistant: Assistant, split: str) -> None:
    """Print a line for each kind."""
    wording = Wording(assistant.embedder.embed, assistant.retriever.rarity)
    verdicts: dict[str, list[str]] = defaultdict(list)
    for case in cases(assistant, split):
        verdict = Checker(case.passages, wording).check(case.text, case.cited).verdict
        verdicts[case.kind].append(verdict)
    log.info("%s half; share with another verdict than supported (false alarms for faithful and copy)", split)
    for kind, found in sorted(verdicts.items()):
        estimate = share([verdict != "supported" for verdict in found])
        counts = ", ".join(f"{name} {found.count(name)}" for name in ("supported", "partly", "misattributed", "unsupported"))
        log.info("%-20s n %4d  %.3f  [%.3f, %.3f]  %s", kind, estimate.n, estimate.value, estimate.low, estimate.high, counts)


def fit(assistant: Assistant) -> None:
    """Print the weights for ``rag/answer/verify.py``."""
    from scipy.optimize import minimize

    wording = Wording(assistant.embedder.embed, assistant.retriever.rarity)
    found: list[tuple[str, Evidence]] = []
    for case in cases(assistant, "dev"):
        checker = Checker(case.passages, wording)
        evidence = max((checker.evidence(case.text, place) for place in case.cited), key=lambda e: e.features["cosine"])
        if not evidence.lacking and not evidence.opposed and case.kind != "copy":
            found.append((case.kind, evidence))
    kinds = np.array([kind for kind, _ in found])
    x = np.array([[e.features[name] for name in FEATURES] for _, e in found])
    sign = np.where(kinds == "faithful", 1.0, -1.0)
    groups = len(set(kinds)) - 1
    weight = np.array([(groups if kind == "faithful" else 1) / (kinds == kind).sum() for kind in kinds])
    weight /= weight.sum()
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = (x - mean) / spread

    def loss(values: Any) -> float:
        margins = sign * (z @ values[:-1] + values[-1])
        return float((weight * np.logaddexp(0, -margins)).sum() + _RIDGE * (values[:-1] ** 2).sum())

    bounds = [(0, None) if allowed > 0 else (None, 0) for allowed in FEATURES.values()]
    best = minimize(loss, np.zeros(len(FEATURES) + 1), bounds=[*bounds, (None, None)], method="L-BFGS-B").x
    raw = best[:-1] / spread
    log.info("%s\nbias %.2f", {name: round(float(w), 2) for name, w in zip(FEATURES, raw, strict=True)}, best[-1] - (raw * mean).sum())


def main() -> None:
    """Sync the sample corpus into a folder of its own, then report or fit."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for noisy in ("httpx", "chromadb"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=["dev", "test"], default="test")
    parser.add_argument("--fit", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        assistant = Assistant(Settings(home=Path(home)))
        sync(assistant.stores, [CHECKOUT / "corpus" / "articles"])
        fit(assistant) if chosen.fit else report(assistant, chosen.split)


if __name__ == "__main__":
    main()
