"""How soon the chat gives its first answer: from the opening of the page of a server that was started just now, in a real Chromium.

python benchmarks/first_answer.py               five times, over the sample corpus

The server listens before its models are loaded, so the page opens while they are; the question is typed as soon as the field takes it.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from start import HERE, QUESTION, command

_CHROMIUM = os.environ.get("NEWSDESK_CHROMIUM", "/usr/bin/chromium")
_MOST = 120_000


@contextmanager
def chat(home: Path) -> Iterator[str]:
    """``newsdesk chat`` over a library, as soon as it listens: its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", "chat", "--port", str(port)],
        cwd=HERE, env=os.environ | {"NEWSDESK_HOME": str(home)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while process.poll() is None:
            with suppress(OSError):  # it does not listen yet
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def first_answer(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds from opening the page until a question can be typed, and until its answer is there."""
    page = browser.new_page()
    page.set_default_timeout(_MOST)
    began = time.perf_counter()
    page.goto(address)
    field = page.locator("textarea:enabled").first
    field.wait_for()
    typed = time.perf_counter() - began
    field.fill(QUESTION)
    field.press("Enter")
    page.locator("[data-kind=answer] .chip").first.wait_for()
    answered = time.perf_counter() - began
    page.close()
    return typed, answered


def main() -> None:
    """Start, open, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        command(HERE, "sync", str(HERE / "corpus" / "articles"), home=home)
        command(HERE, "ask", QUESTION, home=home)  # The reader is converted, and compiled for this machine.
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}", flush=True)
        runs = []
        for _ in range(args.times):
            with chat(home) as address:
                runs.append(first_answer(browser, address))
        browser.close()
    for what, figures in (("a question can be typed", [run[0] for run in runs]), ("the answer is there", [run[1] for run in runs])):
        print(
            f"{what} {statistics.median(figures):.2f} s [{min(figures):.2f} to {max(figures):.2f}] after the page was opened, n = {len(figures)}"
        )


if __name__ == "__main__":
    main()
