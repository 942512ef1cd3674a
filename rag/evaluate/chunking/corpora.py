"""Corpora with questions whose exact excerpts are known, read from files; it knows nothing of chunks or tokens.

The files are those of "Evaluating Chunking Strategies for Retrieval" (Smith and Troynikov, Chroma, 2024).
"""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.errors import UsageError
from rag.records import Span

QUESTIONS = "questions_df.csv"
# As long as an article may be, by the setting `max_article_chars`; the baselines' chunks are placed in texts of up to 2^20.
_MOST_CHARS = 1_000_000
_COLUMNS = ("question", "references", "corpus_id")


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the excerpts of one corpus that answer it, in code points."""

    corpus: str
    text: str
    excerpts: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Corpora:
    """Texts by id and what is asked of them.

    ``moved`` counts excerpts that did not stand at their offsets, ``skipped`` the questions left out for one that cannot be found.
    """

    texts: Mapping[str, str]
    questions: tuple[Question, ...]
    moved: int
    skipped: int


def read_corpora(folder: Path) -> Corpora:
    """The ``*.md`` corpora of a folder and its ``questions_df.csv``, all in NFC with ``\\n`` line ends.

    An excerpt that does not stand at its offsets is moved to where it stands, if that is one place.
    Raises UsageError that names the file and line of what cannot be read.
    """
    texts = {path.stem: _clean(_read(path)) for path in sorted(folder.glob("*.md"))}
    if not texts:
        raise UsageError(f"{folder} holds no *.md corpora: give the folder of the corpora and their {QUESTIONS}.")
    for id, whole in texts.items():
        if len(whole) > _MOST_CHARS:
            raise UsageError(f"{folder / id}.md has {len(whole):,} characters, at most {_MOST_CHARS:,} are measured: divide it.")
    questions, moved, skipped = list[Question](), 0, 0
    for where, row in _rows(folder / QUESTIONS):
        text = texts.get(row["corpus_id"])
        if text is None:
            raise UsageError(f"{where}: there is no corpus {row['corpus_id']}.md, only {', '.join(texts)}.")
        given = _references(row["references"], where)
        excerpts = tuple(span for content, asked in given if (span := _place(text, content, asked)))
        if len(excerpts) < len(given):
            skipped += 1
            continue
        moved += sum(span != asked for span, (_, asked) in zip(excerpts, given, strict=True))
        questions.append(Question(row["corpus_id"], row["question"].strip(), excerpts))
    return Corpora(texts, tuple(questions), moved, skipped)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Each question's place, in words, and its fields, none of them empty."""
    reader = csv.DictReader(_read(path).splitlines(keepends=True), strict=True)
    try:
        if missing := [name for name in _COLUMNS if name not in (reader.fieldnames or ())]:
            raise UsageError(f"{path}, line 1: column {', '.join(missing)} is missing; needed are {', '.join(_COLUMNS)}.")
        for row in reader:
            if empty := [name for name in _COLUMNS if not (row[name] or "").strip()]:
                raise UsageError(f"{path}, line {reader.line_num}: {', '.join(empty)} is empty.")
            yield f"{path}, line {reader.line_num}", row
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.reader.line_num}: {error}.") from error


def _references(value: str, where: str) -> list[tuple[str, Span]]:
    try:
        given = [(_clean(item["content"]), Span(int(item["start_index"]), int(item["end_index"]))) for item in json.loads(value)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{where}: references must be a JSON list of content, start_index and end_index ({error!r}).") from error
    if not given or not all(any(map(str.isalnum, content)) for content, _ in given):
        raise UsageError(f"{where}: references must hold an excerpt, and each excerpt a word.")
    return given


def _place(text: str, content: str, asked: Span) -> Span | None:
    if text[max(asked.start, 0) : max(asked.end, 0)] == content:
        return asked
    start = text.find(content)
    return Span(start, start + len(content)) if text.count(content) == 1 else None
