"""What the rounds say: medians with lowest and highest, ratios within each round, quality beside them, as data and as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.speed.kinds import KINDS, NEWSDESK, Vectors
from benchmarks.speed.material import Material
from benchmarks.speed.quality import quality
from benchmarks.speed.rounds import Measured

# Name, key, decimals. What a pipeline has not is missing there.
SPEED = (
    ("model ready, s", "ready_s", 2),
    ("index, s", "index_s", 2),
    ("index, processor s", "index_cpu_s", 2),
    ("chunks", "chunks", 0),
    ("embedding alone, chunks/s", "embed_per_s", 1),
    ("embedding alone, chunks a processor s", "embed_per_cpu_s", 1),
    ("index of the unchanged folder, s", "again_s", 2),
    ("chunks after it", "again_chunks", 0),
    ("search p50, ms", "search_p50_ms", 1),
    ("search p95, ms", "search_p95_ms", 1),
    ("whole answer p50, ms", "ask_p50_ms", 1),
    ("whole answer p95, ms", "ask_p95_ms", 1),
    ("peak memory, MB", "peak_mb", 0),
    ("cores that others kept busy", "others", 2),
)
QUALITY = (
    ("right article first", "article_success@1"),
    ("right article among the first 5", "article_success@5"),
    ("MRR of articles", "article_mrr"),
    ("nDCG@10 of articles", "article_ndcg@10"),
    ("right passage first", "passage_success@1"),
    ("right passage among the first 5", "passage_success@5"),
)
_COMPARED = ("ready_s", "index_s", "index_cpu_s", "embed_per_s", "embed_per_cpu_s", "again_s", "search_p50_ms", "peak_mb")
# Bars of the embedder against LangChain's default: chunks/s with bf16 and without, and the least cosine of any chunk.
_BAR_BF16, _BAR_F32, _BAR_COSINE = 3.5, 1.8, 0.999
# Operations a token in the linear layers of all-MiniLM-L6-v2: two for each of their weights, in six layers of four 384 x 384 and two 384 x 1,536.
_LINEAR_FLOP = 2 * 6 * (4 * 384**2 + 2 * 384 * 1536)
_NOTES = """\
Ready: imports and loading, Newsdesk's reader included. Index: from the files to a searchable index on disk. Embedding alone: the same texts for all, Newsdesk's chunks with title and day ahead.
Search: eight passages for a question; LangChain's `similarity_search`, txtai's `search`, Chroma's `query`, Newsdesk's before the reader. Whole answer: Newsdesk's; the others would need a chat model.
p50, p95: one process, distinct questions, after 3 others. Peak memory: of the process, before embedding alone. Above about 0.1 cores kept busy by others the times are those of a busy machine: measure again.
Quality: the first round, 20 passages deep. A passage is right where it is of a right article and holds every fact of the prompt; the others' passages are longer (1,000 characters), which helps them there."""

Report = dict[str, Any]


def summary(measured: Mapping[str, Measured], material: Material, reference: Vectors | None) -> Report:
    """Per pipeline: figures, quality and the least cosine to the reference; and Newsdesk's figures over each other's."""
    pipelines = {
        name: {
            "title": KINDS[name].title,
            "figures": {key: spread([figures[key] for figures in of.rounds]) for key in of.rounds[0]},
            "quality": {key: asdict(estimate) for key, estimate in quality(material.wanted, of.found).items()},
            "least_cosine": None if reference is None or of.vectors is None else least_cosine(of.vectors, reference),
        }
        for name, of in measured.items()
    }
    own = measured.get(NEWSDESK)
    ratios = {name: _ratios(own.rounds, of.rounds) for name, of in measured.items() if own and name != NEWSDESK}
    return {"pipelines": pipelines, "ratios": ratios, "rounds": {name: of.rounds for name, of in measured.items()}}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def least_cosine(vectors: Vectors, reference: Vectors) -> float:
    """The lowest cosine between two rows of the same place."""
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(reference, axis=1)
    return float(((vectors * reference).sum(axis=1) / lengths).min())


