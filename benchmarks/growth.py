"""How time, memory, disk and recall grow with the library: 1,000, 10,000 and 100,000 chunks of synthetic articles, in one command.

    python benchmarks/growth.py [--chunks 1000 10000 100000] [--questions 200] [--keep FOLDER] [--json FILE] [--chart FILE.svg]

Each step runs in a process of its own over the product's own sync and Assistant. Up to --real chunks the model embeds each of them, once: with --keep a
second run looks the vectors up. Above, they are drawn so that they lie as the model's do (vectors.py). Needs two idle cores to mean anything.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from growth_report import chart, table
from growth_steps import STEPS, Figures, peak
from synthetic import Story, stories, story
from vectors import fitted_angle

from rag.settings import CHECKOUT, Settings

# Chunks an article makes, over the first 400 of the default seed.
_CHUNKS_AN_ARTICLE = 4.3
_CHANGED = 10


def write_articles(count: int, folder: Path) -> None:
    """A Markdown file each, in a folder a month; the folder appears once all are there."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for one in stories(count):
        path = _path(one, partial)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_written(one, one.text), encoding="utf-8")
    partial.rename(folder)


def _path(one: Story, folder: Path) -> Path:
    return folder / one.published[:7] / f"{one.number:07d}.md"


def _written(one: Story, text: str) -> str:
    fields = "".join(f"{key}: {json.dumps(getattr(one, key))}\n" for key in ("title", "source", "published"))
    return f"---\n{fields}---\n{text}\n"


def change_articles(count: int, folder: Path, *, by: str) -> None:
    """Ten articles, spread over all, get another sentence."""
    for number in range(0, count, max(1, count // _CHANGED))[:_CHANGED]:
        changed = story(number)
        _path(changed, folder).write_text(_written(changed, f"{changed.text}\n\nThis report was extended {by}."), encoding="utf-8")


def measure(chunks: int, place: Path, chosen: argparse.Namespace, vectors: Path, angle: float | None) -> Figures:
    """All figures of one size; leaves the library in its folder."""
    articles = max(20, round(chunks / _CHUNKS_AN_ARTICLE))
    folder = place / "articles"
    if not folder.exists():
        write_articles(articles, folder)
    drawn = angle is not None
    task: Figures = {"vectors": str(vectors), "drawn": drawn, "angle": angle, "questions": chosen.questions, "articles": articles}
    found: Figures = {"drawn": drawn, "new": apart("sync", place, task | {"first": True})}
    found["unchanged"] = apart("sync", place, task | {"first": False})
    change_articles(articles, folder, by=f"at {datetime.now(UTC).isoformat()}")
    found["changed"] = apart("sync", place, task | {"first": False})
    assert found["unchanged"]["counts"][:3] == [0, 0, 0], found
    assert found["changed"]["counts"][:3] == [0, _CHANGED, 0], found
    found["ask"], found["recall"] = apart("ask", place, task), apart("recall", place, task)
    home = place / "home"
    found["library_mb"], found["index_mb"] = _size(home.glob("library.sqlite3*")), _size(next(home.glob("chroma/*")).rglob("*"))
    return found


def _size(paths: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def apart(step: str, place: Path, task: Figures) -> Figures:
    """The figures of a step in a process of its own, with the process's peak memory in MB."""
    command = [sys.executable, str(Path(__file__).resolve()), "--step", step, str(place), json.dumps(task)]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{step} failed:\n{done.stderr[-4000:]}")
    print(f"  {step}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def work(step: str, place: Path, task: Figures) -> None:
    """One step in this process; prints its figures as the last line."""
    settings = Settings(home=place / "home", models=Path(os.environ.get("NEWSDESK_MODELS", CHECKOUT / ".newsdesk" / "models")))
    found = STEPS[step](place, settings, task)
    print(json.dumps({"peak_mb": peak()} | found))


def circumstances() -> Figures:
    """What the figures hang on."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=CHECKOUT, capture_output=True, text=True).stdout.strip()
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    names = [line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith("model name")]
    flags = next((line.split() for line in cpu.splitlines() if line.startswith("flags")), [])
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "command": " ".join(["python", *sys.argv]),
        "machine": f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, {'with' if 'avx512_bf16' in flags else 'without'} bf16",
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure each size, print the table, write report and chart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--million", action="store_true", help="also 1,000,000 chunks: hours, and some 25 GB of disk")
    parser.add_argument("--real", type=int, default=10_000, help="up to so many chunks the model embeds them")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where vectors and libraries stay for another run")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--chart", type=Path, help="an .svg or .png; needs the extra bench")
    parser.add_argument("--step", nargs=3, metavar=("STEP", "FOLDER", "TASK"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        work(chosen.step[0], Path(chosen.step[1]), json.loads(chosen.step[2]))
        return
    report: Figures = circumstances() | {"sizes": []}
    with tempfile.TemporaryDirectory(prefix="newsdesk-growth-") as scratch:
        folder = chosen.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        vectors, angle = folder / "vectors.npz", None
        for chunks in sorted(chosen.chunks) + [1_000_000] * chosen.million:
            if chunks > chosen.real and angle is None:
                with np.load(vectors) as held:
                    angle = fitted_angle(held["vectors"])
            print(f"{chunks:,} chunks", file=sys.stderr, flush=True)
            place = folder / str(chunks)
            shutil.rmtree(place / "home", ignore_errors=True)
            report["sizes"].append({"asked": chunks} | measure(chunks, place, chosen, vectors, angle))
            if chosen.json:
                chosen.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(table(report))
    if chosen.chart:
        chart(report, chosen.chart)


if __name__ == "__main__":
    main()
