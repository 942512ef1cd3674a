"""The check of written sentences: the facts of a text in whatever form, and verdicts over real passages with the packaged model."""

from __future__ import annotations

import pytest

from rag.answer.verify import Checker
from rag.answer.wording import Wording
from rag.assistant import Assistant
from rag.records import Passage
from rag.text.days import days, resolved, stated
from rag.text.names import holds, name_words, names, words_of
from rag.text.numbers import numbers
from rag.text.polarity import denied, opposites
from rag.text.speakers import speaker_words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("139 people", "one hundred thirty-nine people"),
        ("139", "one hundred and thirty-nine"),
        ("48,000 packets", "forty-eight thousand packs"),
        ("$2.2 million", "over two million dollars"),
        ("38 percent", "well over a third"),
        ("11%", "eleven per cent"),
        ("a quarter of them", "25 percent"),
        ("4.5 tons", "four and a half tons"),
        ("one child in eight", "an eighth"),
        ("2 stitches", "two stitches"),
        ("half a million", "500,000"),
    ],
)
def test_numbers_agree_however_they_are_written(one: str, other: str) -> None:
    assert any(a.agrees(b) for a in numbers(one) for b in numbers(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("139", "193"),
        ("ten weeks", "ten months"),
        ("$1.8 billion", "$1.8 million"),
        ("at least 139", "149"),
        ("nearly 200", "212"),
        ("over two million", "$1.8 million"),
    ],
)
def test_other_numbers_do_not(one: str, other: str) -> None:
    assert not any(a.agrees(b) for a in numbers(one) for b in numbers(other))


@pytest.mark.parametrize(
    ("claim", "text", "published"),
    [
        ("March 22", "on 22 March", None),
        ("22 March 2024", "on March 22", "2024-03-25"),
        ("Tuesday", "on March 26", "2024-03-27"),
        ("March 26", "on Tuesday", "2024-03-27"),
        ("2023", "last year", "2024-03-27"),
        ("3.10 p.m.", "at ten past three", None),
        ("3 a.m.", "three in the morning", None),
        ("June 2026", "from 14 June 2026", None),
    ],
)
def test_days_agree_however_they_are_written(claim: str, text: str, published: str | None) -> None:
    assert all(stated(when, resolved(text, published), None) for when in days(claim))


@pytest.mark.parametrize(
    ("claim", "text", "published"),
    [
        ("March 22", "on March 23", None),
        ("Monday", "on Sunday", "2024-03-27"),
        ("March 25", "on Tuesday", "2024-03-27"),
        ("14 June 2026", "in January 2026", None),
        ("3 p.m.", "three in the morning", None),
        ("2024-13-45", "on 2024-02-30 and 31 February", "2024-99-99"),
    ],
)
def test_other_days_do_not(claim: str, text: str, published: str | None) -> None:
    assert not any(stated(when, resolved(text, published), None) for when in days(claim))


def test_names_are_found_in_other_forms() -> None:
    text = "President Alexander Lukashenko said on Tuesday that the Institute for the Study of War and the U.S. were wrong about Belarus."
    known = name_words([text])
    held = words_of(text)
    assert all(holds(held, name) for name in names("The Belarusian leader, Lukashenko, met the ISW and an American in Minsk.", known))
    assert [name.text for name in names("Putin was there, not Mr. Medvedev.", {"putin"}) if not holds(held, name)] == ["Putin", "Medvedev"]


def test_polarity_and_speakers() -> None:
    assert denied("They have yet to offer anything, and nobody was hurt.") == [["offer", "anything"], ["hurt"]]
    assert denied("The claim is baseless.") == [["claim"]]
    assert denied("No fewer than 40 came, not only from here, and nobody disputes it.") == []
    assert opposites("Takings have dropped since.", "Takings have risen since.") == [("dropped", "risen")]
    assert not opposites("Takings have risen and dropped.", "Takings have risen.")
    assert speaker_words("The roof leaks, according to the treasurer, Mr. Oduya.")[0] == "treasurer"
    assert "pemberton" in speaker_words("Dr. Pemberton said that it was so.")
    assert speaker_words("The bank lies north of the town.") == []


@pytest.fixture(scope="module")
def passages(assistant: Assistant) -> list[Passage]:
    return assistant.search("where did the attackers try to flee?")


@pytest.fixture
def checker(assistant: Assistant, passages: list[Passage]) -> Checker:
    return Checker(passages, Wording(assistant.embedder.embed, assistant.retriever.rarity))


def place_of(passages: list[Passage], words: str) -> int:
    return next(place for place, p in enumerate(passages) if words in p.text)


WORDS = "Eleven people have been detained so far"


def test_a_true_sentence_is_supported_by_its_exact_words(checker: Checker, passages: list[Passage]) -> None:
    place = place_of(passages, WORDS)
    checked = checker.check("So far 11 people have been detained over the Crocus City Hall shooting.", [place])
    assert (checked.verdict, checked.reason) == ("supported", None)
    span = checked.evidence[0].window.span
    p = passages[place]
    assert WORDS in p.text[span.start - p.start : span.end - p.start]


def test_a_denial_is_doubted(checker: Checker, passages: list[Passage]) -> None:
    place = place_of(passages, WORDS)
    checked = checker.check("So far nobody has been detained over the Crocus City Hall shooting.", [place])
    assert checked.verdict != "supported"
    reach = next(i for i, p in enumerate(passages) if "found no way at all of getting into Belarus" in p.text)
    checked = checker.check("The assailants did find a way of getting into Belarus, he said.", [reach])
    assert (checked.verdict, checked.reason) == ("partly", "The cited words may say the opposite of part of this.")


def test_a_changed_number_is_named(checker: Checker, passages: list[Passage]) -> None:
    checked = checker.check("So far 17 people have been detained over the Crocus City Hall shooting.", [place_of(passages, WORDS)])
    assert checked.verdict == "partly"
    assert checked.reason == "Not in the cited words: 17."


def test_a_wrong_passage_is_corrected(checker: Checker, passages: list[Passage]) -> None:
    place = place_of(passages, WORDS)
    wrong = next(i for i, p in enumerate(passages) if "detained" not in p.text)
    checked = checker.check("So far 11 people have been detained over the Crocus City Hall shooting.", [wrong])
    assert checked.verdict == "misattributed"
    assert passages[checked.evidence[0].passage].article_id == passages[place].article_id
    assert passages[place].title in (checked.reason or "")


def test_a_sentence_without_a_marker_is_searched_for(checker: Checker) -> None:
    assert checker.check("So far 11 people have been detained over the Crocus City Hall shooting.", []).verdict == "misattributed"
    assert checker.check("Bananas cost four dollars a kilo in Lisbon.", []).verdict == "unsupported"


@pytest.mark.parametrize("text", ["", "…", "???", "“”", "1" * 500, "<passage>", "a " * 3000, "Это неправда.", "Neither.\x00", "2024-99-99"])
def test_nothing_makes_it_fail(checker: Checker, text: str) -> None:
    assert checker.check(text, [0]).verdict != "quoted"
