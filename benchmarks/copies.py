"""How well copies are told from articles that only resemble each other, over the labelled pairs of copies.jsonl.

    python -m benchmarks.copies --split dev|test [--pairs] [--json FILE]

A pair counts as found where its texts meet in a band of the index and are then found to be copies, as in a library. Intervals are Wilson's, at 95 %.
They treat pairs as independent, though several come of one story, so they are somewhat too narrow.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

from rag.text.copies import bands, contained, contradicts, is_copy, reduce

PAIRS = Path(__file__).with_suffix(".jsonl")
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made of one labelled pair; ``met`` says whether its texts were compared at all."""

    id: str
    kind: str
    copy: bool
    met: bool
    found: bool
    contained: float
    contradicts: bool


def pairs(split: str) -> list[dict[str, Any]]:
    """The labelled pairs of one half, or of both for "all"."""
    lines = PAIRS.read_text(encoding="utf-8").splitlines()
    return [pair for pair in map(json.loads, lines) if split in (pair["split"], "all")]


def outcome(pair: dict[str, Any]) -> Outcome:
    """Compare one pair as a library does."""
    met = not set(bands(pair["one"])).isdisjoint(bands(pair["other"]))
    one, other = reduce(pair["one"]), reduce(pair["other"])
    found = met and is_copy(one, other)
    return Outcome(pair["id"], pair["kind"], pair["copy"], met, found, contained(one, other), contradicts(one, other))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Interval of a share; (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, _Z**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * (share * (1 - share) / of + square / (4 * of * of)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def figures(outcomes: Iterable[Outcome]) -> dict[str, tuple[int, int]]:
    """Hits and totals: precision, recall, and by kind how many came out as labelled."""
    rows = list(outcomes)
    found, copies = [o for o in rows if o.found], [o for o in rows if o.copy]
    out = {"precision": (sum(o.copy for o in found), len(found)), "recall": (sum(o.found for o in copies), len(copies))}
    for kind in dict.fromkeys(o.kind for o in rows):
        of_kind = [o for o in rows if o.kind == kind]
        out[kind] = (sum(o.found == o.copy for o in of_kind), len(of_kind))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=["dev", "test", "all"], default="dev")
    parser.add_argument("--pairs", action="store_true", help="print each pair that came out other than labelled")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    outcomes = [outcome(pair) for pair in pairs(options.split)]
    print(f"{options.split}, {len(outcomes)} pairs, {sum(o.copy for o in outcomes)} of them copies")
    for name, (hits, of) in figures(outcomes).items():
        low, high = wilson(hits, of)
        print(f"  {name:28} {hits:3} of {of:3}  {hits / of if of else float('nan'):.3f} [{low:.3f}, {high:.3f}]")
    for o in outcomes if options.pairs else ():
        if o.found != o.copy:
            print(f"  {o.id} {o.kind}: met {o.met}, contained {o.contained:.2f}, contradicts {o.contradicts}")
    if options.json:
        options.json.write_text(json.dumps([asdict(o) for o in outcomes], indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
