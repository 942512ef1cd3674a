"""The whole prompt set through the one path: every citation slices, every answer keeps the contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ASKED, PROMPTS

from rag.assistant import Assistant
from rag.records import Answer, answer_to_json
from rag.settings import CHECKOUT, Settings
from rag.store.sync import sync

REAL_PAGES = CHECKOUT.parent / "shared" / "articles"


@pytest.fixture(scope="module")
def answered(answers: list[Answer]) -> list[tuple[dict[str, Any], Answer]]:
    return list(zip(ASKED, answers, strict=True))


def test_every_citation_slices_its_article(assistant: Assistant, answered: list[tuple[dict[str, Any], Answer]]) -> None:
    citations = [citation for _, answer in answered for citation in answer.citations]
    assert len(citations) > 60
    for citation in citations:
        assert assistant.article(citation.article_id, citation.version).text[citation.start : citation.end] == citation.quote
        for origin in citation.also_in:
            assert origin.end <= len(assistant.article(origin.article_id, origin.version).text)


def test_every_answer_keeps_the_contract(answered: list[tuple[dict[str, Any], Answer]]) -> None:
    keys = "schema question searched_as status answer sentences citations accounts passages model seconds confidence notice incomplete usage cached time".split()
    for _, answer in answered:
        out = json.loads(json.dumps(answer_to_json(answer)))
        assert list(out) == keys
        assert [citation["number"] for citation in out["citations"]] == list(range(1, len(out["citations"]) + 1))
        scores = [passage["score"] for passage in out["passages"]]
        assert scores == sorted(scores, reverse=True)
        if answer.status == "answered":
            assert out["answer"] == " ".join(sentence["text"] for sentence in out["sentences"])
            assert all(sentence["citations"] for sentence in out["sentences"])
        else:
            assert out["answer"]
            assert out["sentences"] == out["citations"] == []


def test_questions_far_from_the_corpus_are_refused(answered: list[tuple[dict[str, Any], Answer]]) -> None:
    far = [answer.status for prompt, answer in answered if prompt["metadata"].get("near") is False]
    # A floor that catches breakage, not a figure: all 28 were refused when it was set.
    assert far.count("abstained") >= 0.9 * len(far)


def test_development_prompts_find_their_article(assistant: Assistant) -> None:
    found = []
    for prompt in (prompt for prompt in PROMPTS if not prompt.get("history")):
        wanted = {id for check in prompt["assert"] if check["type"] == "cites" for id in [check["value"]] if isinstance(id, str)}
        if wanted and prompt["metadata"]["split"] == "dev":
            passages = assistant.search(prompt["question"], limit=5)
            found.append(bool(wanted & {id for p in passages for id in (p.article_id, *(c.article_id for c in p.carried_by))}))
    assert sum(found) >= 0.97 * len(found)


def _names_both_accounts(answer: Answer) -> None:
    assert "Belarus" in answer.sentences[0].text
    assert any("Putin" in citation.quote and "Ukrain" in citation.quote for citation in answer.citations[1:])


def test_where_the_attackers_tried_to_flee_shows_both_accounts(assistant: Assistant) -> None:
    _names_both_accounts(assistant.ask("where did the attackers try to flee?"))


@pytest.mark.skipif(
    not REAL_PAGES.is_dir(), reason="the real page may not be copied into the project; it is only on the machine where this was written"
)
def test_real_page_alone_shows_both_accounts_and_no_boilerplate(tmp_path: Path, assistant: Assistant) -> None:
    opened = Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder)
    sync(opened.stores, [REAL_PAGES])
    _names_both_accounts(opened.ask("where did the attackers try to flee?"))
    (article,) = opened.library.articles()
    assert "11 people" in article.text[-60:]
    for mark in ("Getty", "@", "a tip", "Read more", "the writer", "•"):
        assert mark not in article.text


@pytest.mark.parametrize(
    ("question", "status"),
    [
        pytest.param("Hello!", "abstained", id="greeting"),
        pytest.param("summarise this article", "abstained", id="summary-of-nothing"),
        pytest.param("summarise the story about the warehouse fire", "answered", id="summary"),
        pytest.param("the latest on the flood", "answered", id="latest"),
        pytest.param("did anyone die in the flood?", "answered", id="yes-no"),
        pytest.param("where did lukashneko say the attackers tried to flee", "answered", id="misspelt-lower-case-name"),
        pytest.param("what did matias bellandi say about football?", "answered", id="name-without-accents"),
        pytest.param("Wer hat den Brand gelegt und warum?", "abstained", id="german"),
        pytest.param("Кто поджёг склад?", "abstained", id="russian"),
        pytest.param("what is it?", "abstained", id="stop-words-only"),
        pytest.param("???", "abstained", id="punctuation-only"),
        pytest.param('" OR NEAR( * ; DROP TABLE chunks --', "abstained", id="query-syntax"),
    ],
)
def test_question_nobody_planned_for(assistant: Assistant, question: str, status: str) -> None:
    answer = assistant.ask(question)
    assert (answer.status, bool(answer.citations)) == (status, status == "answered")


def test_latest_comes_newest_first(assistant: Assistant) -> None:
    dates = [citation.published or "" for citation in assistant.ask("the latest on the flood").citations]
    assert len(dates) > 1
    assert dates == sorted(dates, reverse=True)


def test_wire_copies_count_once_and_are_named(assistant: Assistant) -> None:
    answer = assistant.ask("where did the glass in the almond biscuits come from?")
    assert {origin.source for origin in answer.citations[0].also_in} | {answer.citations[0].source} >= {"Northmere Wire", "Brackwell Post"}


def test_suggestions_have_been_answered_by_their_articles(assistant: Assistant) -> None:
    suggestions = assistant.suggestions(3)
    assert len(suggestions) == 3
    for question in suggestions:
        assert assistant.ask(question).status == "answered"


def test_same_question_gives_the_same_answer(assistant: Assistant) -> None:
    first, second = (answer_to_json(assistant.ask("how many homes were evacuated in the flood?")) for _ in range(2))
    assert first | {"seconds": None} == second | {"seconds": None}
