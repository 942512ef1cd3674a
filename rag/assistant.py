"""The one path from a question to a checked answer, for the chat page, the command line and evaluation alike."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rag.answer import digest, refusals
from rag.answer.accounts import other_accounts, with_accounts
from rag.answer.differ import Difference, differing
from rag.answer.extract import Quote, choose_quotes
from rag.answer.followups import CARRIED, complete
from rag.answer.missing import missing
from rag.answer.prompts import Task
from rag.answer.when import joined, narrowed, of_those_days, preferred, soon_after
from rag.answer.wording import Wording
from rag.errors import QuestionError
from rag.folding import with_places
from rag.line import Line, Place
from rag.models.embeddings import Embedder
from rag.models.reader import Reader, Reading
from rag.models.reranker import Reranker
from rag.models.short import ShortTexts
from rag.records import (
    Answer,
    Article,
    Carrier,
    Event,
    Filters,
    Found,
    Overview,
    Passage,
    Searched,
    Seconds,
    TimeAsked,
    Turn,
    Usage,
    Version,
    Waiting,
    Wrote,
)
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.store.chroma_server import server_of
from rag.store.conversations import Conversations
from rag.store.copies import carried_by
from rag.store.ledger import Ledger
from rag.store.library import Library
from rag.store.publish import Stores
from rag.store.vectors import Indexes
from rag.suggesting import Suggester
from rag.text.asked import understood, without_time
from rag.text.moments import newest_first
from rag.text.questions import Asked, Intent, understand, wants_several
from rag.text.words import terms
from rag.writing import Request, Writer

# "The latest on X" looks at this many times more passages, since the newest need not be the nearest.
_LATEST_WIDENS = 4
# A reranker chooses from this many times more passages than are read.
_RERANKED = 3
_TASKS: dict[Intent, Task] = {"fact": "answer", "summary": "summary", "latest": "latest"}


class Assistant:
    """Answers from one library; open it once and share it between threads."""

    def __init__(self, settings: Settings, *, embedder: Embedder | None = None, reader: Reader | None = None) -> None:
        self.settings = settings
        self.library = Library(settings.home)
        self.conversations = Conversations(self.library)
        self.embedder = embedder or Embedder(settings.embedding_model, cache=settings.models_folder, runtime=settings.runtime)
        indexes = Indexes(settings.home / "chroma", server_of(settings))
        self.stores = Stores(self.library, indexes, self.embedder, settings)
        self.retriever = Retriever(self.library, indexes, self.embedder, settings)
        self.reader = reader or Reader(self.embedder, cache=settings.models_folder, runtime=settings.runtime)
        self._short = ShortTexts(self.embedder.embed)
        self.reranker = Reranker(settings.reranker) if settings.reranker else None
        self.ledger = Ledger(self.library, settings.daily_tokens)
        self.writer = Writer(settings, self.ledger, self.embedder, self.retriever.rarity) if settings.model else None
        self.line = Line(settings.waiting)
        self._suggester = Suggester(self.library, lambda question, filters: self.ask(question, filters=filters, write=False, behind=True))

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        searched_as: str | None = None,
        write: bool = True,
        any_time: bool = False,
        behind: bool = False,
    ) -> Answer:
        """The answer, whole; see ``stream``."""
        *_, answer = self.stream(
            question, history=history, filters=filters, searched_as=searched_as, write=write, any_time=any_time, behind=behind
        )
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        searched_as: str | None = None,
        write: bool = True,
        any_time: bool = False,
        behind: bool = False,
    ) -> Generator[Event, None, None]:
        """Searched, Found, Wrote for each sentence (Writing between them where a chat model writes), and the Answer last; Waiting before the first
        three while questions that came earlier are searched and read.

        ``searched_as`` replaces the completed question where a reader has edited it; without ``write`` the answer is quotes, whatever the
        settings; with ``any_time`` the question's words on time narrow and order nothing; with ``behind`` everybody else goes first, and
        Crowded is raised while anybody does. Raises QuestionError for an empty or oversized question, Crowded when too many wait, NoLibrary when nothing was synced, LibraryMismatch when another model made the library. A chat model that fails raises nothing: the answer is quotes then, and its ``notice`` says why.
        """
        passages: tuple[Passage, ...] = ()
        with self.line.joined(behind=behind) as place:
            for event in self._stream(question, history, filters, searched_as, write, any_time, place):
                if isinstance(event, Found | Answer):
                    passages = event.passages
                yield self._placed(event, passages) if isinstance(event, Wrote | Answer) else event

    def _placed(self, event: Wrote | Answer, passages: tuple[Passage, ...]) -> Event:
        """With what is looked up in the stored texts, whoever chose the words: where else they stand, and who wrote the article."""
        citations = tuple(
            dataclasses.replace(
                with_places(self.library, citation, passages), author=self.library.author_of(citation.article_id, citation.version)
            )
            for citation in event.citations
        )
        return dataclasses.replace(event, citations=citations)

    def _stream(
        self,
        question: str,
        history: Sequence[Turn],
        filters: Filters,
        searched_as: str | None,
        write: bool,
        any_time: bool,
        place: Place,
    ) -> Generator[Event, None, None]:
        clock = _Clock()
        question = self._checked(question)
        writer = self.writer if write else None
        text, usage = (self._checked(searched_as), None) if searched_as else _completed(question, history, writer)
        asked = understand(text)
        if asked.intent in ("greeting", "foreign"):
            yield Searched(text, self.overview().articles)
            yield _refusal(question, text, refusals.for_intent(asked.intent), (), clock)
            return
        yield from map(Waiting, place.coming())
        with place:
            if not searched_as:
                text = self.retriever.corrected(text)
            overview = self.library.overview()
        time, plain = self._timed(text, overview, any_time)
        asked = understand(plain)
        yield Searched(text, overview.articles, time)
        within = narrowed(filters, time)
        if within is None and time:
            yield dataclasses.replace(_refusal(question, text, refusals.no_day_in_both(filters, time), (), clock), time=time)
            return
        yield from map(Waiting, place.coming())
        with place, clock.of("retrieve"):
            passages = self._found(plain, asked, within or filters, soon_after(filters, time))
        yield Found(passages[: self.settings.passages])
        yield from map(Waiting, place.coming())
        with place, clock.of("read"):
            read = self._read(plain, asked, passages, time, place)
        # What is left waits for a chat model, or takes no time.
        place.leave()
        passages = (passages if self.reranker else _reranked(passages, read.readings))[: self.settings.passages]
        notice = None
        if writer and (material := read.material or (passages if asked.intent == "fact" else ())):
            request = Request(text, material, tuple(history), _TASKS[asked.intent], time)
            with clock.of("write"):
                result = yield from writer.answer(request, question)
            usage, notice = _total(usage, result.usage), result.notice
            if answer := result.answer:
                if answer.status == "abstained":
                    refusal = self._nothing(overview, filters, time, passages, missing(plain, passages))
                    answer = dataclasses.replace(answer, answer=refusal)
                answer = with_accounts(answer, text, read.difference)
                yield dataclasses.replace(
                    answer, time=time, passages=passages, seconds=clock.seconds(), confidence=read.confidence, usage=usage
                )
                return
        if read.quotes:
            if notice is None:
                yield from (Wrote(sentence, (citation,)) for sentence, citation in read.quotes)
            answer = with_accounts(_answer(question, text, read.quotes, passages, clock), text, read.difference)
        elif asked.intent == "summary" and not asked.topic:
            answer = _refusal(question, text, refusals.WHICH_ARTICLE, passages, clock)
        else:
            refusal = self._nothing(overview, filters, time, passages, missing(plain, passages))
            answer = _refusal(question, text, refusal, passages, clock)
        yield dataclasses.replace(answer, time=time, confidence=read.confidence, notice=notice, usage=usage)

    def time_asked(self, question: str) -> TimeAsked | None:
        """What a question's words on time are understood to mean, None where it has none."""
        found = understood(question, self.settings.day_today(), self.overview().outlets)
        return found.time if found else None

    def _timed(self, text: str, overview: Overview, any_time: bool) -> tuple[TimeAsked | None, str]:
        """What the words on time mean, and the question to search: days of publication are searched as days, not as words."""
        found = None if any_time else understood(text, self.settings.day_today(), overview.outlets)
        if not found:
            return None, text
        return found.time, found.rest if found.time.kind == "published" and terms(found.rest) else text

    @staticmethod
    def _nothing(overview: Overview, filters: Filters, time: TimeAsked | None, passages: Sequence[Passage], why: str | None) -> str:
        found = bool(passages)
        if time and time.kind == "published" and overview.articles:
            return refusals.nothing_then(overview, filters, time, found=found, why=why)
        return refusals.nothing_answers(overview, filters, found=found, why=why)

    def _found(self, text: str, asked: Asked, filters: Filters, then: Filters | None) -> tuple[Passage, ...]:
        """The passages as they will be read, best first; those that ``then`` leaves, the days of an event, come beside the others."""
        wider = _LATEST_WIDENS if asked.intent == "latest" else _RERANKED if self.reranker else 1
        passages = self.retriever.search(asked.topic or text, filters=filters, limit=wider * self.settings.passages)
        if then:
            passages = joined(passages, self.retriever.search(text, filters=then, limit=self.settings.passages), len(passages))
        if self.reranker:
            order = self.reranker.order(text, [f"{p.title}\n{p.text}" for p in passages])
            passages = [passages[place] for place in order]
        return tuple(passages)

    def _read(self, text: str, asked: Asked, passages: Sequence[Passage], time: TimeAsked | None, place: Place) -> _Read:
        """The quotes that answer, none where nothing does, and what a chat model would write from where that is not simply what was found."""
        most = self.settings.quotes
        if asked.intent == "fact":
            # "Who said so?" by itself asks after nothing; something that answers "who" would be found all the same.
            if not terms(text):
                return _Read()
            readings = self._weighed(text, passages, time, place)
            confidence = readings[0].probability if readings else None
            readings = preferred(readings, passages, time, self.settings.answer_threshold)
            answered = bool(readings) and readings[0].probability >= self.settings.answer_threshold
            difference = differing(text, readings, passages, Wording(self._short.embed, self.retriever.rarity)) if answered else None
            if difference:
                readings = difference.marked(readings)
                sides = {(side.reading.passage, side.reading.span) for side in difference.sides}
                accounts = [reading for reading in readings[1:] if (reading.passage, reading.span) in sides]
            else:
                accounts = other_accounts(text, readings, alike=self.reader.alike) if answered else []
            quotes = choose_quotes(
                readings,
                passages,
                threshold=self.settings.answer_threshold,
                most=most,
                accounts=accounts,
                several=wants_several(text),
            )
            return _Read(quotes, confidence, readings, difference=difference)
        rarity = self.retriever.rarity(asked.topic)
        # "Summarise this article" after a question means the article that was found for it.
        close = passages if asked.intent == "summary" and CARRIED in text else digest.about(passages, asked.topic, rarity)
        if not close:
            return _Read()
        if asked.intent == "summary":
            first = close[0]
            whole = tuple(self.library.chunks_of(first.article_id))
            return _Read(digest.summarise(self.article(first.article_id, first.version), most=most), None, [], whole)
        newest = tuple(sorted(close, key=lambda p: newest_first(p.published)))
        return _Read(digest.latest(self.reader.read(asked.topic, close, rarity=rarity), close, most=most), None, [], newest)

    def _weighed(self, text: str, passages: Sequence[Passage], time: TimeAsked | None, place: Place) -> list[Reading]:
        """The sentences by the probability that they answer. Where none does and the question names an event's days, which an article may call
        "Friday", those that name the same days are weighed for the question without them."""
        readings = self.reader.read(text, passages, rarity=self.retriever.rarity(text), between=place.give_way)
        best = readings[0].probability if readings else 1.0
        if time and time.kind == "event" and best < self.settings.answer_threshold and (rest := without_time(text, time)) and terms(rest):
            again = self.reader.read(rest, passages, rarity=self.retriever.rarity(rest), between=place.give_way)
            return of_those_days(again, passages, time) or readings
        return readings

    def _checked(self, question: str) -> str:
        # Half a surrogate pair, as a wrong encoding on the command line gives it, is no text.
        text = " ".join(question.encode(errors="replace").decode().split())
        if not text:
            raise QuestionError("The question is empty: type what you want to know.")
        if len(text) > self.settings.max_question_chars:
            raise QuestionError(
                f"The question has {len(text):,} characters; at most {self.settings.max_question_chars:,} are answered (NEWSDESK_MAX_QUESTION_CHARS)."
            )
        return text

    def search(self, query: str, *, filters: Filters = Filters(), limit: int | None = None, any_time: bool = False) -> list[Passage]:
        """The passages for a query, best first, without reading them; none where its days and the filters have none in common. Raises as ``stream`` does."""
        text = self._checked(query)
        time, plain = self._timed(text, self.overview(), any_time)
        within = narrowed(filters, time)
        return [] if within is None else self.retriever.search(plain, filters=within, limit=limit)

    def article(self, article_id: str, version: str | None = None) -> Article:
        """One article; raises NoSuchArticle."""
        return self.library.article(article_id, version)

    def versions(self, article_id: str) -> list[Version]:
        """Every version of an article, in the order in which they came; raises NoSuchArticle."""
        return self.library.versions_of(article_id)

    def carried_by(self, article: Article) -> tuple[Carrier, ...]:
        """The other articles that carry a copy of a version that is searched; none for any other version."""
        return carried_by(self.library.database, [article.version]).get(article.article_id, ())

    def overview(self) -> Overview:
        """What the library holds; all zero where there is none yet."""
        return self.library.overview() if self.library.exists else Overview(0, 0, (), None, None)

    def suggestions(self, limit: int = 4) -> list[str]:
        """Questions about the open library, from different articles, each of which this assistant has just answered from its article."""
        for _ in self._suggester.opening(limit):
            pass
        return self._suggester.known()

    def suggesting(self, limit: int = 4) -> Iterator[None]:
        """The work of ``suggestions`` in small pieces, so that one may stop between them; none is done while somebody's question waits."""
        return self._suggester.opening(limit)

    def follow_ups(self, answers: Sequence[Answer], filters: Filters = Filters()) -> Iterator[str | None]:
        """Questions to go on with after the last of ``answers``, each answered just now; None for a try that came to nothing."""
        return self._suggester.following(answers, filters)


