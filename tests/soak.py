"""Runs many sequences of newsroom.py and writes what came of them: ``python tests/soak.py --sequences 200 -o docs/integrity-soak.md``."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from newsroom import ENVIRONMENT, OPERATIONS, Newsroom
from processes import Forks

from rag.models.embeddings import Embedder
from rag.settings import CHECKOUT

STEPS = 8
_DISK_MB = 48


def run_sequence(seed: int, folder: Path, forks: Forks, embedder: Embedder, *, disk: Path | None, steps: int = STEPS) -> Counter[str]:
    """One sequence, every third on the small disk where there is one; returns what it counted, raises AssertionError."""
    small = disk is not None and seed % 3 == 0
    root = Path(tempfile.mkdtemp(prefix=f"sequence-{seed}-", dir=disk if small else folder)).resolve()
    try:
        room = Newsroom(root, seed, forks, embedder, disk=small)
        room.run(steps)
        return room.tally
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk of its own that can be filled; None where this user may mount none."""
    place = folder / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "tmpfs", str(place)], capture_output=True, check=False)
    try:
        yield place if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", str(place)], check=False)


def main() -> int:
    """Run them; 1 where a sequence failed."""
    parser = argparse.ArgumentParser(description="Random sequences of passes over a library, compared with what it must hold.")
    parser.add_argument("--sequences", type=int, default=200, metavar="N")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the seeds are this one and the following")
    parser.add_argument("--only", type=int, metavar="SEED", help="replay one sequence")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--minutes", type=float, help="begin no sequence after so long")
    parser.add_argument("-o", "--output", type=Path, help="write the result into this Markdown file")
    args = parser.parse_args()
    seeds = [args.only] if args.only is not None else list(range(args.first, args.first + args.sequences))
    failed, tally, began, done = dict[int, str](), Counter[str](), time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="newsdesk-soak-") as name:
        folder = Path(name)
        os.environ.setdefault("NEWSDESK_MODELS", str(folder / "models"))
        forks, embedder = Forks(folder, **ENVIRONMENT), Embedder(cache=Path(os.environ["NEWSDESK_MODELS"]))
        with small_disk(folder) as disk:
            for seed in seeds:
                if args.minutes and time.monotonic() - began > 60 * args.minutes:
                    break
                try:
                    tally += run_sequence(seed, folder, forks, embedder, disk=disk, steps=args.steps)
                except AssertionError as error:
                    failed[seed] = str(error)
                    print(f"FAILED {error}", flush=True)
                done += 1
                print(f"seed {seed}: {done} of {len(seeds)} done, {len(failed)} failed, {time.monotonic() - began:.0f} s", flush=True)
        forks.close()
    report = _report(done, args.first, args.steps, tally, failed, time.monotonic() - began)
    print(report)
    if args.output:
        args.output.write_text(report, encoding="utf-8")
    return 1 if failed else 0


def _report(done: int, first: int, steps: int, tally: Counter[str], failed: dict[int, str], seconds: float) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=CHECKOUT, check=False
    ).stdout.strip()
    operations = {name for name, _ in OPERATIONS}
    groups = {
        "Operations": {name: tally[name] for name in sorted(operations)},
        "Where kills landed": {name: n for name, n in sorted(tally.items()) if "killed: " in name},
        "Changes of files, disks and readers": {
            name: n for name, n in sorted(tally.items()) if name not in operations and "killed: " not in name
        },
    }
    lines = [
        "# Random sequences over a library",
        "",
        f"{datetime.now(UTC):%d %B %Y}, commit {commit}: n = {done} sequences of {steps} operations, seeds {first} to {first + done - 1}, "
        f"{len(failed)} failed, {seconds:.0f} s. Written by `make soak`; what is done and compared stands in [integrity](integrity.md).",
    ]
    for title, counts in groups.items():
        lines += ["", f"| {title} | n |", "| --- | --- |", *(f"| {name.replace('_', ' ')} | {n:,} |" for name, n in counts.items())]
    lines += [f"\nSeed {seed} failed:\n\n```\n{message}\n```" for seed, message in failed.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
