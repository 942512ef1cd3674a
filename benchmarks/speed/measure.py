"""Measures one pipeline in this process, and leaves figures, what was found and the vectors in a folder; it loads no other pipeline."""

from __future__ import annotations

import json
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.speed.kinds import Answering, Kind, Pipeline

Figures = dict[str, float]

# What every pipeline brings for a timed search.
PASSAGES = 8
# A whole answer takes ten times as long as a search or more; so many give a median.
_ASKED = 40
_WARM_UPS = ("Who spoke at the meeting?", "How much did the new roof cost?", "When does the exhibition open?")


def measure(kind: Kind, place: Path, *, depth: int) -> None:
    """Write ``figures.json``, ``found.json`` (``depth`` passages a question) and, of an embedder, ``vectors.npy`` into ``place``.

    Articles, questions and texts lie in the folder above it.
    """
    prepared = place.parent
    questions, texts = (json.loads((prepared / name).read_text(encoding="utf-8")) for name in ("questions.json", "texts.json"))
    began, busy = time.perf_counter(), _busy_elsewhere()
    figures: Figures = {}
    pipeline: list[Pipeline] = []
    _spent("ready", figures, lambda: pipeline.append(kind.open(place / "home", prepared)))
    (opened,) = pipeline
    _spent("index", figures, lambda: opened.index(prepared / "articles"))
    figures["chunks"] = opened.size()
    figures |= _latencies("search", lambda question: opened.search(question, PASSAGES), questions)
    if isinstance(opened, Answering):
        figures |= _latencies("ask", opened.ask, questions[:_ASKED])
    figures["peak_mb"] = _peak()
    found = [[asdict(hit) for hit in opened.search(question, depth)] for question in questions]
    (place / "found.json").write_text(json.dumps(found), encoding="utf-8")
    if kind.keeps:
        _spent("again", figures, lambda: opened.index(prepared / "articles"))
        figures["again_chunks"] = opened.size()
    if kind.embeds:
        _embedding(opened, texts, figures, place)
    if busy is not None and (busy_now := _busy_elsewhere()) is not None:
        # Clock ticks of the two counters differ by a few hundredths.
        figures["others"] = max(0.0, busy_now - busy) / (time.perf_counter() - began)
    (place / "figures.json").write_text(json.dumps(figures), encoding="utf-8")


def _embedding(pipeline: Pipeline, texts: Sequence[str], figures: Figures, place: Path) -> None:
    _spent("embed", figures, lambda: np.save(place / "vectors.npy", pipeline.embed(texts)))
    figures["embed_per_s"] = len(texts) / figures["embed_s"]
    figures["embed_per_cpu_s"] = len(texts) / figures["embed_cpu_s"]


def _spent(name: str, figures: Figures, work: Callable[[], object]) -> None:
    """Seconds by the clock, and of the processors: this process and those that it started and that have ended."""
    wall, processor = time.perf_counter(), _processor_seconds()
    work()
    figures[f"{name}_s"], figures[f"{name}_cpu_s"] = time.perf_counter() - wall, _processor_seconds() - processor


def _processor_seconds() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def _latencies(name: str, answer: Callable[[str], object], questions: Sequence[str]) -> Figures:
    for question in _WARM_UPS:
        answer(question)
    took, processor = [], _processor_seconds()
    for question in questions:
        before = time.perf_counter()
        answer(question)
        took.append(1000 * (time.perf_counter() - before))
    cpu = 1000 * (_processor_seconds() - processor) / len(questions)
    p95 = statistics.quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else took[0]
    return {f"{name}_p50_ms": statistics.median(took), f"{name}_p95_ms": p95, f"{name}_cpu_ms": cpu}


def _peak() -> float:
    """Highest resident memory of this process in MB, without the short process in which Newsdesk checks an index.

    As Linux tells it of the program that runs: ``getrusage`` would give a child the peak of the process that forked it.
    """
    return int(Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def _busy_elsewhere() -> float | None:
    """Processor seconds that this machine spent on other processes since it started; None where Linux does not tell."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system, _, _, irq, soft_irq, steal, *_ = map(int, stat.read_text(encoding="utf-8").splitlines()[0].split()[1:])
    return (user + nice + system + irq + soft_irq + steal) / os.sysconf("SC_CLK_TCK") - _processor_seconds()