@dataclass(frozen=True)
class _Read:
    """What was read: quotes, the best one's probability where sentences were weighed, all readings, the passages to write from, and what differs."""

    quotes: list[Quote] = field(default_factory=list)
    confidence: float | None = None
    readings: list[Reading] = field(default_factory=list)
    material: tuple[Passage, ...] = ()
    difference: Difference | None = None


def _completed(question: str, history: Sequence[Turn], writer: Writer | None) -> tuple[str, Usage | None]:
    """The question so that it stands by itself, by the chat model where there is one and it can, else by rules."""
    rewritten, usage = None, None
    if writer and understand(question).intent not in ("greeting", "foreign"):
        rewritten, usage = writer.rewrite(question, history)
    return rewritten or complete(question, history), usage


def _total(one: Usage | None, other: Usage | None) -> Usage | None:
    return one + other if one and other else one or other


def _reranked(passages: Sequence[Passage], readings: Sequence[Reading]) -> tuple[Passage, ...]:
    """The passages by their best sentence, whose probability becomes their score; those that were not read come after them with none."""
    best: dict[int, float] = {}
    for reading in readings:
        best.setdefault(reading.passage, reading.probability)
    if not best:
        return tuple(passages)
    order = [*best, *(place for place in range(len(passages)) if place not in best)]
    return tuple(dataclasses.replace(passages[place], score=best.get(place, 0.0)) for place in order)


@dataclass
class _Clock:
    """Where the time of one question goes."""

    started: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        before = time.perf_counter()
        yield
        self.stages[stage] = time.perf_counter() - before

    def seconds(self) -> Seconds:
        return Seconds(self.stages.get("retrieve"), self.stages.get("read"), self.stages.get("write"), time.perf_counter() - self.started)


def _answer(question: str, searched_as: str, quotes: Sequence[Quote], passages: tuple[Passage, ...], clock: _Clock) -> Answer:
    sentences = tuple(sentence for sentence, _ in quotes)
    text = " ".join(sentence.text for sentence in sentences)
    return Answer(question, searched_as, "answered", text, sentences, tuple(citation for _, citation in quotes), passages, clock.seconds())


def _refusal(question: str, searched_as: str, text: str, passages: tuple[Passage, ...], clock: _Clock) -> Answer:
    return Answer(question, searched_as, "abstained", text, (), (), passages, clock.seconds(), accounts=())
