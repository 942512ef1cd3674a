"""How much of an article survives reading its web page, and how much else comes with it, beside plain trafilatura.

    python benchmarks/cleaning.py --split dev|test|long|long-dev|long-test [--pages] [--json FILE]

"dev" and "test" are the halves of tests/webpages (short pages), "long-dev" and "long-test" those of tests/longpages (50 to 181 KB), "long" both of these.

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
from typing import Any

import numpy as np
import trafilatura
from rapidfuzz.distance import LCSseq

from rag.errors import RejectedFile
from rag.intake.fields import Place
from rag.intake.web import read_html

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))
from longpages import pages as long_pages  # noqa: E402 - the tests are no installed package

SPLITS = ("dev", "test", "all", "long-dev", "long-test", "long")
FIELDS = ("title", "source", "author", "published", "updated", "url")
_RESAMPLES = 10_000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Page:
    """A labelled page: its bytes, and its fields and paragraphs as they should come out."""

    name: str
    html: bytes
    label: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a way of reading made of a page; None where it refused it."""

    text: str
    fields: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Score:
    """How one page came out: words labelled, kept and common, which labelled fields are right, its bytes and the seconds that reading took."""

    page: str
    labelled: int
    kept: int
    common: int
    right: dict[str, bool]
    size: int = 0
    seconds: float = 0.0

    @property
    def precision(self) -> float:
        return self.common / self.kept if self.kept else 0.0

    @property
    def recall(self) -> float:
        return self.common / self.labelled


def words(text: str) -> list[str]:
    """The words that are compared: letters and digits, in one case, without soft hyphens."""
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text.replace("\u00ad", "")).lower())


def pages(split: str) -> list[Page]:
    """The labelled pages of a split; even numbers are to build by, odd ones to report."""
    every = _long() if split.startswith("long") else _short()
    half = split.removeprefix("long").removeprefix("-")
    wanted = {"dev": (0,), "test": (1,)}.get(half, (0, 1))
    return [page for page in every if int(page.name[:3]) % 2 in wanted]


def _short() -> list[Page]:
    paths = sorted((TESTS / "webpages").glob("*.html"))
    return [Page(path.stem, path.read_bytes(), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))) for path in paths]


def _long() -> list[Page]:
    made = map(long_pages.page, long_pages.names())
    return [Page(one.name, one.html, one.label) for one in made]


def newsdesk(page: Page) -> Kept:
    """What Newsdesk stores."""
    try:
        article = read_html(page.html, Place("pages", f"{page.name}.html", 200_000)).articles[0]
    except RejectedFile:
        return Kept("", {})
    return Kept(article.text, {name: getattr(article, name) for name in FIELDS})


def plain_trafilatura(page: Page) -> Kept:
    """What `trafilatura.extract()` and `extract_metadata()` give with their defaults."""
    text = trafilatura.extract(page.html) or ""
    found = trafilatura.extract_metadata(page.html)
    fields = {
        "title": found.title,
        "source": found.sitename,
        "author": found.author,
        "published": found.date,
        "updated": None,
        "url": found.url,
    }
    return Kept(text, fields)


def score(page: Page, kept: Kept, seconds: float = 0.0) -> Score:
    """The page's words and fields against its labels."""
    gold, got = words(" ".join(page.label["text"])), words(kept.text)
    right = {name: _same(name, page.label[name], kept.fields.get(name)) for name in FIELDS if page.label[name]}
    return Score(page.name, len(gold), len(got), int(LCSseq.similarity(gold, got)), right, len(page.html), seconds)


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


def measure(read: Callable[[Page], Kept], split: str) -> tuple[list[Score], float]:
    """The scores of all pages of the split, and the seconds that reading them took."""
    scores = list[Score]()
    for page in pages(split):
        began = time.perf_counter()
        kept = read(page)
        scores.append(score(page, kept, time.perf_counter() - began))
    return scores, sum(s.seconds for s in scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--pages", action="store_true", help="print each page's figures too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    out = {}
    for name, read in (("newsdesk", newsdesk), ("trafilatura", plain_trafilatura)):
        scores, seconds = measure(read, options.split)
        if options.pages:
            for s in scores:
                wrong = " ".join(key for key, right in s.right.items() if not right)
                print(f"  {s.page:32} {s.size / 1000:5.0f} KB {s.seconds * 1000:5.0f} ms  P {s.precision:.3f}  R {s.recall:.3f}  {wrong}")
        figures = summary(scores)
        out[name] = {"summary": figures, "seconds": seconds, "pages": [asdict(s) for s in scores]}
        size = sum(s.size for s in scores)
        print(
            f"{name}, {options.split}, {len(scores)} pages of {size / len(scores) / 1000:.0f} KB, {seconds:.2f} s, {seconds / size * 1e8:.0f} ms per 100 KB"
        )
        for key in ("precision", "recall"):
            print("  {:9} {:.3f} (95 % {:.3f} to {:.3f})".format(key, *figures[key]))
        print("  pooled    precision {:.3f}, recall {:.3f}".format(*figures["pooled"]))
        print("  right     " + ", ".join(f"{field} {hit}/{of}" for field, (hit, of) in figures["fields"].items()))
    if options.json:
        options.json.write_text(json.dumps(out, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
