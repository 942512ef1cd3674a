"""How much of an article survives reading its web page, and how much else comes with it, beside plain trafilatura.

    python benchmarks/cleaning.py --split dev|test [--pages] [--json FILE]

Words are compared in order: the longest common subsequence of the words kept and the words labelled, over the words kept (precision) and over those
labelled (recall). Overall figures are means over pages, so that a long page counts as much as a short one, with a bootstrap interval over pages;
"pooled" counts words instead. A title, writer or outlet is right where it equals the label but for case; a date where it is the same instant, and for a
label without a clock the same day. A page that was refused keeps no words.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import trafilatura
from rapidfuzz.distance import LCSseq

from rag.errors import RejectedFile
from rag.intake.fields import Place
from rag.intake.web import read_html

PAGES = Path(__file__).parents[1] / "tests" / "webpages"
FIELDS = ("title", "source", "author", "published", "updated", "url")
_RESAMPLES = 10_000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Kept:
    """What a way of reading made of a page; None where it refused it."""

    text: str
    fields: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Score:
    """How one page came out: words labelled, kept and common, and which labelled fields are right."""

    page: str
    labelled: int
    kept: int
    common: int
    right: dict[str, bool]

    @property
    def precision(self) -> float:
        return self.common / self.kept if self.kept else 0.0

    @property
    def recall(self) -> float:
        return self.common / self.labelled


def words(text: str) -> list[str]:
    """The words that are compared: letters and digits, in one case, without soft hyphens."""
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text.replace("\u00ad", "")).lower())


def pages(split: str) -> list[Path]:
    """The labelled pages of one half, or of both for "all"."""
    wanted = {"dev": (0,), "test": (1,), "all": (0, 1)}[split]
    return [path for path in sorted(PAGES.glob("*.html")) if int(path.name[:3]) % 2 in wanted]


def newsdesk(path: Path) -> Kept:
    """What Newsdesk stores."""
    try:
        article = read_html(path.read_bytes(), Place("pages", path.name, 200_000)).articles[0]
    except RejectedFile:
        return Kept("", {})
    return Kept(article.text, {name: getattr(article, name) for name in FIELDS})


def plain_trafilatura(path: Path) -> Kept:
    """What `trafilatura.extract()` and `extract_metadata()` give with their defaults."""
    raw = path.read_bytes()
    text = trafilatura.extract(raw) or ""
    found = trafilatura.extract_metadata(raw)
    fields = {
        "title": found.title,
        "source": found.sitename,
        "author": found.author,
        "published": found.date,
        "updated": None,
        "url": found.url,
    }
    return Kept(text, fields)


def score(path: Path, kept: Kept) -> Score:
    """The page's words and fields against its labels."""
    label = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    gold, got = words(" ".join(label["text"])), words(kept.text)
    right = {name: _same(name, label[name], kept.fields.get(name)) for name in FIELDS if label[name]}
    return Score(path.stem, len(gold), len(got), int(LCSseq.similarity(gold, got)), right)


def _same(name: str, label: str, found: str | None) -> bool:
    if not found:
        return False
    if name not in ("published", "updated"):
        return re.sub(r"\W+", " ", label).strip().lower() == re.sub(r"\W+", " ", found).strip().lower()
    if len(label) == 10:
        return found[:10] == label
    one, two = datetime.fromisoformat(label), datetime.fromisoformat(found)
    return two.tzinfo is not None and one == two


def interval(values: Iterable[float]) -> tuple[float, float, float]:
    """Mean and 95 % bootstrap interval."""
    sample = np.array(list(values))
    means = np.random.default_rng(_SEED).choice(sample, (_RESAMPLES, len(sample))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(sample.mean()), float(low), float(high)


def summary(scores: list[Score]) -> dict[str, object]:
    """All figures of one way of reading."""
    fields = {name: [s.right[name] for s in scores if name in s.right] for name in FIELDS}
    common = sum(s.common for s in scores)
    return {
        "pages": len(scores),
        "precision": interval(s.precision for s in scores),
        "recall": interval(s.recall for s in scores),
        "pooled": (common / max(1, sum(s.kept for s in scores)), common / sum(s.labelled for s in scores)),
        "fields": {name: (sum(values), len(values)) for name, values in fields.items()},
    }


def measure(read: Callable[[Path], Kept], split: str) -> tuple[list[Score], float]:
    """The scores of all pages of the half, and the seconds that reading them took."""
    began = time.perf_counter()
    kept = [(path, read(path)) for path in pages(split)]
    seconds = time.perf_counter() - began
    return [score(path, got) for path, got in kept], seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=["dev", "test", "all"], default="dev")
    parser.add_argument("--pages", action="store_true", help="print each page's figures too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    out = {}
    for name, read in (("newsdesk", newsdesk), ("trafilatura", plain_trafilatura)):
        scores, seconds = measure(read, options.split)
        if options.pages:
            for s in scores:
                wrong = " ".join(key for key, right in s.right.items() if not right)
                print(f"  {s.page:32} P {s.precision:.3f}  R {s.recall:.3f}  {wrong}")
        figures = summary(scores)
        out[name] = {"summary": figures, "seconds": seconds, "pages": [asdict(s) for s in scores]}
        print(f"{name}, {options.split}, {len(scores)} pages, {seconds:.2f} s")
        for key in ("precision", "recall"):
            print("  {:9} {:.3f} (95 % {:.3f} to {:.3f})".format(key, *figures[key]))
        print("  pooled    precision {:.3f}, recall {:.3f}".format(*figures["pooled"]))
        print("  right     " + ", ".join(f"{field} {hit}/{of}" for field, (hit, of) in figures["fields"].items()))
    if options.json:
        options.json.write_text(json.dumps(out, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
