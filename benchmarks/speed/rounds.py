"""Runs every pipeline in a process of its own, round after round, without a network, and collects what each leaves."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.speed.kinds import Hit, Kind, Vectors
from benchmarks.speed.measure import Figures
from rag.errors import NewsdeskError
from rag.settings import CHECKOUT

log = logging.getLogger("benchmarks")

# Everything is on this machine: a library that would fetch or report fails or stays quiet.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "TOKENIZERS_PARALLELISM": "false",
}
_SECONDS = 900


class BenchmarkFailed(NewsdeskError):
    """A pipeline ended without figures."""


@dataclass(slots=True)
class Measured:
    """One pipeline over all rounds; what was found and the vectors are the first round's."""

    rounds: list[Figures] = field(default_factory=list)
    found: list[list[Hit]] = field(default_factory=list)
    vectors: Vectors | None = None


def run(kinds: Sequence[Kind], folder: Path, *, rounds: int, models: Path) -> dict[str, Measured]:
    """Each pipeline's figures by its name; they take turns, in the other direction every second round.

    Raises BenchmarkFailed with the end of what the failed process wrote.
    """
    measured = {kind.name: Measured() for kind in kinds}
    for number in range(rounds):
        for kind in kinds if number % 2 == 0 else kinds[::-1]:
            log.info("round %d of %d: %s", number + 1, rounds, kind.title)
            place = folder / f"{kind.name}-{number}"
            place.mkdir()
            apart(["--work", kind.name, str(place)], models=models)
            _collect(place, measured[kind.name])
            shutil.rmtree(place)
    return measured


def reference(folder: Path, *, models: Path) -> Vectors:
    """The vectors of sentence-transformers for the prepared texts."""
    log.info("vectors of sentence-transformers, to compare with")
    apart(["--work", "reference", str(folder)], models=models)
    vectors: Vectors = np.load(folder / "vectors.npy")
    return vectors


def apart(arguments: Sequence[str], *, models: Path) -> None:
    """Run ``python -m benchmarks.speed`` with these arguments, offline, without the settings of who started it."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NEWSDESK_")} | OFFLINE
    environment |= {"NEWSDESK_MODELS": str(models)}
    command = [sys.executable, "-m", "benchmarks.speed", *arguments]
    try:
        done = subprocess.run(
            command, env=environment, cwd=CHECKOUT, capture_output=True, encoding="utf-8", errors="replace", timeout=_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise BenchmarkFailed(f"{' '.join(arguments)} took more than {_SECONDS} s and was stopped: give it fewer articles.") from error
    if done.returncode:
        raise BenchmarkFailed(f"{' '.join(arguments)} failed with exit {done.returncode}:\n{done.stderr[-4000:]}")


def _collect(place: Path, measured: Measured) -> None:
    measured.rounds.append(json.loads((place / "figures.json").read_text(encoding="utf-8")))
    if len(measured.rounds) > 1:
        return
    rankings = json.loads((place / "found.json").read_text(encoding="utf-8"))
    measured.found = [[Hit(**hit) for hit in hits] for hits in rankings]
    if (place / "vectors.npy").exists():
        measured.vectors = np.load(place / "vectors.npy")
