"""The figures of growth.py as a table, and drawn over the number of chunks, both axes logarithmic, so that what grows in a straight line is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import altair as alt

Figures = dict[str, Any]

_PANELS: tuple[tuple[str, dict[str, Callable[[Figures], float]]], ...] = (
    (
        "a question, ms",
        {
            "answer p50": lambda f: f["ask"]["synthetic"]["ask"]["p50"],
            "answer p95": lambda f: f["ask"]["synthetic"]["ask"]["p95"],
            "without the reader p50": lambda f: f["ask"]["synthetic"]["without_reader"]["p50"],
            "without the reader p95": lambda f: f["ask"]["synthetic"]["without_reader"]["p95"],
        },
    ),
    (
        "a sync without the model, s",
        {
            "first": lambda f: f["new"]["without_model"],
            "nothing changed": lambda f: f["unchanged"]["without_model"],
            "ten changed": lambda f: f["changed"]["without_model"],
        },
    ),
    (
        "memory, MB",
        {"peak of the first sync": lambda f: f["new"]["peak_mb"], "serving": lambda f: f["ask"]["resident_mb"]},
    ),
    ("disk, MB", {"library": lambda f: f["library_mb"], "index": lambda f: f["index_mb"]}),
)


_ROWS: Sequence[tuple[str, Callable[[Figures], Any], int]] = (
    ("articles", lambda f: f["new"]["articles"], 0),
    ("chunks", lambda f: f["new"]["chunks"], 0),
    ("vectors drawn", lambda f: "yes" if f["drawn"] else "no", 0),
    ("first sync without the model, s", lambda f: f["new"]["without_model"], 1),
    ("the model for as many, s (n = 256)", lambda f: f["new"]["model_ms_per_chunk"] * f["new"]["chunks"] / 1000, 0),
    ("nothing changed, s", lambda f: f["unchanged"]["without_model"], 1),
    ("ten changed, s", lambda f: f["changed"]["without_model"], 1),
    (
        "peak memory of the three, MB (drawn or kept vectors: without the model's own)",
        lambda f: ", ".join(f"{f[name]['peak_mb']:.0f}" for name in ("new", "unchanged", "changed")),
        0,
    ),
    ("opening and three questions, s", lambda f: f["ask"]["open"], 1),
    ("answer p50, ms", lambda f: f["ask"]["synthetic"]["ask"]["p50"], 0),
    ("answer p95, ms", lambda f: f["ask"]["synthetic"]["ask"]["p95"], 0),
    ("without the reader p50, ms", lambda f: f["ask"]["synthetic"]["without_reader"]["p50"], 0),
    ("without the reader p95, ms", lambda f: f["ask"]["synthetic"]["without_reader"]["p95"], 0),
    ("search alone p50, ms", lambda f: f["ask"]["synthetic"]["search"]["p50"], 0),
    ("search alone p95, ms", lambda f: f["ask"]["synthetic"]["search"]["p95"], 0),
    ("search in one outlet p50, ms", lambda f: f["ask"]["outlet_search"]["p50"], 0),
    ("search in one week p50, ms", lambda f: f["ask"]["week_search"]["p50"], 0),
    ("search since 2024 p50, ms", lambda f: f["ask"]["since_search"]["p50"], 0),
    ("corpus's prompts: answer p50, ms", lambda f: f["ask"]["corpus"]["ask"]["p50"], 0),
    ("corpus's prompts: answer p95, ms", lambda f: f["ask"]["corpus"]["ask"]["p95"], 0),
    ("corpus's prompts: without the reader p50, ms", lambda f: f["ask"]["corpus"]["without_reader"]["p50"], 0),
    ("Chroma's part p50, ms", lambda f: f["recall"]["nearest"]["p50"], 1),
    ("recall@10 of the index", lambda f: f["recall"]["recall_10"], 4),
    ("recall@50 of the index", lambda f: f["recall"]["recall_50"], 4),
    ("nearest neighbours' cosine, 10/50/90 %", lambda f: "/".join(map(str, f["recall"]["neighbour_similarity"])), 0),
    ("memory of the serving process, MB", lambda f: f["ask"]["resident_mb"], 0),
    ("library on disk, MB", lambda f: f["library_mb"], 0),
    ("index on disk, a generation, MB", lambda f: f["index_mb"], 0),
)


def table(report: Figures) -> str:
    """The figures as a Markdown table, a size a column."""
    lines = [
        f"{report['date']}, commit {report['commit']}, {report['machine']}, load before {report['load']}",
        f"`{report['command']}`",
        "",
    ]
    lines += ["| | " + " | ".join(f"{size['asked']:,}" for size in report["sizes"]) + " |", "| --- |" + " ---: |" * len(report["sizes"])]
    for name, read, decimals in _ROWS:
        cells = [read(size) for size in report["sizes"]]
        lines.append(f"| {name} | " + " | ".join(cell if isinstance(cell, str) else f"{cell:,.{decimals}f}" for cell in cells) + " |")
    return "\n".join(lines)


def chart(report: Figures, file: Path) -> None:
    """Write a chart of four panels; the suffix of the file says whether SVG or PNG. Needs vl-convert, of the extra bench."""
    panels = [_panel(title, lines, report["sizes"]) for title, lines in _PANELS]
    # Each panel has a legend of its own, which has to be said of each row and of the whole.
    rows = [(left | right).resolve_scale(color="independent") for left, right in (panels[:2], panels[2:])]
    alt.vconcat(*rows).resolve_scale(color="independent").configure(background="white").save(str(file))


def _panel(title: str, lines: dict[str, Callable[[Figures], float]], sizes: list[Figures]) -> alt.Chart:
    rows = [{"chunks": size["new"]["chunks"], "value": read(size), "what": name} for name, read in lines.items() for size in sizes]
    return (
        alt.Chart(alt.Data(values=rows), width=300, height=220)
        .mark_line(point=True)
        .encode(
            x=alt.X("chunks:Q", title="chunks", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=4, format="~s")),
            y=alt.Y("value:Q", title=title, scale=alt.Scale(type="log"), axis=alt.Axis(format="~s")),
            color=alt.Color("what:N", title=None, sort=None, legend=alt.Legend(orient="bottom", columns=2)),
        )
    )
