"""What is suggested after an answer: questions that go on from it, each of which the library has just answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_page import ask, button, open_page, shown, views

from rag.answer.suggest import following
from rag.assistant import Assistant
from rag.records import Answer, Article, Filters
from rag.settings import Settings
from rag.store.sync import sync

ASKED = "how many homes were evacuated in the flood?"
FERRY = {
    "ferry.md": "---\ntitle: Ferry Ardent runs aground off Tarn Head\nsource: Coast Echo\npublished: 2025-03-01\n---\n\n"
    "The ferry Ardent ran aground off Tarn Head with 61 passengers on board. Captain Ilse Brandt said the engine had failed. "
    "Lifeboats from Tarn Head took off 40 passengers. The ferry Ardent was built in Tarn Head in 1988.\n",
    "cheese.md": "---\ntitle: Cheese fair in Lower Wend\nsource: Wend Post\npublished: 2025-03-02\n---\n\n"
    "The cheese fair in Lower Wend drew 9,000 visitors. Farmers from Lower Wend sold 300 wheels of cheese.\n",
}


def articles_of(library: Assistant, answer: Answer) -> list[Article]:
    return [library.article(article_id) for article_id in dict.fromkeys(citation.article_id for citation in answer.citations)]


@pytest.fixture
def ferry(library_of: Callable[[dict[str, str]], Assistant]) -> Assistant:
    return library_of(FERRY)


@pytest.fixture
def suggesting(assistant: Assistant) -> Assistant:
    """The sample library, with two questions suggested after each answer."""
    return Assistant(assistant.settings.model_copy(update={"follow_ups": 2}), embedder=assistant.embedder, reader=assistant.reader)


def test_each_was_answered_by_an_article_that_the_answer_found(assistant: Assistant) -> None:
    answer = assistant.ask(ASKED)
    found = {passage.article_id for passage in answer.passages}
    questions = [question for question in assistant.follow_ups([answer]) if question]
    assert len(set(questions)) == len(questions) >= 3
    for question in questions:
        assert assistant.ask(question).citations[0].article_id in found


def test_none_is_answered_by_words_that_were_quoted(ferry: Assistant) -> None:
    answer = ferry.ask("how many passengers were on board the ferry Ardent?")
    assert "61 passengers" in answer.citations[0].quote
    candidates = following(articles_of(ferry, answer), [answer])
    assert candidates
    assert not [candidate for candidate in candidates if "61 passengers" in candidate.sentence]


def test_none_repeats_an_earlier_question_of_the_conversation(ferry: Assistant) -> None:
    answer = ferry.ask("how many passengers were on board the ferry Ardent?")
    [*_, first] = [c.question for c in following(articles_of(ferry, answer), [answer]) if "built" in c.question]
    again = following(articles_of(ferry, answer), [ferry.ask(first), answer])
    assert first not in [candidate.question for candidate in again]


def test_an_article_about_something_else_suggests_nothing(ferry: Assistant) -> None:
    answer = ferry.ask("how many passengers were on board the ferry Ardent?")
    everything = [*articles_of(ferry, answer), *ferry.library.articles()]
    assert not [candidate for candidate in following(everything, [answer]) if "cheese" in candidate.question]


def test_a_refusal_suggests_what_its_articles_do_say(ferry: Assistant) -> None:
    refused = ferry.ask("what colour is the funnel of the ferry Ardent?")
    assert refused.status == "abstained"
    assert [question for question in ferry.follow_ups([refused]) if question]


def test_where_nothing_was_found_nothing_is_suggested(ferry: Assistant) -> None:
    assert list(ferry.follow_ups([ferry.ask("hello")])) == []


def test_filters_hold_for_what_is_suggested(ferry: Assistant) -> None:
    answer = ferry.ask("how many passengers were on board the ferry Ardent?")
    assert not [question for question in ferry.follow_ups([answer], Filters(outlets=("Wend Post",))) if question]


def test_an_article_that_went_suggests_nothing(ferry: Assistant, tmp_path: Path) -> None:
    answer = ferry.ask("how many passengers were on board the ferry Ardent?")
    (tmp_path / "articles" / "ferry.md").unlink()
    sync(ferry.stores, [tmp_path / "articles"])
    assert not [question for question in ferry.follow_ups([answer]) if question]


def test_page_suggests_after_an_answer_and_a_click_asks(suggesting: Assistant) -> None:
    page = ask(open_page(suggesting), ASKED)
    offered = [shown(b.label) for b in page.button if (b.key or "").startswith("follow-up-")]
    assert len(offered) == 2
    page = button(page, offered[0]).click().run()
    assert [view["text"] for view in views(page, "question")] == [ASKED, offered[0]]
    assert views(page, "answer")[-1]["refusal"] is None
    after = [shown(b.label) for b in page.button if (b.key or "").startswith("follow-up-")]
    assert not {ASKED, *offered[:1]} & set(after)


def test_page_suggests_nothing_where_the_setting_is_zero(assistant: Assistant) -> None:
    assert assistant.settings.follow_ups == 0
    page = ask(open_page(assistant), ASKED)
    assert not [b for b in page.button if (b.key or "").startswith("follow-up-")]


def test_setting_is_bounded() -> None:
    with pytest.raises(ValueError, match="follow_ups"):
        Settings(follow_ups=11)
