"""Asks an assistant the prompts of a suite and scores each answer; the one place where prompt, answer, ranking and checks meet."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.evaluate.cases import Case
from rag.evaluate.checks import check_answer, status_of
from rag.evaluate.files import case_to_file
from rag.evaluate.ranking import DEPTH, Relevant, ranking_scores, relevant_to, reread
from rag.evaluate.rubric import judge_of
from rag.evaluate.runs import Found, Result
from rag.evaluate.scores import Scores, answer_scores, scores_if_answered
from rag.records import Answer, Passage, answer_to_json
from rag.text.questions import understand

# Texts of cited articles that are kept while prompts about them come one after another.
_TEXTS = 256


class Examiner:
    """Asks and scores, over one library; safe to share between threads.

    ``given`` replaces the assistant's answer by another system's, by prompt id.
    """

    def __init__(self, assistant: Assistant, *, given: Callable[[Case], Answer] | None = None) -> None:
        self._assistant = assistant
        self._given = given
        self._judge = judge_of(assistant.settings, assistant.ledger)
        # What would have been answered below the threshold, for the risk and coverage curve.
        self._bold = Assistant(
            assistant.settings.model_copy(update={"answer_threshold": 0.0}), embedder=assistant.embedder, reader=assistant.reader
        )
        self._text_of = lru_cache(_TEXTS)(self._text)

    def examine(self, case: Case, repeat: int = 0) -> Result:
        """One prompt; an error that a reader can act on becomes part of the result."""
        try:
            answer = self._answer(case)
            passages = self._ranking(case, answer)
        except NewsdeskError as error:
            scores: Scores = {"passed": 0.0, "answerable": float(not case.unanswerable)}
            return Result(case.id, repeat, "error", case_to_file(case), (), scores, None, (), str(error), checks_digest(case))
        checked = check_answer(case, answer, self._judge)
        status = status_of(case, checked)
        relevant = relevant_to(case, self._assistant.library.chunks_of)
        scores = {
            "passed": None if status == "not measured" else float(status == "passed"),
            **answer_scores(case, answer, self._text_of),
            **(ranking_scores(relevant, passages) | reread(relevant, answer.passages) if self._given is None else {}),
            **self._if_answered(case, answer),
        }
        shown = answer_to_json(dataclasses.replace(answer, passages=()))
        ranking = tuple(_found(passage, relevant) for passage in passages)
        return Result(case.id, repeat, status, case_to_file(case), checked, scores, shown, ranking, None, checks_digest(case))

    def _answer(self, case: Case) -> Answer:
        if self._given is not None:
            return self._given(case)
        return self._assistant.ask(case.question, history=case.history, filters=case.filters)

    def _ranking(self, case: Case, answer: Answer) -> Sequence[Passage]:
        """What the question finds, as the assistant searched it, but deeper than it reads."""
        if self._given is not None or not answer.passages:
            return ()
        text = answer.searched_as
        return self._assistant.search(understand(text).topic or text, filters=case.filters, limit=DEPTH)

    def _if_answered(self, case: Case, answer: Answer) -> Scores:
        if answer.confidence is not None and answer.status == "abstained" and not case.unanswerable and self._given is None:
            answer = self._bold.ask(case.question, history=case.history, filters=case.filters, write=False)
        return scores_if_answered(case, answer)

    def _text(self, article_id: str, version: str | None) -> str | None:
        try:
            return self._assistant.article(article_id, version).text
        except NewsdeskError:
            return None


def examine_all(examiner: Examiner, work: Iterable[tuple[Case, int]], *, jobs: int = 1) -> Iterator[Result]:
    """Results in the order of the work; with more than one job at a time, seconds are those of a busy machine."""
    if jobs == 1:
        yield from (examiner.examine(case, repeat) for case, repeat in work)
        return
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda item: examiner.examine(*item), work)


def checks_digest(case: Case) -> str:
    """What a prompt asserts, as a digest: pairs with other assertions are not compared."""
    asserted = [dataclasses.astuple(check) for check in case.checks]
    return hashlib.sha256(json.dumps([asserted, case.threshold]).encode()).hexdigest()[:10]


def _found(p: Passage, relevant: Relevant) -> Found:
    known = relevant.passages if relevant.passages is not None else None
    hit = None if known is None else p.chunk_id in known
    return Found(p.article_id, p.title, p.source, p.published, p.start, p.end, p.text, p.score, p.bm25, p.cosine, hit)