def _ratios(own: Sequence[Mapping[str, float]], other: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Newsdesk's figure over the other's in the same round, whose processes ran near each other in time."""
    keys = [key for key in _COMPARED if key in own[0] and key in other[0]]
    return {key: spread([a[key] / b[key] for a, b in zip(own, other, strict=True)]) for key in keys}


def markdown(report: Report) -> str:
    """Circumstances, the tables of speed, quality and ratios, and whether the embedder meets its bars."""
    pipelines = report["pipelines"]
    titles = [pipeline["title"] for pipeline in pipelines.values()]
    speed = [[name, *(_cell(p["figures"].get(key), decimals) for p in pipelines.values())] for name, key, decimals in SPEED]
    good = [[name, *(_share(p["quality"][key]) for p in pipelines.values())] for name, key in QUALITY]
    cosines = ["least cosine to sentence-transformers", *(_cosine(p["least_cosine"]) for p in pipelines.values())]
    names = {key: name for name, key, _ in SPEED}
    others = list(report["ratios"])
    ratios = [[names[key], *(_cell(report["ratios"][other].get(key), 2) for other in others)] for key in _COMPARED]
    parts = [
        _circumstances(report),
        _table(["", *titles], [*speed, cosines]),
        f"Retrieval over {report['questions']} prompts of the test half, 95 % intervals ({_passages(pipelines)} of them say which passage answers):",
        _table(["", *titles], good),
    ]
    if ratios and others:
        parts += ["Newsdesk's figure over the other's, within each round:", _table(["", *(pipelines[o]["title"] for o in others)], ratios)]
    return "\n\n".join([*parts, *bars(report), _NOTES]) + "\n"


def bars(report: Report) -> list[str]:
    """Whether the embedder is as fast and as exact as is asked of it; nothing where it was not measured."""
    said = []
    own = report["pipelines"].get(NEWSDESK, {})
    if ratio := report["ratios"].get("langchain", {}).get("embed_per_s"):
        has_bf16 = bool({"avx512_bf16", "amx_bf16"} & set(report["machine"]["flags"]))
        bar = _BAR_BF16 if has_bf16 else _BAR_F32
        verdict = "met" if ratio["median"] >= bar else "missed"
        said.append(
            f"Embedding alone beside LangChain's default: {_cell(ratio, 2)} times as fast; the bar on this processor is {bar}: {verdict}."
        )
        if not has_bf16:
            most, reached = (
                report["machine"]["multiplies_gflops"],
                _LINEAR_FLOP * report["tokens"] / own["figures"]["embed_s"]["median"] / 1e9,
            )
            said.append(
                f"numpy multiplies matrices of f32 here at {most:.0f} GFLOPS, the embedder's linear layers alone at {reached:.0f}, {reached / most:.0%} of that:"
                f" as fast as numpy it would be {ratio['median'] * most / reached:.2f} times as fast as LangChain's default."
            )
    if (least := own.get("least_cosine")) is not None:
        verdict = "met" if least >= _BAR_COSINE else "missed"
        said.append(f"Least cosine over the {report['texts']} chunks of the corpus: {least:.5f}; the bar is {_BAR_COSINE}: {verdict}.")
    return said


def _circumstances(report: Report) -> str:
    machine, versions = report["machine"], report["versions"]
    return "\n".join(
        [
            "```",
            report["command"],
            f"{report['date']}, commit {report['commit']}",
            f"{machine['cpu']}, {machine['cores']} cores ({', '.join(machine['flags'])}), load before {machine['load_average_before']}",
            ", ".join(f"{name} {version}" for name, version in versions.items()),
            f"{report['articles']:,} articles, {report['questions']} questions, {report['rounds_asked']} rounds: median [lowest, highest]",
            "```",
        ]
    )


def _passages(pipelines: Mapping[str, Any]) -> int:
    return int(next(iter(pipelines.values()))["quality"]["passage_success@1"]["n"])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(figure: Mapping[str, float] | None, decimals: int) -> str:
    if figure is None:
        return "–"
    median, lowest, highest = (f"{figure[key]:,.{decimals}f}" for key in ("median", "lowest", "highest"))
    return median if lowest == highest else f"{median} [{lowest}, {highest}]"


def _share(estimate: Mapping[str, float | None]) -> str:
    if estimate["value"] is None:
        return "–"
    known = estimate["low"] is not None and estimate["high"] is not None
    return f"{estimate['value']:.2f} [{estimate['low']:.2f}, {estimate['high']:.2f}]" if known else f"{estimate['value']:.2f}"


def _cosine(least: float | None) -> str:
    return "–" if least is None else f"{least:.5f}"
