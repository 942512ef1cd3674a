"""Asks a library all the time from a process of its own, as an open app does, and writes down what it saw; it judges nothing."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path
from typing import Any

from rag.assistant import Assistant
from rag.errors import LibraryError
from rag.settings import load_settings
from rag.store import neighbours

_ASK_EVERY = 6


def read(seen: Path, seed: int) -> None:
    """Until SIGTERM: one JSON line for each look at the library."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    # However small the library, its index is searched.
    neighbours._WHOLE = -1
    assistant, choose, looks = Assistant(load_settings()), random.Random(seed), 0
    with seen.open("a", encoding="utf-8") as file:
        while not stopped:
            looks += 1
            try:
                saw = _look(assistant, choose, ask=looks % _ASK_EVERY == 0)
            except Exception as error:  # written down: whoever started this process judges it
                saw = {"error": f"{type(error).__name__}: {error}"}
            file.write(json.dumps(saw) + "\n")
            file.flush()
            time.sleep(0.03)


def _look(assistant: Assistant, choose: random.Random, *, ask: bool) -> dict[str, Any]:
    try:
        state = _state(assistant)
    except LibraryError:
        # As a search does: a pass that ended in between may have deleted the generation that was looked up.
        state = _state(assistant)
    if not state["articles"]:
        return state
    query = choose.choice(state.pop("titles"))
    found = assistant.search(query)
    state["passages"] = [(p.article_id, p.version, p.start, p.end, p.text) for p in found]
    if ask:
        answer = assistant.ask(f"What happened: {query}?")
        state["citations"] = [(c.article_id, c.version, c.start, c.end, c.quote) for c in answer.citations]
    return state


def _state(assistant: Assistant) -> dict[str, Any]:
    """What one snapshot holds, in the library and in the generation that it names."""
    with assistant.library.snapshot():
        meta, chunks = assistant.library.meta(), set(assistant.library.chunk_rows())
        index = assistant.stores.indexes.reader(meta["generation"]).ids() if "generation" in meta else set()
        articles = list(assistant.library.articles())
        overview = assistant.library.overview()
    return {
        "articles": sorted((article.article_id, article.version) for article in articles),
        "titles": [article.title for article in articles],
        "count": overview.articles,
        "lacking": len(chunks - index),
        "others": len(index - chunks),
    }
