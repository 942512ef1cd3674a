"""Many people at one Newsdesk: ``newsdesk chat`` on loopback, asked over HTTP; what they wait, and whether anybody gets another's answer.

    python benchmarks/people.py                      50 conversations, each asking every 20 s, for two minutes; a burst of 50; 1,000 questions one after another
    python benchmarks/people.py --questions 10000    the long run for memory
    python benchmarks/people.py --seconds 30 --questions 100    a try

Articles are made up, one a town, each with a figure of its own; an answer is mixed up where it quotes another town's, lost where none comes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TOWNS = [
    first + last
    for first in ("Al", "Bram", "Cor", "Dun", "Es", "Fen", "Gar", "Hol", "Ing", "Kel")
    for last in ("by", "ford", "ley", "mouth", "stead", "wick")
]
FILLER = "The council met on Tuesday and spoke of the harbour wall, the library and the price of bread. " * 6


@dataclass(frozen=True)
class Asked:
    """One question: its number, when it was asked and answered (None: lost), whether the answer is of its own article, its place when it came."""

    number: int
    began: float
    seconds: float | None
    own: bool
    ended: float = 0.0


def write_articles(folder: Path) -> None:
    """One article a town."""
    for number, town in enumerate(TOWNS):
        text = f"The bridge of {town} was closed on Monday. The bridge of {town} carries {112 + number} lorries a day. {FILLER}"
        (folder / f"{town}.md").write_text(f"# The bridge of {town}\n\n{text}\n", encoding="utf-8")


@contextmanager
def chat(home: Path) -> Iterator[tuple[str, int]]:
    """``newsdesk chat``, ready: the address of its API and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", "chat", "--port", str(port)],
        env=os.environ | {"NEWSDESK_HOME": str(home)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}/api"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/ready", timeout=5).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit("newsdesk chat ended by itself") from None
                time.sleep(0.2)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(20)


def ask(address: str, number: int) -> Asked:
    """Ask about a town and look whose article the answer cites."""
    town = TOWNS[number % len(TOWNS)]
    question = f"How many lorries does the bridge of {town} carry a day?"
    request = urllib.request.Request(f"{address}/ask", json.dumps({"question": question}).encode(), {"Content-Type": "application/json"})
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=300) as said:
            answer: dict[str, Any] = json.load(said)
    except OSError:
        return Asked(number, began, None, own=True)
    ended = time.perf_counter()
    own = answer["question"] == question and bool(answer["citations"]) and town in answer["citations"][0]["title"]
    return Asked(number, began, ended - began, own, ended)


def said(what: str, asked: list[Asked]) -> None:
    """One line of figures."""
    seconds = [one.seconds for one in asked if one.seconds is not None]
    lost, mixed = sum(one.seconds is None for one in asked), sum(not one.own for one in asked)
    p50, p95 = np.percentile(seconds, [50, 95]) if seconds else (np.nan, np.nan)
    print(
        f"{what}: n = {len(asked)}, p50 {p50:.2f} s, p95 {p95:.2f} s, most {max(seconds, default=np.nan):.2f} s, lost {lost}, mixed up {mixed}",
        flush=True,
    )


def conversations(address: str, *, people: int, every: float, seconds: float) -> list[Asked]:
    """So many people, each asking every so many seconds, begun at moments of their own; who waits longer than that asks later."""
    found: list[Asked] = []
    end = time.perf_counter() + seconds
    draw = random.Random(1)
    offsets = [draw.uniform(0, every) for _ in range(people)]

    def person(place: int) -> None:
        at = time.perf_counter() + offsets[place]
        turn = 0
        while at < end:
            time.sleep(max(0.0, at - time.perf_counter()))
            found.append(ask(address, place + people * turn))
            at, turn = max(at + every, time.perf_counter()), turn + 1

    threads = [threading.Thread(target=person, args=[place]) for place in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def burst(address: str, people: int) -> list[Asked]:
    """All at once, some milliseconds apart, so that there is an order."""
    with ThreadPoolExecutor(people) as pool:
        made = []
        for number in range(people):
            made.append(pool.submit(ask, address, number))
            time.sleep(0.01)
        return [one.result() for one in made]


def overtaken(asked: list[Asked]) -> int:
    """Pairs of which the later question was answered first."""
    ended = [one.ended for one in sorted(asked, key=lambda one: one.began) if one.seconds is not None]
    return sum(ended[j] < ended[i] for i in range(len(ended)) for j in range(i + 1, len(ended)))


def memory(process: int) -> float:
    """Resident megabytes (10^6 bytes)."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu(process: int) -> float:
    """Seconds of processors so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one_after_another(address: str, process: int, questions: int) -> None:
    """Memory and processor time over many questions."""
    for number in range(20):
        ask(address, number)
    before, worked, asked = memory(process), cpu(process), []
    for number in range(questions):
        asked.append(ask(address, number))
        if number + 1 in (questions // 4, questions // 2):
            print(f"  after {number + 1:,}: {memory(process):.0f} MB", flush=True)
    said("one after another", asked)
    print(
        f"  memory {before:.0f} MB at the beginning, {memory(process):.0f} MB at the end; {(cpu(process) - worked) / questions:.3f} s of processors a question"
    )


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--every", type=float, default=20, help="seconds between two questions of one person")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--questions", type=int, default=1000, help="one after another, for memory")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        articles, home = Path(folder) / "articles", Path(folder) / "home"
        articles.mkdir()
        write_articles(articles)
        command = [sys.executable, "-m", "rag", "sync", str(articles)]
        subprocess.run(command, env=os.environ | {"NEWSDESK_HOME": str(home)}, check=True, stdout=subprocess.DEVNULL)
        with chat(home) as (address, process):
            print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
            asked = conversations(address, people=args.people, every=args.every, seconds=args.seconds)
            said(f"{args.people} conversations, each asking every {args.every:g} s, {args.seconds:g} s", asked)
            asked = burst(address, args.people)
            said(f"a burst of {args.people}", asked)
            print(f"  {overtaken(asked)} pairs in another order than asked")
            one_after_another(address, process, args.questions)


if __name__ == "__main__":
    main()
