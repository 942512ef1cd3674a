"""How long a page of the list of articles takes to find, and how much memory, with a large library.

    python benchmarks/listing.py [--articles 10000] [--home FOLDER]

The articles are those of sync_scale.py, with random vectors, which the list does not look at; a library that is in FOLDER already is used as it stands.
Processor time of this process, the best of three, so that other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sync_scale import STAND_IN, sync_apart, write_articles

from rag.records import Filters
from rag.store.library import Library
from rag.store.listing import Sought, days, listed

_A_PAGE = 50
_SOUGHT = {
    "all, newest first": Sought(),
    "all, oldest first": Sought(order="oldest"),
    "one letter typed": Sought(words="t"),
    "a word": Sought(words="minister"),
    "four words": Sought(words="minister said in t"),
    "five months": Sought(Filters(date(2024, 1, 1), date(2024, 5, 31))),
}


def main() -> None:
    """Make the library where there is none, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--home", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = chosen.home or Path(scratch) / "home"
        if not Library(home).exists:
            write_articles(chosen.articles, Path(scratch) / "articles")
            sync_apart(Path(scratch) / "articles", home, before=STAND_IN)
        _measure(Library(home))


def _measure(library: Library) -> None:
    library.overview()
    before = _peak()
    for name, sought in _SOUGHT.items():
        total, _ = listed(library.database, sought, limit=_A_PAGE)
        spent = min(_spent(lambda sought=sought: listed(library.database, sought, limit=_A_PAGE)) for _ in range(3))
        bars = min(_spent(lambda sought=sought: days(library.database, sought)) for _ in range(3))
        sys.stdout.write(f"{name:<20} {total:>7,} found {1000 * spent:>5.0f} ms, by day {1000 * bars:>5.0f} ms\n")
    total, _ = listed(library.database, limit=1)
    for offset in range(0, total, _A_PAGE):
        listed(library.database, limit=_A_PAGE, offset=offset)
    sys.stdout.write(f"memory: {before:.0f} MB before, {_peak():.0f} MB after all pages of {total:,} articles\n")


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
