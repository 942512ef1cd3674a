"""Drafts of test prompts: each is true of its article, or of no article at all, and can be asked as it stands."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import Any

import pytest
from conftest import CORPUS
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.drafting.cloze import clozes
from rag.drafting.gazetteer import survey
from rag.drafting.standing import LONGEST
from rag.evaluate.drafts import Draft, drafts
from rag.evaluate.schema import FilePromptWithQuestion
from rag.intake import read_source
from rag.records import Article
from rag.settings import Settings
from rag.text.words import fold, stem, terms, tokens

KINDS = {"number", "money", "percentage", "date", "year", "name", "place", "statement", "unanswerable"}


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    entries = read_source(CORPUS, name="corpus", settings=Settings())
    return [article for entry in entries for article in entry.articles]


@pytest.fixture(scope="module")
def proposed(articles: list[Article]) -> list[Draft]:
    return list(drafts(articles))


def of(text: str, **fields: Any) -> Article:
    return Article(**({"article_id": "a", "version": "v", "title": "", "text": text} | fields))


def questions(text: str) -> list[str]:
    """All that the text is asked, by rules alone."""
    return [cloze.question for cloze in clozes(text, survey([of(text)]))]


def test_sample_corpus_gives_dozens(proposed: list[Draft]) -> None:
    assert len(proposed) >= 50
    assert len({draft.kind for draft in proposed}) >= 7


def test_every_draft_can_be_asked(proposed: list[Draft], articles: list[Article]) -> None:
    texts = {article.article_id: article for article in articles}
    for draft in proposed:
        FilePromptWithQuestion.model_validate(draft.prompt)
        assert draft.kind in KINDS
        assert draft.prompt["metadata"]["kind"] == draft.kind
        assert draft.prompt["question"] == draft.question
        assert list(draft.prompt) == ["description", "question", "assert", "metadata"]
        assert len(draft.question) <= LONGEST == 140
        assert draft.question.endswith("?")
        assert draft.question[0].isupper()
        assert len(set(terms(draft.question)) - {stem("story")}) >= 4
        assert draft.quote in texts[draft.article_id].text
        assert draft.title == texts[draft.article_id].title
        assert draft.why


def test_answer_stands_in_the_article_and_not_in_the_question(proposed: list[Draft], articles: list[Article]) -> None:
    texts = {article.article_id: article.text for article in articles}
    answerable = [draft for draft in proposed if draft.kind != "unanswerable"]
    for draft in answerable:
        contains, cites = draft.prompt["assert"]
        assert (contains["type"], cites) == ("contains", {"type": "cites", "value": draft.article_id})
        assert contains["value"] in draft.quote
        assert contains["value"] in texts[draft.article_id]
        assert fold(contains["value"]) not in fold(draft.question)
        assert not {token for token in tokens(contains["value"]) if token.isdigit()} & set(tokens(draft.question))


def test_exchanged_name_stands_nowhere_with_the_rest(proposed: list[Draft], articles: list[Article]) -> None:
    unanswerable = [draft for draft in proposed if draft.kind == "unanswerable"]
    assert len(unanswerable) >= 5
    words = {article.article_id: set(terms(f"{article.title} {article.text}")) for article in articles}
    spread = Counter(term for held in words.values() for term in held)
    for draft in unanswerable:
        old, new = re.findall(r"‘([^’]+)’", draft.why)
        assert draft.prompt["assert"] == [{"type": "abstains"}]
        assert draft.prompt["metadata"] == {"kind": "unanswerable", "near": True}
        assert new in draft.question
        assert old not in draft.question
        holding = [article.article_id for article in articles if new.split()[-1] in f"{article.title} {article.text}"]
        if new.isdigit():
            assert not holding
            continue
        assert holding, "a name that the library has elsewhere"
        rest = [term for term in terms(draft.question.replace(new, " ")) if term in words[draft.article_id]]
        rarest = sorted(rest, key=lambda term: (spread[term], term))[:2]
        assert not [held for held in holding if set(rarest) & words[held]]


def test_same_seed_same_drafts(articles: list[Article], proposed: list[Draft]) -> None:
    assert list(drafts(articles)) == proposed
    assert list(drafts(articles[::-1])) == proposed
    other = list(drafts(articles, seed=1))
    assert [draft.question for draft in other[:10]] != [draft.question for draft in proposed[:10]]


def test_no_two_are_alike(proposed: list[Draft]) -> None:
    asked = [set(terms(draft.question)) for draft in proposed]
    for at, one in enumerate(asked):
        assert all(len(one & other) < 0.5 * len(one | other) for other in asked[:at])


def test_articles_take_turns_and_kinds_are_mixed(proposed: list[Draft]) -> None:
    first = proposed[:20]
    assert len({draft.article_id for draft in first}) == 20
    kinds = Counter(draft.kind for draft in first)
    assert len(kinds) >= 6
    assert max(kinds.values()) <= 6


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.25, 0.15, 0.25), (1.0, 1, 1)], ids=["none", "a quarter", "all"])
def test_share_without_an_answer(articles: list[Article], share: float, low: float, high: float) -> None:
    # Few sentences hold a name that can be exchanged, so that a share may not be reached.
    some = list(islice(drafts(articles, unanswerable=share), 40))
    assert some
    assert low <= sum(draft.kind == "unanswerable" for draft in some) / len(some) <= high


@pytest.mark.parametrize(
    ("sentence", "question", "value"),
    [
        ("Some 240 homes near Mill Lane were evacuated on Friday, the fire service said.", "How many homes near Mill Lane were evacuated?", "240"),
        ("The repair of the Wend Bridge will cost $11.7 million, the council said.", "How much will the repair of the Wend Bridge cost?", "$11.7 million"),
        ("Fares on the Tarn Line will go up by 3.8 percent in April.", "By what percentage will fares on the Tarn Line go up in April?", "3.8 percent"),
        ("Port Ellery's council adopted a budget of $184.6 million late on Tuesday.", "Port Ellery's council adopted a budget of how much?", "$184.6 million"),
        ("The lighthouse on Gannet Bank was built in 1962.", "In which year was the lighthouse on Gannet Bank built?", "1962"),
        ("On Saturday the band Saint Ludd played from a barge.", "On which day did the band Saint Ludd play from a barge?", "Saturday"),
        ("The Marsh Heron left the old harbour at 7.25 a.m.", "At what time did the Marsh Heron leave the old harbour?", "7.25 a.m."),
        ("Captain Solveig Aune has been master of the Marsh Heron for 14 years.", "Who has been master of the Marsh Heron for 14 years?", "Solveig Aune"),
        ("The rowing club's treasurer, Cato Amberley, wants a new boat.", "", ""),
        ("Cato Amberley, the treasurer of the Tarn Rowing Club, wants a new boat.", "Who is the treasurer of the Tarn Rowing Club?", "Cato Amberley"),
        ("“We were late,” said Dr. Margit Osei, who wrote the report on Old Quay.", "Who wrote the report on Old Quay?", "Margit Osei"),
        ("Mayor Helena Marchbanks said that the harbour wall would be raised by a metre.", "What did Mayor Helena Marchbanks say about the harbour wall?", "would be raised by a metre"),
        ("Şule Çağlar-Öztürk, who leads the rowing club of Kadıköy, was pleased.", "Who leads the rowing club of Kadıköy?", "Şule Çağlar-Öztürk"),
        ("Зоя Чехова, who leads the rowing club of Тверь, was pleased.", "Who leads the rowing club of Тверь?", "Зоя Чехова"),
        ("Đặng Hương, the head of the market hall in Huế, was pleased.", "Who is the head of the market hall in Huế?", "Đặng Hương"),
    ],
)  # fmt: skip
def test_sentence_becomes_a_question(sentence: str, question: str, value: str) -> None:
    made = {cloze.question: cloze.value for cloze in clozes(sentence, survey([of(sentence)]))}
    assert made.get(question, "") == value


def test_place_is_asked_for_where_the_library_knows_it() -> None:
    known = survey([of("The Tarn Ballet danced in Huế. People in Huế were pleased.")])
    assert "Where did the Tarn Ballet dance?" not in questions("The Tarn Ballet danced with joy.")
    asked = {cloze.question: cloze.value for cloze in clozes("The Tarn Ballet performed Swan Lake in Huế.", known)}
    assert asked == {"Where did the Tarn Ballet perform Swan Lake?": "Huế"}


@pytest.mark.parametrize(
    "sentence",
    [
        "It cost the town of Skell $40 million.",
        "She told the Skell Gazette that 14 ships were waiting.",
        "But the town of Skell paid $40 million.",
        "How many of the 14 ships reached Skell?",
        "The committee paid 40 dollars.",
        "Correction: an earlier version of this article said that 14 ships were waiting in Skell Harbour.",
        "The bridge over the Skell is 4 metres wide.",
        "Skell Rovers won 5-1.",
    ],
)
def test_sentence_that_does_not_stand_alone_is_left(sentence: str) -> None:
    assert questions(sentence) == []


def test_bare_question_gets_the_name_of_its_story() -> None:
    texts = [
        "The Marsh Heron ran aground in fog. Divers look at the Marsh Heron today. The repair cost $40,000.",
        "A library lends violins.",
    ]
    made = list(
        drafts([of(text, article_id=str(number), title="Marsh Heron aground") for number, text in enumerate(texts)], unanswerable=0)
    )
    assert [draft.question for draft in made] == ["In the story about the Marsh Heron, how much did the repair cost?"]


def test_nothing_is_asked_of_nothing() -> None:
    assert list(drafts([])) == []
    assert list(drafts([of("Nothing happened. Nobody came.")])) == []


FRAGMENTS = st.sampled_from(
    """The|Mayor Ana Brandt|Зоя Чехова|said|that|who|, |. |; |"|”|(|)|—|in|by|of|on|to|and|Huế|Wend Bridge|14|2019|$5.60|3.8 percent|4 March|7 p.m.|Monday|will cost|has|was|built|cost
    |homes|people|the county|its|it|\n\n|St. Brannoc's|’s|-|million|from|until|A.|?|Correction""".replace("\n    ", "").split("|")
)


@settings(max_examples=120, deadline=None)
@given(texts=st.lists(st.lists(FRAGMENTS | st.text(max_size=4), max_size=40).map(" ".join), min_size=1, max_size=3), seed=st.integers(0, 3))
def test_any_text_gives_sound_drafts(texts: list[str], seed: int) -> None:
    some = [of(text, article_id=str(number), title=text[:30], published="2024-02-01") for number, text in enumerate(texts)]
    for draft in drafts(some, seed=seed):
        assert draft.quote in some[int(draft.article_id)].text
        assert len(draft.question) <= LONGEST
        FilePromptWithQuestion.model_validate(draft.prompt)
        for check in draft.prompt["assert"]:
            assert check["type"] != "contains" or (check["value"] in draft.quote and fold(check["value"]) not in fold(draft.question))
