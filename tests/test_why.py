"""The panel that says why an answer is what it is: where each passage stood, and what became of it."""

from __future__ import annotations

import dataclasses

from rag.assistant import Assistant
from rag.records import Answer, answer_from_dict
from rag.ui.views import answer_view
from rag.ui.why import HEADS, why_view

QUESTION = "where did the attackers try to flee?"


def _rows(answer: Answer) -> list[dict[str, str]]:
    view = why_view(answer)
    assert view is not None
    return [dict(zip(HEADS, row, strict=True)) for row in view["rows"]]


def test_each_passage_has_its_ranks_and_its_fate(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION)
    rows = _rows(answer)
    assert len(rows) == len(answer.passages)
    quoted = {
        number for row in rows if row["What became of it"].startswith("quoted as ") for number in row["What became of it"][10:].split(", ")
    }
    assert quoted == {str(citation.number) for citation in answer.citations}
    assert all(row["What became of it"].startswith(("quoted as ", "read: ", "not read: ")) for row in rows)
    both = [int(row["Both"]) for row in rows if row["Both"] != "–"]
    assert min(both) == 1
    assert len(set(both)) == len(both)


def test_ranks_are_those_of_the_searches(assistant: Assistant) -> None:
    passages = assistant.search(QUESTION)
    by_words = sorted((p for p in passages if p.bm25 is not None), key=lambda p: -(p.bm25 or 0))
    by_meaning = sorted((p for p in passages if p.cosine is not None), key=lambda p: -(p.cosine or 0))
    for field, order in (("words", by_words), ("meaning", by_meaning)):
        ranks = [getattr(p.ranks, field) for p in order]
        assert ranks == sorted(ranks)


def test_a_refusal_says_that_nothing_was_likely_enough(assistant: Assistant) -> None:
    answer = assistant.ask("what is the speed of sound at sea level?")
    assert answer.status == "abstained"
    assert not any(row["What became of it"].startswith("quoted") for row in _rows(answer))


def test_what_was_understood_stands_first(assistant: Assistant) -> None:
    answer = assistant.ask("what was reported in March 2024 about Crocus City Hall?")
    view = why_view(answer)
    assert view is not None
    facts = dict(view["facts"])
    assert "crocus" in facts["Words that count"]
    assert "March 2024" in facts["Days understood"]
    assert facts["Time"].startswith("finding ")


def test_an_answer_of_an_older_release_has_a_panel_without_ranks(assistant: Assistant) -> None:
    stored = dataclasses.asdict(assistant.ask(QUESTION))
    for passage in stored["passages"]:
        del passage["ranks"]
    answer = answer_from_dict(stored)
    assert {row["Both"] for row in _rows(answer)} == {"–"}


def test_a_greeting_has_no_panel(assistant: Assistant) -> None:
    assert answer_view(assistant.ask("hello"))["why"] is None
