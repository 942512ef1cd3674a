"""A run as one self-contained HTML page: figures, curve, latency, and every prompt with what was found, quoted and checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rag.evaluate.runs import Result

# A page with more prompts than this is slow to open; those that did not pass come first, the rest is in the JSON output.
MOST_ROWS = 1000
_PASSAGES = 8
_BARS = 24
_WIDTH, _HEIGHT = 420, 220

# Articles, answers and prompts are untrusted: everything is escaped, and the page's policy allows neither scripts nor requests.
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def write_page(file: IO[str], head: dict[str, Any], results: Iterable[Result]) -> None:
    """Write the page; ``head`` is what report.report_head gives."""
    rows, seconds, total = _rows(results)
    context = head | {
        "rows": rows,
        "left_out": total - len(rows),
        "curve": _curve(head["risk_curve"]),
        "bars": _histogram(seconds),
        "width": _WIDTH,
        "height": _HEIGHT,
        "passages": _PASSAGES,
    }
    for part in _TEMPLATES.get_template("page.html.j2").generate(**context):
        file.write(part)


def _rows(results: Iterable[Result]) -> tuple[list[Result], list[float], int]:
    """What did not pass first, then what did, as many as the page takes; every time that was measured; how many results there are."""
    missed: list[Result] = []
    passed: list[Result] = []
    seconds: list[float] = []
    total = 0
    for result in results:
        total += 1
        if (taken := result.scores.get("seconds")) is not None:
            seconds.append(taken)
        kept = passed if result.status == "passed" else missed
        if len(kept) < MOST_ROWS:
            kept.append(result)
    return [*missed, *islice(passed, MOST_ROWS - len(missed))], seconds, total


def _curve(points: Sequence[dict[str, float]]) -> str:
    """The risk and coverage curve as the points of an SVG polyline; coverage to the right, risk upwards."""
    return " ".join(f"{p['coverage'] * _WIDTH:.1f},{(1 - p['risk']) * _HEIGHT:.1f}" for p in points)


def _histogram(seconds: Sequence[float]) -> list[dict[str, float]]:
    """Bars of equal width on a logarithmic axis of milliseconds, with the share of prompts in each."""
    if not seconds:
        return []
    logs = [math.log10(max(1e-4, value) * 1000) for value in seconds]
    low, high = min(logs), max(logs)
    step = (high - low) / _BARS or 0.05
    counts = [0] * _BARS
    for value in logs:
        counts[min(_BARS - 1, int((value - low) / step))] += 1
    width, most = _WIDTH / _BARS, max(counts)
    return [
        {
            "x": number * width,
            "width": width - 1,
            "height": count / most * _HEIGHT,
            "count": count,
            "from": 10 ** (low + number * step),
            "to": 10 ** (low + (number + 1) * step),
        }
        for number, count in enumerate(counts)
    ]
