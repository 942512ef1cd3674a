"""Copies of one text fold into one source; what was written separately, or says other things, stays its own."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter

import pytest

from rag.settings import CHECKOUT
from rag.text.copies import bands, contained, holds, is_copy, may_be_copy, place_of, reduce, sketch

sys.path.insert(0, str(CHECKOUT / "benchmarks"))
import copies

LINES = copies.PAIRS.read_text(encoding="utf-8").splitlines()
PAIRS = copies.pairs("all")
OUTCOMES = [copies.outcome(pair) for pair in PAIRS]


# The labelled pairs


def test_half_that_figures_are_reported_on_stays_as_it_was_labelled() -> None:
    # Thresholds are chosen on the other half; a changed label here would be a figure made to measure.
    frozen = "\n".join(line for line, pair in zip(LINES, PAIRS, strict=True) if pair["split"] == "test")
    assert hashlib.sha256(frozen.encode()).hexdigest() == "359c9e897e8b9b380deb7ba447532f219ea788062a536d4ddec110aeb52369d8"


def test_halves_share_no_story_and_hold_the_same_kinds() -> None:
    stories = {half: {pair["story"] for pair in PAIRS if pair["split"] == half} for half in ("dev", "test")}
    assert not stories["dev"] & stories["test"]
    kinds = {half: Counter(pair["kind"] for pair in PAIRS if pair["split"] == half) for half in ("dev", "test")}
    assert kinds["dev"].keys() == kinds["test"].keys()
    assert min(kinds["dev"].values()) >= 2


def test_cheap_question_lets_every_copy_through_and_asks_the_same_share() -> None:
    answers = set()
    for pair in PAIRS:
        one, other = reduce(pair["one"]), reduce(pair["other"])
        near = may_be_copy(sketch(pair["one"]), sketch(pair["other"]))
        assert near is (contained(one, other) >= 2 / 3), pair["id"]
        assert near or not is_copy(one, other)
        answers.add(near)
    assert answers == {True, False}


@pytest.mark.parametrize("half", ["dev", "test"])
def test_pairs_come_out_as_labelled(half: str) -> None:
    outcomes = [o for o, pair in zip(OUTCOMES, PAIRS, strict=True) if pair["split"] == half]
    hits = copies.figures(outcomes)
    # All of them did when the rules were made; on the half that nothing was chosen on, one may fail a later change and be looked at.
    assert hits["precision"][0] >= hits["precision"][1] - (half == "test")
    assert hits["recall"][0] >= hits["recall"][1] - (half == "test")


def test_being_a_copy_is_the_same_in_both_directions() -> None:
    for pair in PAIRS:
        one, other = reduce(pair["one"]), reduce(pair["other"])
        assert is_copy(one, other) == is_copy(other, one)
        assert is_copy(one, one)
        assert not bands(pair["one"]) or set(bands(pair["one"])) == set(bands(f"  {pair['one'].upper()}\n"))


# Single rules

TOLL = (
    "Fourteen miners were brought up alive on Thursday from the flooded pit at Garrow, two days after the pumps failed. Rescuers had drilled "
    "through 80 metres of rock and lowered a cage that holds one man at a time. The last to come up, at 4.10 p.m., was the foreman, Ewan Tuck, "
    "who asked for his boots. The mine has been shut since and will stay so until its owner, Garrow Coal, has shown the county a second shaft."
)


@pytest.mark.parametrize(
    ("old", "new", "copy"),
    [
        pytest.param("Fourteen", "14", True, id="figure-in-digits"),
        pytest.param("metres", "meters", True, id="spelling"),
        pytest.param("4.10 p.m.", "4:10pm", True, id="time"),
        pytest.param("Ewan Tuck", "Ewan Tucke", True, id="name-spelt-otherwise"),
        pytest.param("on Thursday", "yesterday", True, id="day-in-other-words"),
        pytest.param("Garrow Coal", "the Coal Board", True, id="one-other-name"),
        pytest.param("Fourteen", "Twelve", False, id="another-count"),
        pytest.param("80 metres", "95 metres", False, id="another-measure"),
        pytest.param("4.10", "5.40", False, id="another-time"),
    ],
)
def test_edit_keeps_a_copy_and_another_figure_does_not(old: str, new: str, copy: bool) -> None:
    assert old in TOLL
    assert is_copy(reduce(TOLL), reduce(TOLL.replace(old, new))) is copy


def test_a_few_words_are_copies_only_where_they_are_the_same() -> None:
    assert is_copy(reduce("Rovers won again."), reduce("ROVERS won again"))
    assert not is_copy(reduce("Rovers won again."), reduce("Rovers won again, away."))
    assert not is_copy(reduce(""), reduce("Rovers won again."))
    assert bands("Rovers won again.") == ()


def test_article_holds_a_passage_only_with_all_its_figures() -> None:
    first = TOLL[: TOLL.index("The last")]
    assert holds(reduce(TOLL), reduce(first))
    assert not holds(reduce(TOLL), reduce(first.replace("Fourteen", "Fifteen")))
    assert not holds(reduce(first), reduce(TOLL))
    assert not holds(reduce(TOLL), reduce(""))


def test_words_are_found_where_they_stand_in_house_style() -> None:
    article = "GARROW — The rate rose by 11 per cent, “to the joy of none”, the Organisation said.  It fell."
    span = place_of(reduce("The rate rose by 11%, to the joy of none, the organization said."), reduce(article), article)
    assert span is not None
    assert article[span.start : span.end] == "The rate rose by 11 per cent, “to the joy of none”, the Organisation said."
    assert place_of(reduce("the rate rose by 12%"), reduce(article), article) is None
    assert place_of(reduce("—"), reduce(article), article) is None
