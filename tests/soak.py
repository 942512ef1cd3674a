"""Runs many sequences of newsroom.py and writes what came of them: ``python tests/soak.py --sequences 200 -o docs/integrity-soak.md``."""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from newsroom import ENVIRONMENT, OPERATIONS, Newsroom
from processes import Forks

from rag.models.embeddings import Embedder
from rag.settings import CHECKOUT

STEPS = 8
# From so many sequences on, kills are so many that some must land on either side.
_MANY = 20
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
    """Run them; 1 where a sequence failed, or kills landed on one side of the switch only."""
    parser = argparse.ArgumentParser(description="Random sequences of passes over a library, compared with what it must hold.")
    parser.add_argument("--sequences", type=int, default=200, metavar="N")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the seeds are this one and the following")
    parser.add_argument("--only", type=int, metavar="SEED", help="replay one sequence")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="so many sequences at the same time, each with its own disk")
    parser.add_argument("--minutes", type=float, help="begin no sequence after so long")
    parser.add_argument("-o", "--output", type=Path, help="write the result into this Markdown file")
    args = parser.parse_args()
    seeds = [args.only] if args.only is not None else list(range(args.first, args.first + args.sequences))
    failed, tally, began, done = dict[int, str](), Counter[str](), time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="newsdesk-soak-") as name, contextlib.ExitStack() as stack:
        os.environ.setdefault("NEWSDESK_MODELS", str(Path(name) / "models"))
        embedder, places = Embedder(cache=Path(os.environ["NEWSDESK_MODELS"])), queue.SimpleQueue[tuple[Path, Forks, Path | None]]()
        for job in range(args.jobs):
            folder = Path(name) / str(job)
            folder.mkdir()
            forks = Forks(folder, **ENVIRONMENT)
            stack.callback(forks.close)
            places.put((folder, forks, stack.enter_context(small_disk(folder))))

        def run(seed: int) -> Counter[str] | str | None:
            if args.minutes and time.monotonic() - began > 60 * args.minutes:
                return None
            folder, forks, disk = place = places.get()
            try:
                return run_sequence(seed, folder, forks, embedder, disk=disk, steps=args.steps)
            except AssertionError as error:
                return str(error)
            finally:
                places.put(place)

        with ThreadPoolExecutor(args.jobs) as pool:
            for seed, found in zip(seeds, pool.map(run, seeds), strict=True):
                if found is None:
                    break
                if isinstance(found, str):
                    failed[seed] = found
                    print(f"FAILED {found}", flush=True)
                else:
                    tally += found
                done += 1
                print(f"seed {seed}: {done} of {len(seeds)} done, {len(failed)} failed, {time.monotonic() - began:.0f} s", flush=True)
    report = _report(done, args.first, args.steps, tally, failed, time.monotonic() - began)
    print(report)
    if args.output:
        args.output.write_text(report, encoding="utf-8")
    one_sided = done >= _MANY and not _both_sides(tally)
    if one_sided:
        print("No kill landed on one of the two sides of the switch, so that half of what is promised was not tried.")
    return 1 if failed or one_sided else 0


def _both_sides(tally: Counter[str]) -> bool:
    landed = [name for name in tally if name.startswith("killed: ")]
    return "killed: after the switch" in landed and any("before the switch" in name for name in landed)


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
