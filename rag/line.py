"""The line in which questions wait for the processor: first come, first served, bounded, with a place that can be shown; it knows no question.

Reading a passage takes all cores, so that two questions at once gain nothing and a plain lock would serve them in any order. A place is kept from
the first stretch of work to the last; between two of them, while its events are drawn or sent, others work, however slowly somebody's browser reads.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rag.errors import Crowded

# Seconds that one who goes behind waits for the line to be empty; meanwhile a click on the page that asks is not heeded.
_PATIENCE = 0.25


class Line:
    """One line; shared between threads. At most ``most`` wait in it or are served, those ``behind`` not counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._there: set[Place] = set()
        self._wanting: set[Place] = set()
        self._served: Place | None = None

    def people(self) -> int:
        """How many are in the line, those behind not counted."""
        with self._changed:
            return sum(not place.behind for place in self._there)

    @contextmanager
    def joined(self, *, behind: bool = False) -> Iterator[Place]:
        """A place at the end, which is left on the way out; ``behind`` is served only while nobody else is in the line, and ``coming`` raises Crowded
        where somebody stays there. Raises Crowded where the line is full."""
        with self._changed:
            if not behind and (waiting := self.people()) >= self._most:
                raise Crowded(f"{waiting:,} questions are being answered or wait already (NEWSDESK_WAITING): ask again in a few seconds.")
            place = Place(self, (behind, next(self._numbers)))
            self._there.add(place)
        try:
            yield place
        finally:
            self._leave(place)

    def _coming(self, place: Place) -> Iterator[int]:
        with self._changed:
            self._wanting.add(place)
        told = 0
        try:
            while (ahead := self._next_or_moved(place, told)) is not None:
                told = ahead
                yield ahead
        finally:
            with self._changed:
                self._wanting.discard(place)
                self._changed.notify_all()

    def _next_or_moved(self, place: Place, told: int) -> int | None:
        """Wait until the place is served (None), or until another number than ``told`` is before it."""
        with self._changed:
            while True:
                if self._is_next(place):
                    self._served = place
                    return None
                ahead = sum(not other.behind and other.key < place.key for other in self._there)
                if ahead and ahead != told:
                    return ahead
                if not self._changed.wait(_PATIENCE if place.behind else None) and place.behind:
                    raise Crowded("Others ask just now.")

    def _is_next(self, place: Place) -> bool:
        if self._served or (place.behind and self.people()):
            return False
        return min(self._wanting, key=lambda other: other.key) is place

    def _rest(self, place: Place) -> None:
        with self._changed:
            if self._served is place:
                self._served = None
                self._changed.notify_all()

    def _leave(self, place: Place) -> None:
        with self._changed:
            self._there.discard(place)
            self._wanting.discard(place)
            if self._served is place:
                self._served = None
            self._changed.notify_all()


class Place:
    """A place in a line: ``for ahead in place.coming()`` until it is served, then ``with place`` around the work."""

    def __init__(self, line: Line, key: tuple[bool, int]) -> None:
        self._line = line
        self.key = key

    @property
    def behind(self) -> bool:
        """Whether everybody else goes first."""
        return self.key[0]

    def coming(self) -> Iterator[int]:
        """How many are before it, each time that this changes; nothing where it is served at once. It ends when it is served."""
        return self._line._coming(self)

    def give_way(self) -> None:
        """Between two pieces of work of one behind: raises Crowded where somebody else has come meanwhile. Nothing for all others."""
        if self.behind and self._line.people():
            raise Crowded("Others ask just now.")

    def leave(self) -> None:
        """Give up the place, before the context that gave it ends; it must not be waited for again."""
        self._line._leave(self)

    def __enter__(self) -> None:
        """Work begins; ``coming`` has ended."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Work rests; the place is kept."""
        self._line._rest(self)
