"""Questions about time, asked end to end of an invented library in which dates of events and of publication cross (docs/time.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from samples import answers_of, keep

from rag.assistant import Assistant
from rag.errors import UsageError
from rag.records import Answer, Filters, Searched, Turn, answer_from_dict, answer_to_json
from rag.settings import Settings, load_settings
from rag.store.sync import sync

DATA = Path(__file__).parent / "data"
TODAY = date(2026, 11, 27)


@pytest.fixture(scope="module")
def norrby(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Asked on Friday 27 November 2026."""
    opened = Assistant(Settings(home=tmp_path_factory.mktemp("norrby"), today=TODAY), embedder=assistant.embedder, reader=assistant.reader)
    sync(opened.stores, [DATA / "time_articles.jsonl"])
    return opened


def prompts(split: str) -> list[dict[str, Any]]:
    lines = (DATA / "time_questions.jsonl").read_text("utf-8").splitlines()
    return [p for p in map(json.loads, lines) if p["split"] == split and ("cites" in p or "abstains" in p)]


def fails(prompt: dict[str, Any], answer: Answer) -> str | None:
    """What is wrong with the answer; its first quote must be the one that is meant."""
    if (answer.time and answer.time.kind) != prompt["kind"]:
        return f"{prompt['question']} understood as {answer.time}"
    if prompt.get("abstains"):
        return None if answer.status == "abstained" else f"{prompt['question']} answered: {answer.answer}"
    cites = prompt["cites"] if isinstance(prompt["cites"], list) else [prompt["cites"]]
    first = answer.citations[0] if answer.citations else None
    good = first and first.article_id in cites and prompt["contains"] in answer.answer
    return None if good else f"{prompt['question']} answered: {answer.answer}"


@pytest.mark.parametrize("split", ["dev", "test"])
def test_dates_of_events_and_of_publication_are_not_confused(norrby: Assistant, split: str) -> None:
    asked = prompts(split)
    wrong = [fault for prompt in asked if (fault := fails(prompt, norrby.ask(prompt["question"])))]
    assert len(wrong) <= 0.15 * len(asked), "\n".join(wrong)


def test_days_of_publication_narrow_and_are_kept_with_the_answer(norrby: Assistant) -> None:
    searched, *_, answer = norrby.stream("What was reported last week about the tram strike?")
    assert isinstance(searched, Searched)
    assert isinstance(answer, Answer)
    assert searched.time == answer.time
    assert answer_to_json(answer)["time"] == {"text": "last week", "kind": "published", "since": "2026-11-16", "until": "2026-11-22"}
    assert all("2026-11-16" <= (p.published or "")[:10] <= "2026-11-22" for p in answer.passages)
    keep(norrby, "time", answer)
    assert answers_of(norrby, "time") == [answer]


def test_a_turn_of_before_has_no_time_and_no_notes(norrby: Assistant) -> None:
    answer = norrby.ask("When did the tram strike begin?")
    stored = json.loads(json.dumps(answer_to_json(answer)))
    stored["passages"] = []
    del stored["time"]
    for citation in stored["citations"]:
        del citation["notes"], citation["updated"]
    read = answer_from_dict(stored)
    assert read.time is None
    assert [(c.notes, c.updated) for c in read.citations] == [((), None)] * len(read.citations)


def test_any_time_takes_the_days_off(norrby: Assistant) -> None:
    question = "What was published in January 2026 about the sawmill?"
    narrow, wide = norrby.ask(question), norrby.ask(question, any_time=True)
    assert narrow.status == "abstained"
    assert "January 2026" in narrow.answer
    assert "take them off" in narrow.answer
    assert wide.time is None
    assert wide.passages


def test_the_readers_own_filter_is_not_widened(norrby: Assistant) -> None:
    answer = norrby.ask("What was reported last week about the tram strike?", filters=Filters(until=date(2026, 11, 17)))
    assert all((p.published or "")[:10] <= "2026-11-17" for p in answer.passages)


def test_an_empty_meeting_of_filter_and_question_is_said(norrby: Assistant) -> None:
    answer = norrby.ask("What was reported last week about the tram strike?", filters=Filters(until=date(2026, 11, 1)))
    assert answer.status == "abstained"
    assert answer.passages == ()
    assert "no day is in both" in answer.answer


def test_an_event_is_found_in_an_article_of_years_later(norrby: Assistant) -> None:
    answer = norrby.ask("What did the museum buy in 2019?")
    assert answer.time is not None
    assert answer.time.kind == "event"
    assert answer.citations[0].article_id == "museum-now"


def test_the_latest_goes_by_the_moment_not_by_the_text(norrby: Assistant) -> None:
    answer = norrby.ask("the latest on the Skerry lighthouse auction")
    assert [c.article_id for c in answer.citations] == ["lighthouse-b", "lighthouse-a"]
    order = [a.article_id for a in norrby.library.articles()]
    assert order.index("lighthouse-b") < order.index("lighthouse-a")


def test_citation_notes_the_day_that_its_weekday_means(norrby: Assistant) -> None:
    answer = norrby.ask("How many people did police arrest in the harbour on Friday last week?")
    first = answer.citations[0]
    article = norrby.article(first.article_id, first.version)
    assert [(article.text[n.start : n.end], n.since, n.until) for n in first.notes] == [("Friday", "2026-11-20", "2026-11-20")]
    assert first.quote == article.text[first.start : first.end]


def test_follow_up_keeps_the_topic_and_changes_the_time(norrby: Assistant) -> None:
    answer = norrby.ask("and on 13 November?", history=[Turn("How many people did police arrest on 20 November?")])
    assert answer.searched_as == "How many people did police arrest on 13 November?"
    assert answer.citations[0].article_id == "arrests-13"


def test_search_narrows_to_the_days_of_publication(norrby: Assistant) -> None:
    held = norrby.search("articles from March 2024 on the tram strike")
    assert held
    assert all((p.published or "").startswith("2024-03") for p in held)
    assert len(norrby.search("articles from March 2024 on the tram strike", any_time=True)) > len(held)


def test_updated_stands_beside_published(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    page = "---\ntitle: Crane falls\npublished: 2025-01-10\nupdated: 2025-01-12\n---\nThe harbour of Skell was closed after a crane fell into the water.\n"
    answer = library_of({"a.md": page}).ask("Why was the harbour of Skell closed?")
    assert answer.citations[0].updated == "2025-01-12"


def test_a_zone_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSDESK_ZONE", "Nowhere/Land")
    with pytest.raises(UsageError, match="zone"):
        load_settings()


def test_today_is_that_of_the_readers_zone() -> None:
    # A whole day apart, whatever the hour.
    days = [Settings(zone=zone).day_today() for zone in ("Pacific/Kiritimati", "Pacific/Honolulu")]
    assert (days[0] - days[1]).days == 1
