"""Runs the assistant for requests: in threads, a bounded number at once, no longer than its client stays; it knows no route."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from typing import TypeVar

from anyio import CancelScope, CapacityLimiter, create_task_group, move_on_after, to_thread
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from rag.api.problems import Busy, TookTooLong
from rag.api.shapes import Asked
from rag.assistant import Assistant
from rag.catalogue import filters_of
from rag.records import Answer, Event, Filters, Turn

T = TypeVar("T")


class Desk:
    """One assistant, opened at the first request, and the threads that work for it; only for one event loop."""

    def __init__(self, opened: Callable[[], Assistant], *, at_once: int, seconds: float) -> None:
        self.opened = opened
        self.seconds = seconds
        self._at_once = at_once
        self._busy = 0
        # Threads of its own: those that serve the pages' files must not wait for answers.
        self._threads = CapacityLimiter(at_once)
        self._asks_whether_ready = CapacityLimiter(1)

    async def work(self, do: Callable[[Assistant], T]) -> T:
        """What ``do`` gives, from a thread; raises Busy."""
        with self._place():
            return await self._in_thread(lambda: do(self.opened()))

    async def events(self, asked: Asked) -> AsyncGenerator[Event, None]:
        """The events of an answer as they come; raises what ``Assistant.stream`` raises, and Busy. Closing it stops the work at the next event."""
        with self._place():
            stream = await self._in_thread(lambda: _begin(self.opened(), asked))
            try:
                while (event := await self._in_thread(partial(next, stream, None))) is not None:
                    yield event
            finally:
                with CancelScope(shield=True):
                    await self._in_thread(stream.close)

    async def answer(self, asked: Asked) -> Answer:
        """The last of the events."""
        last: Event | None = None
        async with aclosing(self.events(asked)) as events:
            async for event in events:
                last = event
        assert isinstance(last, Answer)
        return last

    async def try_out(self, seconds: float) -> bool:
        """Whether a search is answered and the reader loaded now; False where it takes longer than that. Raises what stands in the way."""
        with move_on_after(seconds):
            # Loading a model goes on where nobody waits for it any more.
            await to_thread.run_sync(self._search, abandon_on_cancel=True, limiter=self._asks_whether_ready)
            return True
        return False

    def _search(self) -> None:
        assistant = self.opened()
        assistant.embedder.warm()
        assistant.reader.load()
        assistant.search("ready", limit=1, any_time=True)

    async def _in_thread(self, do: Callable[[], T]) -> T:
        return await to_thread.run_sync(do, limiter=self._threads)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._busy >= self._at_once:
            raise Busy
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1


async def attended(receive: Receive, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """What ``work`` gives, which is stopped when its client leaves (ClientDisconnect) or its time is up (TookTooLong)."""
    results: list[T] = []
    failure: Exception = TookTooLong()
    async with create_task_group() as group:

        async def watch() -> None:
            nonlocal failure
            while (await receive())["type"] != "http.disconnect":
                pass
            failure = ClientDisconnect()
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            with move_on_after(seconds):
                results.append(await work())
        except Exception as error:  # A task group would wrap it.
            failure = error
        group.cancel_scope.cancel()
    if results:
        return results[0]
    raise failure


def _begin(assistant: Assistant, asked: Asked) -> Generator[Event, None, None]:
    narrowed = asked.filters
    filters = filters_of(assistant, narrowed.since, narrowed.until, narrowed.outlets) if narrowed else Filters()
    return assistant.stream(
        asked.question,
        history=[Turn(turn.question, turn.answer) for turn in asked.history or ()],
        filters=filters,
        searched_as=asked.searched_as,
        write=not asked.quotes,
        any_time=asked.any_time,
    )
