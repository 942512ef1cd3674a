"""Lets a chat model write: from question and passages to a checked answer, within the day's tokens; it knows no search and no screen."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

from rag.answer.generate import Written, compose, documents, messages
from rag.answer.prompts import Task, write_prompt, write_rewriting
from rag.answer.verify import Checker
from rag.answer.wording import Wording
from rag.errors import ChatModelError, NewsdeskError
from rag.models.chat import ChatModel, ChatOptions, Message
from rag.models.embeddings import Embedder
from rag.records import Answer, Passage, Seconds, TimeAsked, Turn, Usage, Writing, Wrote, answer_from_dict
from rag.settings import Settings
from rag.store.ledger import Ledger

log = logging.getLogger("rag")

_REWRITING_SECONDS = 15.0
_REWRITING_TOKENS = 400
# Changes with the rules of prompt and check, so that no answer by older ones is given again.
_RULES = 1
_QUOTED = "The answer is quoted instead."


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be written: the question as searched, from which passages (best first), after which turns; ``time`` is what its words on time mean."""

    question: str
    passages: tuple[Passage, ...]
    history: tuple[Turn, ...]
    task: Task
    time: TimeAsked | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A written answer, or None with a ``notice`` that says why quotes must do; ``usage`` is None where the model was not asked."""

    answer: Answer | None
    notice: str | None
    usage: Usage | None


class Writer:
    """A chat model with its limits; open it once and share it between threads."""

    def __init__(self, settings: Settings, ledger: Ledger, embedder: Embedder, rarity: Callable[[str], Mapping[str, float]]) -> None:
        assert settings.model
        self.name = settings.model
        self._settings = settings
        self._ledger = ledger
        self._embedder = embedder
        self._rarity = rarity
        self.model = ChatModel(settings.model, chat_options(settings, settings.model_url))
        quick = dataclasses.replace(self.model.options, seconds=min(_REWRITING_SECONDS, settings.model_seconds), tokens=_REWRITING_TOKENS)
        self._rewriter = ChatModel(settings.model, quick)

    def answer(self, request: Request, question: str) -> Generator[Writing | Wrote, None, Result]:
        """Yields Writing and Wrote as the model writes, and returns the result; ``question`` is as it was typed.

        A model that fails raises nothing. The seconds of the answer are the writing's alone.
        """
        if kept := self._kept(request):
            for sentence in kept.sentences:
                yield Wrote(sentence, tuple(c for c in kept.citations if c.number in sentence.citations))
            return Result(dataclasses.replace(kept, question=question, cached=True), None, Usage(0, 0, 0.0))
        if fault := self._ledger.used_up():
            return Result(None, f"{fault} {_QUOTED}", None)
        began = time.perf_counter()
        native = self._settings.native_citations and self.model.provider == "anthropic"
        budget = (self._embedder.count_tokens, self._settings.prompt_tokens)
        prompt = write_prompt(
            request.question, request.passages, history=request.history, task=request.task, time=request.time, budget=budget
        )
        given = request.passages[: len(prompt.ids)]
        call = self.model.stream(messages(prompt, native=native), documents=documents(given) if native else ())
        checker = Checker(request.passages, Wording(self._embedder.embed, self._rarity))
        try:
            written = yield from compose(call, prompt.ids, request.passages, checker)
        finally:
            self._ledger.spend(call.spent)
        if written.refused:
            refusal = Answer(question, request.question, "abstained", "", (), (), (), _seconds(began), model=self.name)
            return Result(refusal, None, call.usage)
        if not written.stands:
            return Result(None, f"{_why_not(written)} {_QUOTED}", call.usage)
        answer = self._answer(request, question, written, began)
        if not answer.incomplete:
            self._keep(request, answer)
        return Result(answer, None, call.usage)

    def _answer(self, request: Request, question: str, written: Written, began: float) -> Answer:
        strike = self._settings.unsupported == "strike"
        shown = [sentence for sentence, _ in written.sentences if strike or sentence.verdict != "unsupported"]
        removed = len(written.sentences) - len(shown)
        notices = [f"{removed} sentence{'' if removed == 1 else 's'} that the articles do not bear out left out."] if removed else []
        if written.fault:
            notices.append(f"The answer is not complete. {written.fault}")
        cited = {number for sentence in shown for number in sentence.citations}
        return Answer(
            question,
            request.question,
            "answered",
            " ".join(sentence.text for sentence in shown if sentence.verdict != "unsupported"),
            tuple(shown),
            tuple(c for _, citations in written.sentences for c in citations if c.number in cited),
            request.passages,
            _seconds(began),
            model=self.name,
            notice=" ".join(notices) or None,
            incomplete=written.fault is not None,
        )

    def rewrite(self, question: str, history: Sequence[Turn]) -> tuple[str | None, Usage | None]:
        """The question so that it stands by itself, None where the model fails or gives something that is no question."""
        if not history or self._ledger.used_up():
            return None, None
        system, user = write_rewriting(question, history)
        try:
            text, usage = self._rewriter.complete([Message("system", system), Message("user", user)], self._ledger.spend)
        except ChatModelError as error:
            log.debug("The question is completed without the model: %s", error)
            return None, None
        text = text.strip().strip('"“”')
        sensible = bool(text) and "\n" not in text and len(text) <= min(self._settings.max_question_chars, 4 * len(question) + 300)
        return (text if sensible else None), usage

    def _kept(self, request: Request) -> Answer | None:
        """The answer that was written before to the same request, None where there is none."""
        if not self._settings.cached_answers:
            return None
        stored = self._ledger.kept(self._key(request))
        return answer_from_dict(stored) if stored else None

    def _keep(self, request: Request, answer: Answer) -> None:
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


def _why_not(written: Written) -> str:
    if written.fault:
        return str(written.fault)
    return "Nothing of what the chat model wrote stands in the articles." if written.sentences else "The chat model wrote nothing."


def _seconds(began: float) -> Seconds:
    took = time.perf_counter() - began
    return Seconds(None, None, took, took)


def chat_options(s: Settings, url: str | None) -> ChatOptions:
    """How a chat model at an address (None for the provider's own) is called."""
    return ChatOptions(url, s.model_temperature, s.model_seconds, s.model_retries, s.answer_tokens, s.price_input, s.price_output)
