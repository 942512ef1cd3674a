"""What a refusal says of the name or year that the articles do not hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag.answer.missing import missing
from rag.assistant import Assistant
from rag.records import Passage, Span

CAROLINA = "Lawmakers in North Carolina voted on Tuesday to raise the tax on petrol. The governor of North Carolina signed the law on June 4, 2021."


def passage(text: str, title: str = "Petrol tax") -> Passage:
    return Passage("1", "a", "v", 0, len(text), text, (Span(0, len(text)),), 1.0, None, None, title, None, None, None)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (
            "On what date did the governor of South Carolina sign the petrol tax?",
            "The articles tell of North Carolina, not South Carolina.",
        ),
        ("When did North Carolina raise the petrol tax?", None),
        ("Did the governor sign the petrol tax in 2019?", "The articles tell of 2021, not 2019."),
        ("What did Marguerite Olander say of the petrol tax in North Carolina?", "No article that was found names Marguerite Olander."),
        ("Who signed the petrol tax?", None),
        ("What is North Carolina’s petrol tax?", None),
        ("who signed the law in south carolina?", None),
        ("", None),
    ],
)
def test_missing_detail_is_named(question: str, said: str | None) -> None:
    assert missing(question, [passage(CAROLINA)]) == said


def test_year_is_not_set_against_one_of_several() -> None:
    text = "The petrol tax was raised by the governor in 1998 and again by the governor in 2004."
    assert missing("Did the governor raise the petrol tax in 2019?", [passage(text)]) == "No article that was found names 2019."


def test_unrelated_passage_lends_no_name() -> None:
    assert (
        missing("Who won the vote in South Carolina?", [passage("Snow fell in North Dakota.", "Snow")])
        == "No article that was found names South Carolina."
    )


def test_refusal_carries_the_reason(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    answer = library_of({"petrol.md": f"# Petrol tax\n\n{CAROLINA}\n"}).ask("Which treaty did Marguerite Olander sign with Peru?")
    assert answer.status == "abstained"
    assert "No article that was found names Marguerite Olander." in answer.answer
