"""Accounts that differ: shown side by side, each from its own words; what only seems to differ is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest

from rag.answer.accounts import with_accounts
from rag.answer.cite import cite
from rag.answer.differ import Difference, Said
from rag.assistant import Assistant
from rag.models.reader import Reading
from rag.records import Account, Answer, Passage, Seconds, Sentence, Span
from rag.settings import CHECKOUT
from rag.text.questions import Kind
from rag.text.values import counted, values
from tests.samples import page

LABELS = CHECKOUT / "benchmarks" / "accounts"
DIED = "How many people died in the Harrow Quay tram crash?"
FIRST = page(
    "At least nine people died when a tram left the rails at Harrow Quay on Monday, police said.\n\nThe line is closed until further notice.",
    title="Tram crash at Harrow Quay",
    source="Ostrand Wire",
    published="2026-02-09T10:00:00+00:00",
)
LATER = page(
    "The number of people who died in the Harrow Quay tram crash has risen to 12, police said on Wednesday.\n\nFlowers lined the stop.",
    title="Harrow Quay toll rises",
    source="Quay Courier",
    published="2026-02-11T10:00:00+00:00",
)
SAME = page(
    "Nine people died in the tram crash at Harrow Quay, the fire service said.\n\nIts chief thanked the neighbours.",
    title="Fire chief thanks Harrow Quay",
    source="Channel Meridian",
    published="2026-02-10T10:00:00+00:00",
)
HURT = page(
    "The tram crash at Harrow Quay left 31 people injured, the hospital said.\n\nFive were still there on Tuesday.",
    title="Hospital on Harrow Quay",
    source="Channel Meridian",
    published="2026-02-10T12:00:00+00:00",
)
MUSEUM = page(
    "The museum said that the alarm sounded when the thieves entered the Lake Museum.\n\n"
    "The guards' union insists that the alarm did not sound at the Lake Museum.",
    title="Theft at the Lake Museum",
    source="Quay Courier",
    published="2026-02-10",
)


def _account(answer: Answer) -> Account | None:
    assert answer.accounts is not None
    for account in answer.accounts:
        cited = {citation.number: citation for citation in answer.citations}
        assert len({side.citation for side in account.sides}) > 1
        for side in account.sides:
            # What a side says are words of its quote.
            assert side.value in cited[side.citation].quote
    return next(iter(answer.accounts), None)


def test_a_figure_that_rose_is_an_update_with_the_newest_first(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    account = _account(library_of({"first.md": FIRST, "later.md": LATER}).ask(DIED))
    assert account is not None
    assert account.kind == "update"
    assert ["12" in account.sides[0].value, "ine" in account.sides[1].value] == [True, True]
    assert account.about == DIED.rstrip("?")


@pytest.mark.parametrize("other", [pytest.param(SAME, id="the-same-figure"), pytest.param(HURT, id="the-injured-are-not-the-dead")])
def test_what_agrees_or_counts_another_thing_is_no_difference(other: str, library_of: Callable[[dict[str, str]], Assistant]) -> None:
    answer = library_of({"first.md": FIRST, "other.md": other}).ask(DIED)
    assert answer.status == "answered"
    assert _account(answer) is None


def test_speakers_who_contradict_each_other_stand_side_by_side(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    account = _account(library_of({"museum.md": MUSEUM}).ask("Did the alarm sound at the Lake Museum?"))
    assert account is not None
    assert account.kind == "conflict"
    assert {side.speaker for side in account.sides} == {"The museum", "The guards' union"}


def test_a_refusal_has_no_accounts(assistant: Assistant) -> None:
    assert assistant.ask("what is the speed of sound at sea level?").accounts == ()


def test_where_the_attackers_tried_to_flee_is_told_twice(assistant: Assistant) -> None:
    account = _account(assistant.ask("where did the attackers try to flee?"))
    assert account is not None
    assert account.kind == "conflict"
    assert {"Belarus", "Ukraine"} == {
        name for name in ("Belarus", "Ukraine", "Moscow") if any(name in side.value for side in account.sides)
    }


def test_a_side_that_a_chat_model_left_out_gets_a_number_of_its_own() -> None:
    text = "Police counted 3,000. The organisers counted 12,000."
    passage = Passage("c", "a", "v", 0, len(text), text, (Span(0, 21), Span(22, 52)), 1, None, None, "March", "Wire", "2026-02-10", None)
    readings = [Reading(0, Span(0, 21), text[:21], 0.6), Reading(0, Span(22, 52), text[22:], 0.5)]
    difference = Difference("conflict", (Said(readings[0], passage, 15, 20), Said(readings[1], passage, 45, 51)))
    citation = cite(1, passage, Span(0, 21), text[:21])
    answer = Answer(
        "q", "q", "answered", "Police counted 3,000.", (Sentence("x", "supported", (1,)),), (citation,), (passage,), Seconds(0, 0, 0, 0)
    )
    shown = with_accounts(answer, "how many?", difference)
    account = _account(shown)
    assert account is not None
    assert [(side.value, side.citation) for side in account.sides] == [("3,000", 1), ("12,000", 2)]
    assert shown.citations[1].quote == text[22:]


@pytest.mark.parametrize(
    ("kind", "sentence", "question", "found"),
    [
        pytest.param("number", "At least 30 of the 140 rooms burned.", "How many rooms burned?", ["30"], id="the-whole-is-no-value"),
        pytest.param("number", "Ferrant, 43, won by 301 votes.", "By how many votes?", ["301"], id="an-age"),
        pytest.param("number", "Two were killed and 23 were injured.", "How many were injured?", ["23"], id="another-sort-is-counted"),
        pytest.param("number", "It is eleven and not nine.", "How many?", ["eleven"], id="what-is-denied"),
        pytest.param("number", "Three days later 60 left.", "How many left?", ["60"], id="a-time"),
        pytest.param("number", "In 2009 a crash killed seven people.", "How many people died?", [], id="an-earlier-event"),
        pytest.param("money", "It sold 40 flats for $2 million.", "How much did it cost?", ["$2 million"], id="money"),
        pytest.param("date", "It opens on 12 May, she said on Tuesday.", "When does it open?", ["12 May"], id="the-day-of-saying"),
        pytest.param(
            "place", "They fled to Belarus, not to Ukraine, Lukashenko said.", "Where did they flee?", ["Belarus"], id="speaker-and-denied"
        ),
        pytest.param(
            "number",
            "The data of 212,000 customers was copied, the insurer said.",
            "How many customers were affected?",
            ["212,000"],
            id="data-of",
        ),
        pytest.param("number", "The chain will close 48 of its 310 shops.", "How many shops will close?", ["48"], id="a-part-of-the-whole"),
        (
            "money",
            "The merger will save £3.1 million a year, its leader said.",
            "How much will the merger save each year?",
            ["£3.1 million"],
        ),
        pytest.param(
            "date",
            "The ward will not reopen until 29 September, the board said.",
            "When will the ward reopen?",
            ["29 September"],
            id="a-year-is-no-unit",
        ),
        pytest.param(
            "date",
            "The slide came down at half past twelve, the warden said.",
            "At what time did it come down?",
            ["half past twelve"],
            id="not-until",
        ),
        pytest.param(
            "date",
            "Sensors registered the collapse at 12.52, and the roof had cost 9.40 a metre.",
            "When did it collapse?",
            ["12.52"],
            id="half-past",
        ),
        pytest.param(
            "date",
            "The last call came at 2.10 in the morning.",
            "At what time was the last call?",
            ["2.10 in the morning"],
            id="dotted-clock",
        ),
        pytest.param(
            "date",
            "The school opened at eight o'clock like all the others.",
            "When did the school open?",
            ["eight o'clock"],
            id="clock-in-the-morning",
        ),
    ],
)
def test_values_that_may_answer(kind: Kind, sentence: str, question: str, found: list[str]) -> None:
    assert [value.text for value in values(kind, sentence, question, "2026-05-06")] == found


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        pytest.param("At least 30 homes burned.", "30 homes burned.", True, id="at-least"),
        pytest.param("Fourteen homes burned.", "14 homes burned.", True, id="words"),
        pytest.param("About 5,000 homes burned.", "4,980 homes burned.", True, id="about"),
        pytest.param("12 homes burned.", "14 homes burned.", False, id="other"),
    ],
)
def test_figures_that_may_be_the_same_agree(one: str, other: str, agree: bool) -> None:
    a, b = (values("number", text, "How many homes burned?", None)[0] for text in (one, other))
    assert a.agrees(b) is agree
    assert counted(one, a) == ["homes", "burned"]


def test_held_out_prompts_stay_as_they_were_measured() -> None:
    frozen = hashlib.sha256(b"".join((LABELS / "test" / name).read_bytes() for name in ("articles.jsonl", "prompts.jsonl")))
    assert frozen.hexdigest() == "b0e3c9f85a58134ab44a4dd47c3c6e6d517c2888e6d124a2c1fd92f611898f72"


@pytest.mark.parametrize("part", ["dev", "train1", "train2", "train3", "test"])
def test_labels_are_words_of_their_articles(part: str) -> None:
    articles = {a["id"]: a["text"] for a in map(json.loads, (LABELS / part / "articles.jsonl").read_text("utf-8").splitlines())}
    prompts = [json.loads(line) for line in (LABELS / part / "prompts.jsonl").read_text("utf-8").splitlines()]
    assert 2 * sum(bool(prompt["accounts"]) for prompt in prompts) == len(prompts)
    for side in (side for prompt in prompts for account in prompt["accounts"] for side in account["sides"]):
        assert side["sentence"] in articles[side["article"]]
        assert side["value"] in side["sentence"]
