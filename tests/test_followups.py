"""Follow-ups: what a question leaves out is taken from earlier turns, and nothing is added to one that stands by itself."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.followups import CARRIED, complete
from rag.assistant import Assistant
from rag.records import Turn
from rag.settings import CHECKOUT

FOLLOW_UPS = [
    prompt
    for prompt in yaml.safe_load((CHECKOUT / "corpus" / "prompts.yaml").read_text(encoding="utf-8"))["tests"]
    if prompt.get("history")
]
FIRE = Turn("who started the warehouse fire?")
RENTS = Turn("How much did rents rise in Port Ellery in 2025?")
SEALS = Turn("How many seals did the wardens count?", "The wardens counted 1,163, says Cosmo Trevanion, who keeps nets off Quillhaven.")


def history_of(prompt: dict[str, Any]) -> list[Turn]:
    return [Turn(turn["question"], turn.get("answer")) for turn in prompt["history"]]


@pytest.mark.parametrize(
    ("question", "history", "completed"),
    [
        pytest.param("where did it burn?", [FIRE], "where did it burn? — started, warehouse, fire", id="it"),
        pytest.param("who put them out?", [FIRE], "who put them out? — started, warehouse, fire", id="them"),
        pytest.param("when did that fire start?", [FIRE], "when did that fire start? — warehouse", id="only-what-is-new"),
        pytest.param("When exactly?", [FIRE], "When exactly? — started, warehouse, fire", id="no-words-of-its-own"),
        pytest.param("why", [FIRE], "why — started, warehouse, fire", id="without-a-mark"),
    ],
)
def test_pronoun_gets_the_earlier_words(question: str, history: list[Turn], completed: str) -> None:
    assert complete(question, history) == completed


@pytest.mark.parametrize(
    ("question", "completed"),
    [
        pytest.param("and in Brackwell?", "How much did rents rise in Port Ellery in 2025: in Brackwell?", id="and"),
        pytest.param("What about Quillhaven?", "How much did rents rise in Port Ellery in 2025: Quillhaven?", id="what-about"),
        pytest.param("how about 2024", "How much did rents rise in Port Ellery in 2025: 2024?", id="how-about"),
        pytest.param("Or on Tarn Street …", "How much did rents rise in Port Ellery in 2025: on Tarn Street?", id="or"),
        pytest.param("and why?", "and why? — rents, rise, Port Ellery, 2025", id="and-with-a-question-of-its-own"),
    ],
)
def test_ellipsis_takes_over_the_earlier_question(question: str, completed: str) -> None:
    assert complete(question, [RENTS]) == completed


_JOINED = pytest.mark.xfail(strict=True, reason="any first “so”, “but”, “and” counts as leaning; “So who won the lottery?” is then refused")


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("Who leads the Fair Share Alliance?", id="names"),
        pytest.param("which dog was rescued from the roof of a shed?", id="words"),
        pytest.param("How many people visited the museum this year?", id="this-year"),
        pytest.param("who said that the pump at Dyke Lane had failed?", id="said-that"),
        pytest.param("is there a bus to Fennside at night?", id="is-there"),
        pytest.param("Summarise the story about the bridge repair", id="summary-of-a-thing"),
        pytest.param("the latest on the flood inquiry", id="latest-on-a-thing"),
        pytest.param("What did Helena Marchbanks tell the Courier about her savings package?", id="pronoun-after-its-name"),
        pytest.param("hello", id="greeting"),
        pytest.param("Thanks!", id="thanks"),
        pytest.param("Почему?", id="another-language"),
        pytest.param("So who won the lottery?", id="so-and-a-whole-question", marks=_JOINED),
        pytest.param("But why did the director of the river board resign?", id="but-and-a-whole-question", marks=_JOINED),
    ],
)
def test_question_that_stands_by_itself_is_unchanged(question: str) -> None:
    assert complete(question, [FIRE, RENTS]) == question


@given(st.text())
def test_first_question_is_unchanged(question: str) -> None:
    assert complete(question, []) == question


@given(question=st.text(), earlier=st.lists(st.tuples(st.text(), st.none() | st.text()), max_size=3))
def test_completion_keeps_the_question_or_takes_over_an_earlier_one(question: str, earlier: list[tuple[str, str | None]]) -> None:
    history = [Turn(*turn) for turn in earlier]
    completed = complete(question, history)
    assert completed == complete(question, history)
    assert completed.startswith(question.rstrip()) or completed.endswith("?")


def test_last_turn_counts_most() -> None:
    assert complete("where was it?", [RENTS, FIRE]) == "where was it? — started, warehouse, fire"


def test_third_turn_reaches_the_first_through_the_second() -> None:
    history = [Turn("Which museum shows a whale?"), Turn("and who runs it?")]
    completed = complete("since when?", history)
    assert completed == "since when? — runs, museum, shows, whale"


def test_ellipsis_of_an_ellipsis_keeps_the_question() -> None:
    history = [Turn("What is the rent in Port Ellery?"), Turn("and in Brackwell?")]
    assert complete("and Quillhaven?", history) == "What is the rent in Port Ellery: in Brackwell: Quillhaven?"


def test_thanks_between_two_turns_are_passed_over() -> None:
    assert complete("where was it?", [FIRE, Turn("thanks", "Hello.")]) == complete("where was it?", [FIRE])


def test_history_of_greetings_gives_nothing() -> None:
    assert complete("who is he?", [Turn("hello", "Hello. Ask about anything in the articles.")]) == "who is he?"


def test_pronoun_for_a_person_gets_the_first_one_of_the_answer() -> None:
    assert complete("where does he live?", [SEALS]) == "where does he live? — Cosmo Trevanion, seals, wardens, count"


def test_pronoun_for_a_thing_gets_no_person_of_the_answer() -> None:
    assert "Trevanion" not in complete("where was it?", [SEALS])


def test_person_of_the_question_wins_over_the_answer() -> None:
    turn = Turn("What does Cosmo Trevanion keep?", "Cosmo Trevanion keeps nets.")
    assert complete("how old is he?", [turn]) == "how old is he? — Cosmo Trevanion, keep"


def test_answer_is_optional() -> None:
    assert complete("where does he live?", [Turn(SEALS.question)]) == "where does he live? — seals, wardens, count"


def test_no_more_than_six_phrases_are_carried() -> None:
    long = Turn("which old stone bridge near Hamre with seven arches burned before breakfast during winter storms?")
    carried = complete("why was it?", [long]).split(CARRIED)[1].split(", ")
    assert len(carried) == 6


@pytest.mark.parametrize("prompt", FOLLOW_UPS, ids=[prompt["description"] for prompt in FOLLOW_UPS])
def test_completed_and_corrected_question_stays_as_it_is(assistant: Assistant, prompt: dict[str, Any]) -> None:
    completed = complete(prompt["question"], history_of(prompt))
    corrected = assistant.retriever.corrected(completed)
    assert complete(corrected, []) == corrected == assistant.retriever.corrected(corrected)


def test_searched_as_asked_by_itself_finds_the_same_passages(assistant: Assistant) -> None:
    prompt = next(prompt for prompt in FOLLOW_UPS if prompt["question"] == "who will be its first dean?")
    followed = assistant.ask(prompt["question"], history=history_of(prompt))
    alone = assistant.ask(followed.searched_as)
    assert followed.searched_as != followed.question
    assert (alone.searched_as, alone.passages, alone.citations) == (followed.searched_as, followed.passages, followed.citations)


def test_edited_searched_as_is_searched_as_it_stands(assistant: Assistant) -> None:
    edit = "who will be the first dean of the medical school?"
    edited = assistant.ask("who will it be?", history=[FIRE], searched_as=edit)
    assert (edited.question, edited.searched_as) == ("who will it be?", edit)
    assert edited.passages == assistant.ask(edit).passages


def test_edit_is_not_corrected(assistant: Assistant) -> None:
    assert assistant.ask("who?", searched_as="who won the lotery?").searched_as == "who won the lotery?"
