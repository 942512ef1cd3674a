"""Suggests questions that the open library has just answered: for its front page, and after an answer; it makes none up itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from rag.errors import Crowded, NewsdeskError, NoSuchArticle
from rag.records import Answer, Article, Filters
from rag.store.library import Library

# Making questions up takes a tenth of a second to import, and a command that asks one needs none: it is imported where it is used.
if TYPE_CHECKING:
    from rag.answer.suggest import Candidate

# Answers a question of the chat, given the filters that it is asked under; raises Crowded while somebody's own question waits.
Ask = Callable[[str, Filters], Answer]

_ARTICLES = 200
_TRIES_A_SUGGESTION = 5
# Each holds a processor while the reader reads the answer before.
_TRIES_AFTER = 6


class Suggester:
    """Questions over one library; shared between threads. It tries none while somebody's question waits."""

    def __init__(self, library: Library, ask: Ask) -> None:
        self._library, self._ask = library, ask
        self._busy = threading.Lock()
        self._known: list[str] = []
        self._known_for: tuple[str | None, int] = (None, 0)
        self._tries: Iterator[str | None] = iter(())

    def opening(self, limit: int) -> Iterator[None]:
        """Tries, shared by all who ask for them, that end when ``known`` holds what there is; one may stop after each."""
        while True:
            with self._busy:
                generation = self._library.meta().get("generation") if self._library.exists else None
                if (generation, limit) != self._known_for:
                    self._known, self._known_for = [], (generation, limit)
                    self._tries = self._opening(limit) if generation else iter(())
                if len(self._known) == limit:
                    return
                try:
                    found = next(self._tries)
                except StopIteration:
                    return
                except NewsdeskError:
                    # An iterator that raised has ended: whoever asks again begins again.
                    self._known_for = (None, 0)
                    raise
                self._known += [found] if found else []
            yield

    def known(self) -> list[str]:
        """What ``opening`` has found so far: questions from different articles, the same until the library changes."""
        return list(self._known)

    def _opening(self, limit: int) -> Iterator[str | None]:
        """Stops after a number of tries, so that a large library opens as quickly as a small one."""
        from rag.answer.suggest import opening

        # One may stop after each piece of work, not after the last alone.
        yield None
        articles = list(islice(self._library.articles(), _ARTICLES))
        yield None
        # Every third first: neighbours in time tell the same story.
        queue = opening(articles[::3] + articles[1::3] + articles[2::3])
        for candidate in queue[: _TRIES_A_SUGGESTION * limit]:
            yield from self._tried(candidate, Filters())

    def following(self, answers: Sequence[Answer], filters: Filters) -> Iterator[str | None]:
        """Questions that go on from the last of ``answers``, asked under the same filters; None for a try that came to nothing, so that one may stop after each."""
        from rag.answer.suggest import following

        queue = following(list(self._articles_of(answers[-1])), answers)
        for candidate in queue[:_TRIES_AFTER]:
            yield from self._tried(candidate, filters)

    def _tried(self, candidate: Candidate, filters: Filters) -> Iterator[str | None]:
        """The candidate's question where it is answered, None where it is not, and None before that as long as somebody else asks."""
        while True:
            try:
                answered = self._is_answered(candidate, filters)
            except Crowded:
                yield None
                continue
            yield candidate.question if answered else None
            return

    def _articles_of(self, answer: Answer) -> Iterator[Article]:
        """Those that were cited before those that were found; one that went since has nothing to suggest."""
        for article_id in dict.fromkeys([*(c.article_id for c in answer.citations), *(p.article_id for p in answer.passages)]):
            try:
                yield self._library.article(article_id)
            except NoSuchArticle:
                continue

    def _is_answered(self, candidate: Candidate, filters: Filters) -> bool:
        """Whether the best quote is of the candidate's article, and holds or is held by the candidate's sentence."""
        answer = self._ask(candidate.question, filters)
        if not answer.citations or answer.citations[0].article_id != candidate.article_id:
            return False
        quote = answer.citations[0].quote
        return candidate.sentence in quote or quote in candidate.sentence or not candidate.sentence
