"""Keeps what was read over the whole library, such as counts, for as long as the same generation is served, since each change of what is searched names another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
# Answers of one generation; words of questions are the most of them, some 100 bytes each. The vectors of a small library are one answer.
_MOST = 20_000


class Remembered:
    """Answers by question, of one generation at a time; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation: str | None = None
        self._held: dict[Hashable, Any] = {}

    def get(self, generation: str | None, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gave for this key in this generation; made anew each time where none is served.

        The caller reads the generation and whatever ``make`` reads in one snapshot.
        """
        if generation is None:
            return make()
        with self._lock:
            if generation == self._generation and key in self._held:
                found: T = self._held[key]
                return found
        # Not under the lock: two threads may count the same, none waits for another.
        made = make()
        with self._lock:
            if generation != self._generation or len(self._held) >= _MOST:
                self._generation, self._held = generation, {}
            self._held[key] = made
        return made
