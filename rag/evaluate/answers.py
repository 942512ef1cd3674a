"""Reads another system's answers, in the form that ``newsdesk ask --json`` prints or a thinner one, to be scored like our own."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, StrictFloat, StrictInt, StrictStr, ValidationError

from rag.errors import QuestionError, UsageError
from rag.evaluate.cases import Case, Suite
from rag.records import Answer, Citation, Origin, Seconds, Sentence, Status, Verdict


class _Sentence(BaseModel):
    text: StrictStr
    verdict: Verdict = "supported"
    citations: list[StrictInt] = []
    reason: StrictStr | None = None


class _Citation(BaseModel):
    model_config = ConfigDict(extra="ignore")

    number: StrictInt
    article_id: StrictStr
    version: StrictStr = ""
    title: StrictStr = ""
    source: StrictStr | None = None
    published: StrictStr | None = None
    url: StrictStr | None = None
    # -1: the system does not say where the quote stands.
    start: StrictInt = -1
    end: StrictInt = -1
    quote: StrictStr = ""
    also_in: list[Origin] = []


class _Seconds(BaseModel):
    model_config = ConfigDict(extra="ignore")

    total: StrictFloat | StrictInt = math.nan


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: StrictStr | StrictInt | None = None
    question: StrictStr | None = None
    status: Status
    answer: StrictStr
    sentences: list[_Sentence] = []
    citations: list[_Citation] = []
    seconds: _Seconds = _Seconds()
    confidence: StrictFloat | None = None
    model: StrictStr | None = None


def read_answers(path: Path, suite: Suite) -> Callable[[Case], Answer]:
    """Finds the answer to a prompt by its id, else by its question; a prompt without one raises QuestionError.

    The file is checked whole and then read again answer by answer, so that a large one does not stand in memory. Raises
    UsageError that names the line of what is no answer.
    """
    known = {case.id for case in suite.cases}
    by_id: dict[str, int] = {}
    by_question: dict[str, int] = {}
    for number, (offset, line) in enumerate(_lines(path), start=1):
        if line.strip():
            given = _parsed(path, number, line)
            if given.id is not None and str(given.id) in known:
                by_id[str(given.id)] = offset
            elif given.question is not None:
                by_question[given.question] = offset

    def answer(case: Case) -> Answer:
        offset = by_id.get(case.id, by_question.get(case.question))
        if offset is None:
            raise QuestionError(f"{path} holds no answer with the id {case.id} or to this question.")
        with path.open("rb") as file:
            file.seek(offset)
            return _to_answer(_parsed(path, 0, file.readline()))

    return answer


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            offset = 0
            for line in file:
                yield offset, line
                offset += len(line)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name a file of JSON lines.") from error


def _parsed(path: Path, number: int, line: bytes) -> _Answer:
    try:
        return _Answer.model_validate(json.loads(line.decode("utf-8-sig")))
    except ValidationError as error:
        item = error.errors()[0]
        raise UsageError(f"{path}, line {number}: {'.'.join(map(str, item['loc']))}: {item['msg']}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}, line {number} is not JSON in UTF-8.") from error


def _to_answer(given: _Answer) -> Answer:
    sentences = tuple(Sentence(s.text, s.verdict, tuple(s.citations), s.reason) for s in given.sentences)
    citations = tuple(Citation(**(c.model_dump(exclude={"also_in"}) | {"also_in": tuple(c.also_in)})) for c in given.citations)
    if given.status == "answered" and not sentences:
        sentences = (Sentence(given.answer, "supported", tuple(c.number for c in citations)),)
    seconds = Seconds(None, None, None, float(given.seconds.total))
    question = given.question or ""
    return Answer(question, question, given.status, given.answer, sentences, citations, (), seconds, None, given.model, given.confidence)
