"""``newsdesk sync --watch`` in processes of its own: what changes in a folder is answered from, and it ends cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from samples import THREE
from website import Site, article, item, rss

from rag.assistant import Assistant
from rag.store.doctor import examine
from rag.store.watch import watch

FERRY = "# Ferry to Quarn\n\nThe last ferry to Quarn leaves at 17.40, the harbour office said.\n"
QUARN = "When does the last ferry to Quarn leave?"


@contextmanager
def watching(assistant: Assistant, *sources: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "rag", "sync", *map(str, sources), "--watch"]
    env = os.environ | {"NEWSDESK_HOME": str(assistant.settings.home)}
    # What is started in the background of a script is deaf to Ctrl-C, and its children with it.
    running = subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def within(seconds: float, true: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def three(library_of: Callable[[dict[str, str]], Assistant]) -> Assistant:
    return library_of(THREE)


def test_open_assistant_answers_from_what_a_watch_took_in(three: Assistant) -> None:
    folder = three.settings.home.parent / "articles"
    assert three.ask(QUARN).status == "abstained"
    with watching(three) as running:
        # The watch may not have begun yet: what changed meanwhile is found too.
        (folder / "quarn.md").write_text(FERRY, encoding="utf-8")
        assert within(40, lambda: "17.40" in three.ask(QUARN).answer)
        (folder / "quarn.md").write_text(FERRY.replace("17.40", "18.05"), encoding="utf-8")
        assert within(40, lambda: "18.05" in three.ask(QUARN).answer)
        # A bad file is left out, and the watch goes on.
        (folder / "bad.md").write_bytes(b"\0\1\2")
        (folder / "quarn.md").unlink()
        assert within(40, lambda: three.ask(QUARN).status == "abstained")
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    assert not examine(three.stores)


def test_watch_fetches_a_feed_again_while_folders_are_followed(three: Assistant) -> None:
    folder, stop = three.settings.home.parent / "articles", threading.Event()
    # Less than a setting allows, since a test cannot wait for a minute.
    three.stores.settings = three.settings.model_copy(update={"fetch_private": True, "fetch_pause": 0, "fetch_minutes": 0.01})
    with Site() as site, ThreadPoolExecutor() as pool:
        site.put(
            "/crane",
            article("Crane falls", "A crane fell into the water of the harbour of Skell on Monday, and 14 ships were waiting there."),
        )
        feed = site.put("/feed", rss(item("/crane")))
        running = pool.submit(watch, three.stores, [folder, feed], stop=stop)
        try:
            assert within(40, lambda: three.overview().articles == len(THREE) + 1)
            site.put(
                "/quarn",
                article("Ferry to Quarn", "The last ferry to Quarn leaves at 17.40, the harbour office said on Sunday to all who asked."),
            )
            site.put("/feed", rss(item("/quarn"), item("/crane")))
            assert within(40, lambda: "17.40" in three.ask(QUARN).answer)
            site.pages.clear()
            (folder / "quarn.md").write_text(FERRY.replace("17.40", "18.05"), encoding="utf-8")
            assert within(40, lambda: three.overview().articles == len(THREE) + 3)
            assert not running.done()
        finally:
            stop.set()
        running.result(timeout=40)
    assert not examine(three.stores)


def test_ctrl_c_in_the_middle_of_a_pass_leaves_the_old_state(three: Assistant, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    for number in range(1500):
        (more / f"{number}.md").write_text(f"# Kiosk {number}\n\nKiosk number {number} opened in street {number}.\n", encoding="utf-8")
    with watching(three, more) as running:
        assert within(40, lambda: (three.settings.home / "writer.json").exists())
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
        assert "Traceback" not in running.stderr.read()
    assert three.overview().articles == len(THREE)
    assert not [finding for finding in examine(three.stores) if finding.part != "leftovers"]
