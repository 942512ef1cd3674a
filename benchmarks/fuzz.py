"""Reads changed files of every format for some minutes and says what was found: `python benchmarks/fuzz.py --minutes 3`.

Each must give articles or reasons. An error, a crash of the parsing process or a slow file is kept with its seed.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from itertools import count
from pathlib import Path

from rag.intake import read_file
from rag.settings import CHECKOUT, Settings

sys.path.insert(0, str(CHECKOUT / "tests"))
from mutants import SAMPLES, mutant

_SLOW = 2.0  # seconds


def main() -> int:
    """Exit 1 where anything but articles or reasons came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=0, help="the first seed; each file counts one up")
    asked = parser.parse_args()
    outcomes: Counter[str] = Counter()
    bad: list[str] = []
    slowest = (0.0, "")
    end = time.monotonic() + asked.minutes * 60
    with tempfile.TemporaryDirectory() as folder:
        for seed in count(asked.seed):
            suffix = list(SAMPLES)[seed % len(SAMPLES)]
            path = Path(folder) / f"a{suffix}"
            path.write_bytes(mutant(suffix, seed))
            start = time.monotonic()
            try:
                entry = read_file(path, relative=path.name, location="src", settings=Settings(home=Path(folder)))
                outcomes["articles" if entry.articles else "reasons"] += 1
                reasons = " ".join(rejection.reason for rejection in entry.rejections)
                if not (entry.articles or entry.rejections) or "crashed" in reasons:
                    bad.append(f"{suffix} seed {seed}: {reasons or 'nothing'}")
            except Exception:  # what is looked for: it is listed, and the next file follows
                bad.append(f"{suffix} seed {seed}: {traceback.format_exc()}")
            took = time.monotonic() - start
            slowest = max(slowest, (took, f"{suffix} seed {seed}"))
            if took > _SLOW:
                bad.append(f"{suffix} seed {seed}: took {took:.1f} s")
            if time.monotonic() > end:
                break
    memory = [resource.getrusage(who).ru_maxrss / 1000 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"{sum(outcomes.values())} files: {dict(outcomes)}; slowest {slowest[0]:.2f} s ({slowest[1]}); peak {memory[0]:.0f} MB")
    print("\n".join(bad) or "No error, no crash, no slow file.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
