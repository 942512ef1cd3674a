"""What questions and quotes say about time, against labels of which half was set aside before the rules were written (docs/time.md)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.records import Span
from rag.text.asked import retimed, understood
from rag.text.days import resolved
from rag.text.moments import moment, newest_first
from rag.text.notes import notes, told

DATA = Path(__file__).parent / "data"
TODAY = date(2026, 11, 27)
OUTLETS = ("Norrby Courier", "Fell Herald")


def labels(name: str, split: str) -> list[dict[str, Any]]:
    lines = (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [label for label in map(json.loads, lines) if label["split"] == split]


def scores(split: str) -> tuple[int, int, int, int]:
    """Notes that are right, notes given, expressions that have a day, and those of them with the right note."""
    right = given = dated = covered = 0
    for label in labels("time_notes", split):
        held = [s for s in told(label["sentence"], label["published"]) if s.relative]
        given += len(held)
        for note in label["notes"]:
            near = [s for s in held if note["text"] in s.text or s.text in note["text"]]
            good = bool(near) and (near[0].since.isoformat(), near[0].until.isoformat()) == (note["since"], note["until"])
            right, dated, covered = right + good, dated + bool(note["since"]), covered + good
    return right, given, dated, covered


@pytest.mark.parametrize("split", ["dev", "test"])
def test_notes_are_right_and_most_expressions_have_one(split: str) -> None:
    right, given, dated, covered = scores(split)
    assert right / given >= 0.9
    assert covered / dated >= 0.9


@pytest.mark.parametrize("split", ["dev", "test"])
def test_time_of_a_question_is_understood(split: str) -> None:
    held = labels("time_questions", split)
    wrong = []
    for label in held:
        found = understood(label["question"], TODAY, OUTLETS)
        got = (found.time.kind, found.time.since, found.time.until) if found else (None, None, None)
        wrong += [label["question"]] if got != (label["kind"], label["since"], label["until"]) else []
    assert len(wrong) <= 0.05 * len(held), wrong


def test_a_day_that_a_note_names_is_one_that_the_checker_holds_possible() -> None:
    for label in [*labels("time_notes", "dev"), *labels("time_notes", "test")]:
        possible = {(w.year, w.month, w.day) for w in resolved(label["sentence"], label["published"])}
        for s in told(label["sentence"], label["published"]):
            if s.text.casefold().endswith("day") and " " not in s.text:
                assert (s.since.year, s.since.month, s.since.day) in possible


def test_notes_stand_at_their_words_in_the_article() -> None:
    text = "It rained. The mayor said on Tuesday that the bridge would open next month."
    start = text.index("The mayor")
    held = notes(Span(start, len(text)), text[start:], "2024-03-27T18:05:00+00:00")
    assert [(text[n.start : n.end], n.since, n.until) for n in held] == [
        ("Tuesday", "2024-03-26", "2024-03-26"),
        ("next month", "2024-04-01", "2024-04-30"),
    ]


@pytest.mark.parametrize("published", [None, "", "soon"])
def test_no_day_of_publication_gives_no_note(published: str | None) -> None:
    assert notes(Span(0, 30), "The mayor resigned on Tuesday.", published) == ()


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("2024-03-27T01:00+03:00", "2024-03-26T23:00Z"), ("2024-03-27", "2024-03-27T00:01Z"), (None, "1999-01-01"), ("soon", "1999-01-01")],
)
def test_newest_first_goes_by_the_moment(earlier: str | None, later: str) -> None:
    assert sorted([earlier, later], key=newest_first) == [later, earlier]


def test_moment_of_an_impossible_clock_is_none() -> None:
    assert moment("0001-01-01T00:00+14:00") is None


@pytest.mark.parametrize(
    ("earlier", "rest", "whole"),
    [
        ("How many were arrested on Tuesday?", "on Wednesday?", "How many were arrested on Wednesday?"),
        ("What was reported last week about trams?", "last month", "What was reported last month about trams?"),
        ("How many were arrested?", "on 3 May", "How many were arrested on 3 May?"),
        ("How many were arrested on Tuesday?", "in Brackwell", None),
        ("How many were arrested on Tuesday?", "the fire on Wednesday", None),
    ],
)
def test_follow_up_changes_the_time_alone(earlier: str, rest: str, whole: str | None) -> None:
    assert retimed(earlier, rest) == whole
