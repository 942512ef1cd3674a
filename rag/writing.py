"""Lets a chat model write: from question and passages to a checked answer, within the day's tokens; it knows no search and no screen."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.answer.generate import Written, compose, documents, messages
from rag.answer.prompts import Prompt, Task, write_prompt, write_rewriting
from rag.answer.verify import Checker
from rag.answer.wording import Wording
from rag.errors import ChatModelError, NewsdeskError
from rag.models.chat import ChatModel, ChatOptions, Message
from rag.models.embeddings import Embedder
from rag.records import Answer, Passage, Turn, Usage, Writing, Wrote, answer_from_dict
from rag.settings import Settings
from rag.store.ledger import Ledger

log = logging.getLogger("rag")

_REWRITING_SECONDS = 15.0
_REWRITING_TOKENS = 400
# Changes with the rules of prompt and check, so that no answer by older ones is given again.
_RULES = 1


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be written: the question as searched, from which passages (best first), after which turns."""

    question: str
    passages: tuple[Passage, ...]
    history: tuple[Turn, ...]
    task: Task


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model wrote, or why it did not; ``usage`` is None where it was not asked."""

    written: Written
    usage: Usage | None
    seconds: float


class Writer:
    """A chat model with its limits; open it once and share it between threads."""

    def __init__(self, settings: Settings, ledger: Ledger, embedder: Embedder, rarity: Callable[[str], Mapping[str, float]]) -> None:
        assert settings.model
        self.name = settings.model
        self._settings = settings
        self._ledger = ledger
        self._embedder = embedder
        self._rarity = rarity
        self.model = ChatModel(settings.model, _options(settings))
        quick = dataclasses.replace(self.model.options, seconds=min(_REWRITING_SECONDS, settings.model_seconds), tokens=_REWRITING_TOKENS)
        self._rewriter = ChatModel(settings.model, quick)

    def write(self, request: Request) -> Iterator[Writing | Wrote | Outcome]:
        """Writing and Wrote as the model writes, and the Outcome last; whatever goes wrong is in the outcome."""
        began = time.perf_counter()
        if fault := self._spent():
            yield Outcome(Written(fault=fault), None, 0.0)
            return
        prompt = self.prompt(request)
        passages = request.passages[: len(prompt.ids)]
        native = documents(passages) if self._settings.native_citations else ()
        call = self.model.stream(messages(prompt), documents=native)
        checker = Checker(request.passages, Wording(self._embedder.embed, self._rarity))
        try:
            for event in compose(call, prompt.ids, request.passages, checker):
                yield Outcome(event, call.usage, time.perf_counter() - began) if isinstance(event, Written) else event
        finally:
            self._spend(call.usage)

    def prompt(self, request: Request) -> Prompt:
        """What the model is told."""
        budget = (self._embedder.count_tokens, self._settings.prompt_tokens)
        return write_prompt(request.question, request.passages, history=request.history, task=request.task, budget=budget)

    def rewrite(self, question: str, history: Sequence[Turn]) -> tuple[str | None, Usage | None]:
        """The question so that it stands by itself, None where the model fails or gives something that is no question."""
        if not history or self._spent():
            return None, None
        system, user = write_rewriting(question, history)
        try:
            text, usage = self._rewriter.complete([Message("system", system), Message("user", user)])
        except ChatModelError as error:
            log.debug("The question is completed without the model: %s", error)
            return None, None
        self._spend(usage)
        text = text.strip().strip('"“”')
        sensible = bool(text) and "\n" not in text and len(text) <= min(self._settings.max_question_chars, 4 * len(question) + 300)
        return (text if sensible else None), usage

    def kept(self, request: Request) -> Answer | None:
        """The answer that was written before to the same request, None where there is none."""
        if not self._settings.cached_answers:
            return None
        stored = self._ledger.kept(self._key(request))
        return answer_from_dict(stored) if stored else None

    def keep(self, request: Request, answer: Answer) -> None:
        """Keep an answer for the same request; a library that cannot be written keeps none."""
        if self._settings.cached_answers:
            try:
                self._ledger.keep(self._key(request), dataclasses.asdict(answer), most=self._settings.cached_answers)
            except NewsdeskError as error:
                log.debug("The answer is not kept: %s", error)

    def _key(self, request: Request) -> str:
        s = self._settings
        held = [
            _RULES,
            s.model,
            s.model_url,
            s.model_temperature,
            s.prompt_tokens,
            s.answer_tokens,
            s.native_citations,
            s.unsupported,
            request,
        ]
        return hashlib.sha256(repr(held).encode()).hexdigest()

    def _spent(self) -> ChatModelError | None:
        limit = self._settings.daily_tokens
        if limit is None or self._ledger.tokens_today() < limit:
            return None
        return ChatModelError(
            f"Today's {limit:,} tokens for the chat model are used up (NEWSDESK_DAILY_TOKENS); they are counted anew at midnight UTC."
        )

    def _spend(self, usage: Usage) -> None:
        try:
            self._ledger.spend(usage)
        except NewsdeskError as error:
            log.warning("The tokens of this answer are not counted: %s", error)


def _options(s: Settings) -> ChatOptions:
    return ChatOptions(s.model_url, s.model_temperature, s.model_seconds, s.model_retries, s.answer_tokens, s.price_input, s.price_output)
