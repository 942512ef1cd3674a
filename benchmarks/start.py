"""How soon Newsdesk answers from nothing: seconds and processor seconds of ``newsdesk ask``, taking turns with another checkout where one is named.

python benchmarks/start.py                      five times, over the sample corpus
python benchmarks/start.py --beside ../before   the same with the checkout ../before, in turns
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
QUESTION = "where did the attackers try to flee?"


@dataclass(frozen=True)
class Took:
    """Seconds of the clock, and of processors in user and system mode together."""

    wall: float
    cpu: float


def command(checkout: Path, *words: str, home: Path) -> Took:
    """Run the ``newsdesk`` of a checkout; its packages are those of this interpreter."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | {"NEWSDESK_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "rag", *words], cwd=checkout, env=environment, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    """Sync, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--beside", type=Path, help="another checkout")
    args = parser.parse_args()
    checkouts = [HERE, *([args.beside.resolve()] if args.beside else [])]
    took: dict[Path, list[Took]] = {checkout: [] for checkout in checkouts}
    with tempfile.TemporaryDirectory() as folder:
        homes = {checkout: Path(folder) / str(number) for number, checkout in enumerate(checkouts)}
        for checkout, home in homes.items():
            command(checkout, "sync", str(HERE / "corpus" / "articles"), home=home)
            command(checkout, "ask", QUESTION, home=home)  # The reader is converted, and compiled for this machine.
        print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}", flush=True)
        for _ in range(args.times):
            for checkout in checkouts:
                took[checkout].append(command(checkout, "ask", QUESTION, home=homes[checkout]))
    for checkout, runs in took.items():
        for what, figures in (("wall", [run.wall for run in runs]), ("user + sys", [run.cpu for run in runs])):
            print(f"{checkout}: {what} {statistics.median(figures):.2f} s [{min(figures):.2f} to {max(figures):.2f}], n = {len(figures)}")


if __name__ == "__main__":
    main()
