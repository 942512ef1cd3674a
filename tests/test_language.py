"""What is read off the words alone: kinds of questions, evidence, speakers, follow-ups, queries and rank fusion."""

from __future__ import annotations

import pytest

from rag.answer.followups import complete
from rag.records import Turn
from rag.retrieve import RANK_CONSTANT, fts_query, fuse
from rag.text.questions import evidence, understand
from rag.text.speakers import speaker
from rag.text.words import fold, terms, words


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("how many homes were evacuated", "number"),
        ("How old is she?", "number"),
        ("how much does the ferry cost?", "money"),
        ("what is the new fare", "money"),
        ("By what percentage did rents rise?", "percentage"),
        ("In which year did the bridge open?", "year"),
        ("when was the siren tested?", "date"),
        ("who runs the museum", "name"),
        ("Which group said it was behind it?", "name"),
        ("where did the ferry run aground?", "place"),
        ("why did the pump fail", "reason"),
        ("what reason does the brewery give for its prices?", "reason"),
        ("What did the mayor say?", "statement"),
        ("will intensive care keep running when the nurses walk out?", None),
    ],
)
def test_kind_of_answer(question: str, kind: str | None) -> None:
    assert understand(question).kind == kind


@pytest.mark.parametrize(
    ("question", "intent", "topic"),
    [
        ("Hello!", "greeting", ""),
        ("thanks", "greeting", ""),
        ("summarise the story about the bridge", "summary", "bridge"),
        ("Please summarize this article", "summary", ""),
        ("what's the latest on the Wend Bridge?", "latest", "the Wend Bridge"),
        ("latest news about the flood", "latest", "the flood"),
        ("Où est le pont et pourquoi ?", "foreign", ""),
        ("¿Cuándo fue la huelga de enfermeras?", "foreign", ""),
        ("help me find who won the lottery", "fact", ""),
        ("was the latest ferry delayed?", "fact", ""),
    ],
)
def test_intent(question: str, intent: str, topic: str) -> None:
    asked = understand(question)
    assert (asked.intent, asked.topic) == (intent, topic)


@pytest.mark.parametrize(
    ("kind", "sentence", "found"),
    [
        ("number", "The council met for an hour and left.", False),
        ("number", "Seventeen people were hurt.", True),
        ("money", "It cost $4.2 million.", True),
        ("name", "The rector resigned.", False),
        ("name", "The work was done by Łukasz Fairweather.", True),
        ("place", "She walked home slowly.", False),
        ("place", "It ran onto Gannet Bank in fog.", True),
        ("date", "The first came on 22 March.", True),
        ("year", "It opened in 1934.", True),
    ],
)
def test_evidence_for_a_kind(kind: str, sentence: str, found: bool) -> None:
    assert evidence(kind, sentence, "what?") is found


def test_what_the_question_already_says_is_no_evidence() -> None:
    assert not evidence("year", "The flood of 1968 was high.", "how high was the flood of 1968?")


@pytest.mark.parametrize(
    ("sentence", "who"),
    [
        ("They first tried to flee to Belarus, President Alexander Lukashenko said on Tuesday.", "lukashenko"),
        ("According to Putin, the way led elsewhere.", "putin"),
        ("Helena Marchbanks angered Oskar Lindqvist when she said that the bridge was safe.", "marchbanks"),
        ("The river fell at dusk.", None),
    ],
)
def test_speaker_of_a_sentence(sentence: str, who: str | None) -> None:
    assert speaker(sentence) == who


FLEE = Turn("where did the attackers try to flee?")


@pytest.mark.parametrize(
    ("question", "history", "completed"),
    [
        pytest.param(
            "What did Putin claim instead?", [FLEE], "What did Putin claim instead? — attackers, try, flee", id="ellipsis-of-topic"
        ),
        pytest.param(
            "and in Brackwell?", [Turn("What is the rent in Port Ellery?")], "What is the rent in Port Ellery: in Brackwell?", id="ellipsis"
        ),
        pytest.param("Who is the mayor of Port Ellery?", [FLEE], "Who is the mayor of Port Ellery?", id="stands-by-itself"),
        pytest.param("What did Putin claim instead?", [], "What did Putin claim instead?", id="first-turn"),
        pytest.param(
            "what will it cost to cross on the ferry this autumn?",
            [FLEE],
            "what will it cost to cross on the ferry this autumn?",
            id="empty-it",
        ),
        pytest.param(
            "why did she resign?",
            [Turn("who led the museum?", "Adaeze Nwosu led it until May.")],
            "why did she resign? — Adaeze Nwosu, led, museum",
            id="person-of-the-answer",
        ),
        pytest.param("Why?", [FLEE, Turn("What did Putin claim instead?")], "Why? — Putin, claim, attackers, try, flee", id="three-turns"),
    ],
)
def test_follow_up_is_completed(question: str, history: list[Turn], completed: str) -> None:
    assert complete(question, history) == completed


def test_words_are_folded_and_stemmed_as_the_index_does() -> None:
    assert fold("Béatrice’s") == "beatrice's"
    assert words("4,200 marchers") == ["4200", "marchers"]
    assert terms("The attackers attacked an attacker") == ["attack"]


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("where did the attackers try to flee?", '"attackers" OR "try" OR "flee"'),
        ("what is it?", '"what" OR "is" OR "it"'),
        ("???", ""),
        ("Putin's 'window'", '"putin" OR "window"'),
    ],
)
def test_question_becomes_a_query(question: str, query: str) -> None:
    assert fts_query(question) == query


def test_fusion_agrees_with_a_hand_worked_table() -> None:
    k = RANK_CONSTANT
    assert fuse([["a", "b"], ["b", "c"]], weights=[1.0, 0.5]) == pytest.approx(
        {"a": 1 / (k + 1), "b": 1 / (k + 2) + 0.5 / (k + 1), "c": 0.5 / (k + 2)}
    )
    assert fuse([["a"], ["b"]], weights=[0.0, 1.0]) == pytest.approx({"b": 1 / (k + 1)})
