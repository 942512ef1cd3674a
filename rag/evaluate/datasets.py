"""Reads test prompts from large sets: JSON lines of questions and answers, and SQuAD-style files; it runs nothing."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr, ValidationError

from rag.errors import UsageError
from rag.evaluate.cases import Case, Check, Place, Suite, case_id, with_unique_ids
from rag.evaluate.files import read_text, read_yaml_suite
from rag.evaluate.schema import FileTurn
from rag.records import Article, Filters, Turn

_BETWEEN = "\n\n"


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: StrictStr | StrictInt | None = None
    question: StrictStr
    answers: list[StrictStr] = []
    article_ids: list[StrictStr] = []
    history: list[FileTurn] = []
    metadata: dict[StrictStr, Any] = {}


class _Answer(BaseModel):
    text: StrictStr
    answer_start: StrictInt


class _Question(BaseModel):
    question: StrictStr
    answers: list[_Answer] = []
    is_impossible: bool = False


class _Paragraph(BaseModel):
    context: StrictStr
    qas: list[_Question]


class _Entry(BaseModel):
    title: StrictStr
    paragraphs: list[_Paragraph]


class _Squad(BaseModel):
    data: list[_Entry]


def read_suite(path: Path) -> Suite:
    """The test prompts of a file: ``.yaml``, ``.jsonl``, or ``.json`` in SQuAD's form.

    Raises UsageError that names file, line and field.
    """
    readers = {".yaml": read_yaml_suite, ".yml": read_yaml_suite, ".jsonl": _read_lines, ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            f"{path}: test prompts are read from .yaml, .jsonl and SQuAD's .json, not from {path.suffix or 'a file without suffix'}."
        )
    suite = reader(path)
    if not suite.cases:
        raise UsageError(f"{path} holds no test prompt.")
    return suite


def _read_lines(path: Path) -> Suite:
    cases = with_unique_ids(_cases_of_lines(path, read_text(path)))
    return Suite(path, "", cases)


def _cases_of_lines(path: Path, text: str) -> Iterator[Case]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            given = _Line.model_validate_json(line)
        except ValidationError as error:
            raise UsageError(f"{path}, line {number}: {_first(error)}.") from error
        history = tuple(Turn(turn.question, turn.answer) for turn in given.history)
        checks = _checks(given.answers, given.article_ids)
        id = case_id(given.question, history, Filters()) if given.id is None else str(given.id)
        yield Case(id, given.question, given.question, checks, history, metadata=given.metadata, references=tuple(given.answers))


def _first(error: ValidationError) -> str:
    item = error.errors()[0]
    field = ".".join(map(str, item["loc"]))
    return f"{field}: {item['msg']}" if field else str(item["msg"])


def _checks(answers: list[str], article_ids: list[str]) -> tuple[Check, ...]:
    """A question with neither answer nor article is one that nothing answers."""
    checks = [Check("icontains-any", tuple(answers))] if answers else []
    checks += [Check("cites", tuple(article_ids))] if article_ids else []
    return tuple(checks) or (Check("abstains"),)


def _read_json(path: Path) -> Suite:
    """SQuAD 1.1 and 2.0 (Rajpurkar et al. 2016, 2018): an article a title, its paragraphs in order, answers with their places."""
    text = read_text(path)
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON ({error}).") from error
    if isinstance(given, dict) and "tests" in given:
        return read_yaml_suite(path)
    try:
        entries = _Squad.model_validate(given).data
    except ValidationError as error:
        raise UsageError(f"{path} is not in SQuAD's form: {_first(error)}.") from error
    titles = [entry.title for entry in entries]
    if twice := sorted({title for title in titles if titles.count(title) > 1}):
        raise UsageError(f"{path} has two articles with the title {twice[0]!r}.")
    articles = tuple(_article(entry) for entry in entries)
    # Halves for choosing and reporting: every second article in the order of titles.
    split = {title: "test" if number % 2 else "dev" for number, title in enumerate(sorted(titles))}
    cases = (case for entry in entries for case in _cases_of_entry(entry, split[entry.title]))
    return Suite(path, "", with_unique_ids(cases), articles=articles)


def _article(entry: _Entry) -> Article:
    text = _BETWEEN.join(_stored(paragraph.context) for paragraph in entry.paragraphs)
    return Article(entry.title, "", entry.title.replace("_", " "), text)


def _stored(text: str) -> str:
    """As the library keeps a text of JSON lines."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _cases_of_entry(entry: _Entry, split: str) -> Iterator[Case]:
    offset = 0
    for paragraph in entry.paragraphs:
        for asked in paragraph.qas:
            answers = [] if asked.is_impossible else list(dict.fromkeys(answer.text for answer in asked.answers))
            checks = _checks(answers, [entry.title] if answers else [])
            places = tuple(_place(entry.title, offset, paragraph.context, answer) for answer in asked.answers) if answers else ()
            # SQuAD 2.0's questions without an answer were written to look as if they had one.
            metadata = {"split": split} | ({"kind": "squad"} if answers else {"kind": "unanswerable", "near": True})
            id = case_id(f"{entry.title}\0{asked.question}", (), Filters())
            yield Case(id, asked.question, asked.question, checks, metadata=metadata, references=tuple(answers), places=places)
        offset += len(_stored(paragraph.context)) + len(_BETWEEN)


def _place(title: str, offset: int, context: str, answer: _Answer) -> Place:
    start = offset + len(_stored(context[: answer.answer_start]))
    return Place(title, start, start + len(_stored(answer.text)))
