"""How the cost of a sync grows with the library: all new, nothing changed, ten changed; seconds and peak memory of each, in processes of their own.

    python benchmarks/sync_scale.py [--articles 2500 5000 10000] [--stand-in] [--json FILE]

The articles are generated (see distractors.py), a Markdown file each. Times are the process's own, the start and the model's loading included;
"parsing" is reading alone, in this process. Needs two idle cores to mean anything. With --stand-in the first pass stores random vectors in place of the
model's, which take most of its time: what is left is the cost of everything else. The other passes use the model.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from distractors import generate

from rag.intake import read_source
from rag.settings import CHECKOUT, Settings

_CHANGED = 10
# Prints the report of one sync with the process's peak memory; children of it do not count.
_SYNC = (
    "import json, resource, sys, time; from rag.cli import main; {before}"
    " began = time.perf_counter(); status = main(['sync', sys.argv[1], '--json']);"
    " print(json.dumps({{'wall': time.perf_counter() - began, 'rss': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}})); sys.exit(status)"
)


STAND_IN = (
    "import numpy as np; from rag.models.embeddings import Embedder; draw = np.random.default_rng(7);"
    " drawn = lambda self, texts: (lambda v: v / np.linalg.norm(v, axis=1, keepdims=True))(draw.normal(size=(len(texts), 384)).astype('f4'));"
    " Embedder.embed = drawn; "
)


def measure(articles: int, *, stand_in: bool) -> dict[str, Any]:
    """The figures of one size."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, home = Path(scratch) / "articles", Path(scratch) / "home"
        paths = write_articles(articles, folder)
        began = time.perf_counter()
        chars = sum(len(a.text) for entry in read_source(folder, name="x", settings=Settings(home=home)) for a in entry.articles)
        parsing = time.perf_counter() - began
        first = sync_apart(folder, home, before=STAND_IN if stand_in else "")
        second = sync_apart(folder, home)
        for path in paths[:: max(1, articles // _CHANGED)][:_CHANGED]:
            path.write_text(path.read_text(encoding="utf-8") + "\nThis report was extended in the evening.\n", encoding="utf-8")
        third = sync_apart(folder, home)
        assert (first["added"], second["unchanged"], third["changed"]) == (articles, articles, _CHANGED), (first, second, third)
        size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e6
        names = ("new", "nothing changed", "ten changed")
        runs = {
            name: {"seconds": run["wall"], "peak_mb": run["rss"], "embedded": run["embedded"]}
            for name, run in zip(names, (first, second, third), strict=True)
        }
        return {"articles": articles, "characters": chars, "parsing": parsing, "library_mb": size, "runs": runs}


def write_articles(articles: int, folder: Path) -> list[Path]:
    """Generated articles, a Markdown file each, in a folder that is made."""
    folder.mkdir()
    paths = []
    for number, story in enumerate(generate(articles, seed=7)):
        fields = "".join(f"{key}: {json.dumps(story[key])}\n" for key in ("title", "source", "published"))
        path = folder / f"{number:06d}.md"
        path.write_text(f"---\n{fields}---\n{story['text']}\n", encoding="utf-8")
        paths.append(path)
    return paths


def sync_apart(folder: Path, home: Path, before: str = "") -> dict[str, Any]:
    """The report of a sync in a process of its own, which runs ``before`` first, with its seconds and peak memory."""
    done = subprocess.run(
        [sys.executable, "-c", _SYNC.format(before=before), str(folder)],
        env=os.environ | {"NEWSDESK_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    report, own = done.stdout.splitlines()[-2:]
    return json.loads(report) | json.loads(own)


def main() -> None:
    """Measure each size and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[2500, 5000, 10_000])
    parser.add_argument("--stand-in", action="store_true")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=CHECKOUT, capture_output=True, text=True).stdout.strip()
    sys.stdout.write(
        f"commit {commit}, {platform.machine()}, {os.cpu_count()} cores{', new ones with stand-in vectors' * chosen.stand_in}\n"
    )
    sys.stdout.write(f"{'articles':>9} {'pass':<16} {'seconds':>8} {'ms/article':>11} {'chunks':>7} {'peak MB':>8}\n")
    found = []
    for articles in chosen.articles:
        result = measure(articles, stand_in=chosen.stand_in)
        found.append(result)
        sys.stdout.write(f"{articles:>9} {'parsing':<16} {result['parsing']:>8.1f} {1000 * result['parsing'] / articles:>11.2f}\n")
        for name, run in result["runs"].items():
            each = 1000 * run["seconds"] / articles
            sys.stdout.write(f"{articles:>9} {name:<16} {run['seconds']:>8.1f} {each:>11.2f} {run['embedded']:>7} {run['peak_mb']:>8.0f}\n")
        sys.stdout.flush()
    if chosen.json:
        chosen.json.write_text(json.dumps({"commit": commit, "sizes": found}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
