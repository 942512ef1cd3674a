"""The steps of growth.py, each in a process of its own: a sync, questions, the index beside brute force; they use what Newsdesk itself uses."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from synthetic import questions, story
from vectors import Drawn, Kept, exact, neighbour_similarity, recall

from rag.assistant import Assistant
from rag.records import Filters
from rag.settings import CHECKOUT, Settings
from rag.store.sync import sync

Figures = dict[str, Any]

CORPUS = CHECKOUT / "corpus"
# Texts whose embedding is timed where the vectors were kept or are drawn.
_TIMED = 256
_WARM_UPS = ("Who spoke at the meeting?", "How much did the new roof cost?", "When does the exhibition open?")
_NEAREST = (10, 50)


def step_sync(place: Path, settings: Settings, chosen: Figures) -> Figures:
    """One pass over the articles, and over the sample corpus where it is the first."""
    embedder = _embedder(settings, chosen)
    assistant = Assistant(settings, embedder=embedder)
    embedder.count_tokens(["The tokenizer is loaded."])
    sources = [place / "articles", CORPUS / "articles"] if chosen["first"] else []
    began = time.perf_counter()
    report = sync(assistant.stores, sources)
    seconds = time.perf_counter() - began
    found = {
        "seconds": seconds,
        "without_model": seconds - embedder.seconds,
        "embedded": embedder.texts,
        "counts": [report.added, report.changed, report.removed, report.unchanged],
        "chunks": assistant.overview().chunks,
        "articles": assistant.overview().articles,
        "peak_mb": peak(),
    }
    if chosen["first"]:
        found["model_ms_per_chunk"] = _ms_per_chunk(assistant)
    if isinstance(embedder, Kept) and embedder.texts:
        embedder.keep()
    return found


def _embedder(settings: Settings, chosen: Figures) -> Kept | Drawn:
    file = Path(chosen["vectors"])
    if not chosen["drawn"]:
        return Kept(file, cache=settings.models_folder)
    with np.load(file) as held:
        return Drawn(held["vectors"], angle=chosen["angle"], cache=settings.models_folder)


def _ms_per_chunk(assistant: Assistant) -> float:
    """What the model itself takes, over chunks spread over the library, in batches as sync makes them."""
    with assistant.library.snapshot() as db:
        texts = [
            row[0]
            for row in db.execute(
                "SELECT header || char(10) || text FROM chunks_fts ORDER BY rowid * 2654435761 % 1000003 LIMIT ?", (_TIMED,)
            )
        ]
    model = Assistant(assistant.settings).embedder
    model.warm()
    began = time.perf_counter()
    for start in range(0, len(texts), 128):
        model.embed(sorted(texts, key=len)[start : start + 128])
    return 1000 * (time.perf_counter() - began) / len(texts)


def step_ask(place: Path, settings: Settings, chosen: Figures) -> Figures:
    """Questions, one after the other, to one assistant as it serves: whole answers, then the search alone."""
    began = time.perf_counter()
    assistant = Assistant(settings)
    for question in _WARM_UPS:
        assistant.ask(question)
    opened = time.perf_counter() - began
    tests = yaml.safe_load((CORPUS / "prompts.yaml").read_text(encoding="utf-8"))["tests"]
    prompts = list(dict.fromkeys(test["question"] for test in tests if "history" not in test))[: chosen["questions"] // 2]
    asked = questions(chosen["questions"], articles=chosen["articles"])
    found: Figures = {"open": opened, "resident_opened_mb": _resident()}
    for name, several in (("synthetic", asked), ("corpus", prompts)):
        answers = [assistant.ask(question) for question in several]
        total = [1000 * (answer.seconds.total or 0) for answer in answers]
        read = [1000 * (answer.seconds.read or 0) for answer in answers]
        found[name] = {
            "n": len(several),
            "answered": sum(answer.status == "answered" for answer in answers),
            "ask": _spread(total),
            "retrieve": _spread(1000 * (answer.seconds.retrieve or 0) for answer in answers),
            "read": _spread(read),
            "without_reader": _spread(whole - part for whole, part in zip(total, read, strict=True)),
            "search": _spread(_took(lambda question=question: assistant.search(question)) for question in several),
        }
    found["resident_mb"], found["peak_mb"] = _resident(), peak()
    outlet = story(0).source
    for name, filters in (
        ("outlet_search", Filters(outlets=(outlet,))),
        ("week_search", Filters(since=date(2024, 1, 1), until=date(2024, 1, 7))),
        ("since_search", Filters(since=date(2024, 1, 1))),
    ):
        found[name] = _spread(_took(lambda q=q, f=filters: assistant.search(q, filters=f)) for q in asked[:50])
    return found


def step_recall(place: Path, settings: Settings, chosen: Figures) -> Figures:
    """Chroma's nearest chunks beside the true ones, and how near they are to each other."""
    assistant = Assistant(settings)
    meta, rows = assistant.library.meta(), assistant.library.chunk_rows()
    ids = sorted(rows)
    vectors = assistant.library.vectors(meta["model"], [rows[id][0] for id in ids])
    asked = assistant.embedder.embed(questions(chosen["questions"], articles=chosen["articles"]))
    index = assistant.stores.indexes.reader(meta["generation"])
    found, took = {limit: list[float]() for limit in _NEAREST}, list[float]()
    for question in asked:
        wanted = [ids[place] for place in exact(vectors, question, max(_NEAREST))]
        began = time.perf_counter()
        near = [id for id, _ in index.nearest(question, filters=Filters(), limit=max(_NEAREST))]
        took.append(1000 * (time.perf_counter() - began))
        for limit in _NEAREST:
            found[limit].append(recall(near[:limit], wanted[:limit]))
    similar = neighbour_similarity(vectors, vectors)
    return {f"recall_{limit}": statistics.mean(shares) for limit, shares in found.items()} | {
        "n": len(asked),
        "nearest": _spread(took),
        "neighbour_similarity": [round(float(cut), 3) for cut in np.quantile(similar, [0.1, 0.5, 0.9])],
    }


STEPS: dict[str, Callable[[Path, Settings, Figures], Figures]] = {"sync": step_sync, "ask": step_ask, "recall": step_recall}


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def _spread(values: Iterable[float]) -> dict[str, float]:
    """Median and 95th percentile, in the unit of the values."""
    p50, p95 = np.quantile(list(values), [0.5, 0.95])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2)}


def peak() -> float:
    """Highest resident memory of this process, MB of 2^20 bytes; ``getrusage`` would give it the peak of the process that forked it."""
    return _memory("VmHWM")


def _resident() -> float:
    return _memory("VmRSS")


def _memory(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{name}:")[1].split()[0]) / 1024
