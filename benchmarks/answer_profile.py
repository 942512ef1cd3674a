"""Where the time of an answer goes: each stage's own seconds, over questions to the sample corpus; from question to answer in one process, nothing written.

    python benchmarks/answer_profile.py [--questions 60] [--source FOLDER ...]

Stages are named by what runs in them; a stage that calls another is not charged with it. Questions are prompts of the test half, drawn with a fixed seed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rag.assistant as path
import rag.models.reader as reading
import rag.models.runtime as runtime
import rag.retrieve as finding
from rag.assistant import Assistant
from rag.evaluate.files import read_yaml_suite
from rag.models.scores import Scorer
from rag.retrieve import Retriever
from rag.settings import CHECKOUT, Settings
from rag.store.library import Library
from rag.store.sync import sync

_SEED = 7
# What is timed: where it is looked up, its name there, and the stage in words.
STAGES: tuple[tuple[Any, str, str], ...] = (
    (Retriever, "corrected", "correcting misspelt words"),
    (Library, "match", "word search (SQLite FTS5)"),
    (finding, "nearest", "nearest neighbours"),
    (finding, "fold_copies", "folding copies"),
    (Library, "passages", "reading passages from SQLite"),
    (Scorer, "score", "reader: tokens and sentences, outside the network"),
    (reading, "rows", "reader: features of sentences"),
    (path, "differing", "accounts that differ, outside the network"),
    (path, "choose_quotes", "choosing quotes"),
    (runtime.Network, "run", "network"),
)


class Profile:
    """Own seconds a stage, tokens with padding and runs a network, of one question at a time."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.tokens = Counter[str]()
        self._inner = [0.0]
        self._names: dict[int, str] = {}

    def name(self, network: Any, name: str) -> None:
        """What a network is called in the table."""
        self._names[id(network)] = name

    def wrapped(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """``work``, with its own time added to the stage."""

        def timed(*args: Any, **options: Any) -> Any:
            called = stage
            if stage == "network":
                called = f"network: {self._names.get(id(args[0]), 'other')}"
                self.tokens[called] += args[1]["input_ids"].size
            self._inner.append(0.0)
            began = time.perf_counter()
            try:
                return work(*args, **options)
            finally:
                took = time.perf_counter() - began
                self.seconds[called] += took - self._inner.pop()
                self._inner[-1] += took

        return timed


def main() -> None:
    """Sync, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--source", type=Path, nargs="*", default=[], help="folders of articles beside the sample corpus")
    args = parser.parse_args()
    cases = [case for case in read_yaml_suite(CHECKOUT / "corpus" / "prompts.yaml").cases if case.metadata.get("split") == "test"]
    asked = [case.question for case in cases if not case.history and not case.filters]
    questions = random.Random(_SEED).sample(asked, min(args.questions, len(asked)))
    profile = Profile()
    for owner, name, stage in STAGES:
        setattr(owner, name, profile.wrapped(stage, getattr(owner, name)))
    with tempfile.TemporaryDirectory() as home:
        assistant = Assistant(Settings(home=Path(home)))
        sync(assistant.stores, [CHECKOUT / "corpus" / "articles", *args.source])
        for question in questions[:3]:
            assistant.ask(question)
        profile.name(assistant.embedder._backend._network, "question, and sentences and words that are compared")
        profile.name(assistant.reader._scorer._network, "reader")
        rows, totals = list[dict[str, float]](), list[float]()
        profile.tokens.clear()
        for question in questions:
            profile.seconds.clear()
            began = time.perf_counter()
            assistant.ask(question)
            totals.append(time.perf_counter() - began)
            rows.append(dict(profile.seconds) | {"the rest": totals[-1] - sum(profile.seconds.values())})
    _print(rows, totals, profile.tokens)


def _print(rows: list[dict[str, float]], totals: list[float], tokens: Counter[str]) -> None:
    means = {stage: 1000 * sum(row.get(stage, 0.0) for row in rows) / len(rows) for stage in {name for row in rows for name in row}}
    whole = 1000 * statistics.mean(totals)
    print(f"| stage, n = {len(rows)} questions | ms, mean | share | tokens, mean |\n| --- | ---: | ---: | ---: |")
    for stage, ms in sorted(means.items(), key=lambda item: -item[1]):
        count = f"{tokens[stage] / len(rows):,.0f}" if tokens[stage] else ""
        print(f"| {stage} | {ms:.1f} | {ms / whole:.1%} | {count} |")
    print(f"| whole answer (median {1000 * statistics.median(totals):.0f}) | {whole:.1f} | | |")


if __name__ == "__main__":
    main()
