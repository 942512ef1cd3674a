"""The report as a picture: a bar for each pipeline in four panels, lowest to highest as a line; SVG by hand, which needs no plotting library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.speed.kinds import NEWSDESK
from benchmarks.speed.report import Report

_WIDTH, _LABELS, _ROW, _HEAD, _GAP = 780, 210, 22, 34, 18
# Room at the right for the figure in words.
_BARS = _WIDTH - _LABELS - 120
_OWN, _OTHER, _INK, _MUTED = "#0b5cad", "#9aa5b1", "#1b2430", "#52606d"


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure with its lowest and highest."""

    name: str
    title: str
    value: float
    low: float
    high: float


def chart(report: Report) -> str:
    """An SVG of its own white ground, readable in light and dark pages."""
    panels = [
        ("Embedding alone, chunks a second (more is better)", _figures(report, "embed_per_s"), 0),
        ("Imported and loaded, seconds (less is better)", _figures(report, "ready_s"), 1),
        ("Finding eight passages, median milliseconds (less is better)", _figures(report, "search_p50_ms"), 1),
        (f"Right article first, share of {report['questions']} questions (more is better)", _qualities(report, "article_success@1"), 2),
    ]
    parts, top = list[str](), _GAP
    for title, bars, decimals in panels:
        if bars:
            parts += _panel(title, bars, decimals, top)
            top += _HEAD + _ROW * len(bars) + _GAP
    foot = f"Lines: lowest to highest of {report['rounds_asked']} rounds; of shares the 95 % interval. {report['machine']['cores']} cores, {report['articles']:,} articles, commit {report['commit']}"
    parts.append(f'<text x="{_GAP}" y="{top + 4}" fill="{_MUTED}" font-size="11">{escape(foot)}</text>')
    top += _GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" height="{top}" role="img" font-family="system-ui, sans-serif" font-size="13">'
    ground = f"<title>Newsdesk beside other pipelines</title><rect width='{_WIDTH}' height='{top}' fill='#ffffff'/>"
    return "\n".join([head, ground, *parts, "</svg>", ""])


def _panel(title: str, bars: Sequence[Bar], decimals: int, top: int) -> list[str]:
    most = max(bar.high for bar in bars) or 1.0
    parts = [f'<text x="{_GAP}" y="{top + 16}" fill="{_INK}" font-weight="600">{escape(title)}</text>']
    for number, bar in enumerate(bars):
        y = top + _HEAD + _ROW * number
        middle = y + _ROW // 2 - 3
        length, low, high = (_BARS * value / most for value in (bar.value, bar.low, bar.high))
        colour = _OWN if bar.name == NEWSDESK else _OTHER
        weight = "600" if bar.name == NEWSDESK else "400"
        parts += [
            f'<text x="{_LABELS - 8}" y="{middle + 4}" text-anchor="end" fill="{_INK}" font-weight="{weight}">{escape(bar.title)}</text>',
            f'<rect x="{_LABELS}" y="{y}" width="{length:.1f}" height="{_ROW - 6}" fill="{colour}"/>',
            f'<path d="M{_LABELS + low:.1f} {middle}H{_LABELS + high:.1f}" stroke="{_INK}" stroke-width="1.5"/>',
            f'<text x="{_LABELS + max(length, high) + 6:.1f}" y="{middle + 4}" fill="{_MUTED}">{bar.value:,.{decimals}f}</text>',
        ]
    return parts


def _figures(report: Report, key: str) -> list[Bar]:
    of = report["pipelines"].items()
    spreads = [(name, p["title"], p["figures"][key]) for name, p in of if key in p["figures"]]
    return [Bar(name, title, s["median"], s["lowest"], s["highest"]) for name, title, s in spreads]


def _qualities(report: Report, key: str) -> list[Bar]:
    of = [(name, p["title"], p["quality"][key]) for name, p in report["pipelines"].items()]
    return [Bar(name, title, e["value"], *_interval(e)) for name, title, e in of if e["value"] is not None]


def _interval(estimate: Mapping[str, float]) -> tuple[float, float]:
    """A point where resampling says nothing."""
    known = estimate["low"] is not None and estimate["high"] is not None
    return (estimate["low"], estimate["high"]) if known else (estimate["value"], estimate["value"])
