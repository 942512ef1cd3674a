"""How long an index of N chunks takes to fill and to ask, in a folder and on a Chroma server of this machine.

    python benchmarks/chroma_server.py --chunks 10000 --questions 200

Vectors are random and of unit length, seeded; the server is ``chroma run`` from the same environment, over a folder that is deleted at the end.
A change of one chunk is timed too: a folder is copied and brought up to date, a collection is filled whole. Prints a table for docs/chroma-server.md.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ServerError
from rag.records import Filters
from rag.store.chroma_server import Server
from rag.store.vectors import Base, Indexes, Row

_PORT = 8917


def measured(indexes: Indexes, vectors: NDArray[np.float32], questions: NDArray[np.float32]) -> tuple[float, float, list[float]]:
    """Seconds to fill all but one chunk, seconds to add the last, and seconds of each question."""
    rows = {f"{number:08d}": Row(f"{number:08d}", 20250101 + number % 28, f"outlet {number % 7}") for number in range(len(vectors))}
    *first, last = sorted(rows)

    def vectors_of(ids: Sequence[str]) -> NDArray[np.float32]:
        return vectors[[int(id) for id in ids]]

    began = time.perf_counter()
    base = indexes.build({id: rows[id] for id in first}, vectors=vectors_of, base=None)
    filled = time.perf_counter()
    generation = indexes.build(rows, vectors=vectors_of, base=Base(base, frozenset(first)))
    changed = time.perf_counter()
    index = indexes.reader(generation)
    index.nearest(questions[0], filters=Filters(), limit=50)
    asked = []
    for question in questions:
        start = time.perf_counter()
        index.nearest(question, filters=Filters(), limit=50)
        asked.append(time.perf_counter() - start)
    assert last in index.ids()
    return filled - began, changed - filled, asked


def main() -> None:
    """Measure both, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=200)
    args = parser.parse_args()
    drawn = np.random.default_rng(0).normal(size=(args.chunks + args.questions, 384)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    vectors, questions = drawn[: args.chunks], drawn[args.chunks :]
    print(f"{args.chunks:,} chunks, {args.questions} questions for the 50 nearest\n")
    print("| | fill | change of one chunk | a question, median | lowest and highest |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(home / "server"), "--host", "127.0.0.1"]
        running = subprocess.Popen([*command, "--port", str(_PORT)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            server = Server(f"http://127.0.0.1:{_PORT}", seconds=120)
            _wait_for(server)
            for name, indexes in (("folder", Indexes(home / "a")), ("server", Indexes(home / "b", server))):
                fill, change, asked = measured(indexes, vectors, questions)
                ms = [1000 * seconds for seconds in asked]
                print(f"| {name} | {fill:.1f} s | {change:.1f} s | {statistics.median(ms):.1f} ms | {min(ms):.1f}, {max(ms):.1f} ms |")
        finally:
            running.kill()
            running.wait()


def _wait_for(server: Server) -> None:
    for _ in range(300):
        try:
            server.version()
            return
        except ServerError:
            time.sleep(0.1)
    server.version()


if __name__ == "__main__":
    main()
