"""Conversations on the chat page: beside it, asked otherwise, judged, shared; run by Streamlit's AppTest over a real library."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from samples import THREE, answers_of
from streamlit.testing.v1 import AppTest
from test_page import HOSTILE, ask, button, open_page, shown, views

from rag.assistant import Assistant
from rag.conversation import Feedback, Heading
from rag.errors import StorageError
from rag.evaluate.checks import check_answer, status_of
from rag.evaluate.datasets import read_suite
from rag.export import to_markdown, with_sources
from rag.settings import Settings
from rag.store.sync import sync
from rag.ui.escape import escape
from rag.ui.sidebar import DELETE, RENAME, SHARE, by_day

FELL = "What fell into the harbour of Skell?"
SHIPS = "How many ships were waiting in the harbour of Skell?"
VIOLINS = "How many instruments did the town library of Skell buy?"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, assistant: Assistant) -> Path:
    """The data folder of a small library without conversations."""
    root = tmp_path_factory.mktemp("planted")
    for name, text in THREE.items():
        (root / name).write_text(text, encoding="utf-8")
    made = Assistant(Settings(home=root / "home"), embedder=assistant.embedder)
    sync(made.stores, [root / name for name in THREE])
    made.library.database.close()
    return root / "home"


@pytest.fixture
def desk(planted: Path, tmp_path: Path, assistant: Assistant) -> Assistant:
    """A copy of its own, since making one takes seconds."""
    shutil.copytree(planted, tmp_path / "home")
    return Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder, reader=assistant.reader)


def asked(page: AppTest) -> list[str]:
    return [view["text"] for view in views(page, "question")]


def listed(page: AppTest) -> list[str]:
    return [shown(b.label.replace("**", "")) for b in page.sidebar.button if (b.key or "").startswith("open-")]


def menu(page: AppTest, id: str, choice: str) -> AppTest:
    """Choose from the menu of a conversation."""
    return page.sidebar.menu_button(key=f"menu-{id}").set_value(choice).run()


def begin_edit(page: AppTest, index: int) -> AppTest:
    """As the mark beside a question does in the browser."""
    page.session_state["editing"] = page.session_state["turns"][index].turn_id
    return page.run()


def test_sidebar_lists_what_was_asked_and_opens_it(desk: Assistant) -> None:
    page = ask(open_page(desk), FELL)
    first = page.query_params["c"]
    button(page, "New chat").click().run()
    ask(page, VIOLINS)
    assert sorted(listed(page)) == sorted([FELL, VIOLINS])
    page.sidebar.button(key=f"open-{first}").click().run()
    assert (asked(page), page.query_params["c"]) == ([FELL], first)
    assert page.sidebar.button(key=f"open-{first}").label == f"**{escape(FELL)}**"
    ask(page, "and when?")
    assert len(answers_of(desk, first)) == 2
    assert not page.exception


def test_search_in_the_sidebar_finds_by_part_of_a_word_of_the_answer(desk: Assistant) -> None:
    page = ask(open_page(desk), FELL)
    button(page, "New chat").click().run()
    ask(page, VIOLINS)
    (found,) = desk.conversations.listed(containing="crane")
    assert "crane" in answers_of(desk, found.conversation_id)[0].answer
    page.sidebar.text_input(key="conversations-search").set_value("cran").run()
    assert listed(page) == [FELL]
    page.sidebar.text_input(key="conversations-search").set_value("nowhere").run()
    assert listed(page) == []
    assert "Nothing found." in [caption.value for caption in page.sidebar.caption]


def test_conversation_is_renamed_and_deleted(desk: Assistant) -> None:
    page = ask(open_page(desk), FELL)
    id = page.query_params["c"]
    menu(page, id, RENAME)
    page.text_input(key=f"name-{id}").set_value(HOSTILE[:120])
    button(page, "Save").click().run()
    assert desk.conversations.opened(id).title == HOSTILE[:120]
    assert page.sidebar.button(key=f"open-{id}").label == f"**{escape(HOSTILE[:120])}**"
    other = open_page(desk, c=id)
    menu(page, id, DELETE)
    page.button(key="delete-not").click().run()
    assert answers_of(desk, id)
    menu(page, id, DELETE)
    page.button(key="delete-for-good").click().run()
    assert answers_of(desk, id) == []
    assert (asked(page), listed(page), "c" in page.query_params) == ([], [], False)
    # The other page learns of it at its next run, and goes on in a conversation of its own.
    other.run()
    assert [shown(warning.value) for warning in other.warning] == ["This conversation was deleted."]
    assert asked(other) == []
    assert ask(other, SHIPS).query_params["c"] != id


def test_two_pages_see_each_other_s_turns(desk: Assistant) -> None:
    one = ask(open_page(desk), FELL)
    two = open_page(desk, c=one.query_params["c"])
    ask(two, SHIPS)
    ask(one, VIOLINS)
    assert asked(one) == asked(two.run()) == [FELL, SHIPS, VIOLINS]
    assert [answer.question for answer in answers_of(desk, one.query_params["c"])] == [FELL, SHIPS, VIOLINS]


def test_edited_question_takes_the_place_of_what_followed(desk: Assistant) -> None:
    page = ask(ask(ask(open_page(desk), FELL), VIOLINS), "and when?")
    id = page.query_params["c"]
    begin_edit(page, 1)
    assert asked(page) == [FELL, "and when?"]
    (field,) = [area for area in page.text_area if area.key.startswith("question-text-")]
    assert field.label == "Ask this instead: the 1 question after it goes too"
    field.set_value(SHIPS)
    button(page, "Ask").click().run()
    assert asked(page) == [FELL, SHIPS]
    assert [answer.question for answer in answers_of(desk, id)] == [FELL, SHIPS]
    assert "14" in answers_of(desk, id)[1].answer
    begin_edit(page, 1)
    button(page, "Cancel").click().run()
    assert asked(page) == [FELL, SHIPS]


def test_edited_question_that_fails_costs_nothing(desk: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ask(ask(open_page(desk), FELL), VIOLINS)
    before = answers_of(desk, page.query_params["c"])
    begin_edit(page, 0)
    next(area for area in page.text_area if area.key.startswith("question-text-")).set_value("x" * 5000)
    button(page, "Ask").click().run()
    assert len(page.error) == 1
    assert asked(page.run()) == [FELL, VIOLINS]
    assert answers_of(desk, page.query_params["c"]) == before


def test_answer_that_cannot_be_kept_stays_on_the_page(desk: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ask(open_page(desk), FELL)
    with monkeypatch.context() as patched:
        # The disk is full: every way of making one real takes a mount of its own, which test_full_disk has.
        patched.setattr(type(desk.conversations), "add", _full)
        ask(page, SHIPS)
        assert "not kept" in shown(page.warning[0].value)
        assert asked(page.run()) == [FELL, SHIPS]
    ask(page, "how many ships?")
    assert len(asked(page)) == 3
    assert len(answers_of(desk, page.query_params["c"])) == 2


def _full(*given: object, **more: object) -> None:
    raise StorageError("The disk is full.")


def thumb(page: AppTest, index: int, value: int | None) -> AppTest:
    return page.feedback(key=f"thumbs-{page.session_state['turns'][index].turn_id}").set_value(value).run()


def feedback(desk: Assistant, page: AppTest) -> list[Feedback | None]:
    return [turn.feedback for turn in desk.conversations.opened(page.query_params["c"]).turns]


def test_thumbs_are_kept_refined_and_taken_back(desk: Assistant) -> None:
    page = ask(open_page(desk), FELL)
    thumb(page, 0, 1)
    assert feedback(desk, page) == [Feedback("right")]
    thumb(page, 0, 0)
    assert feedback(desk, page) == [Feedback("wrong")]
    id = page.session_state["turns"][0].turn_id
    page.button_group(key=f"wrong-{id}").set_value("The evidence is wrong").run()
    page.text_input(key=f"note-{id}").set_value("another crane").run()
    assert feedback(desk, page) == [Feedback("evidence wrong", "another crane")]
    again = open_page(desk, c=page.query_params["c"])
    assert again.feedback[0].value == 0
    assert again.text_input(key=f"note-{id}").value == "another crane"
    thumb(again, 0, None)
    assert feedback(desk, page) == [None]
    assert not again.exception


@pytest.mark.parametrize("expected", ["", "a mast"], ids=["one click", "filled in"])
@pytest.mark.parametrize("which", [None, "The answer is wrong", "The evidence is wrong"])
def test_doubted_answer_becomes_a_prompt_that_it_fails(desk: Assistant, which: str | None, expected: str) -> None:
    page = thumb(ask(open_page(desk), FELL), 0, 0)
    id = page.session_state["turns"][0].turn_id
    if which:
        page.button_group(key=f"wrong-{id}").set_value(which).run()
    if expected:
        page.text_input(key=f"expected-{id}").set_value(expected).run()
    page.button(key="doubt-0").click().run()
    assert not page.exception
    (case,) = read_suite(desk.settings.prompts_file).cases
    (given,) = answers_of(desk, page.query_params["c"])
    assert case.question == FELL
    assert status_of(case, check_answer(case, given)) == "failed"


def test_share_draws_the_link_and_the_files(desk: Assistant) -> None:
    page = ask(open_page(desk), FELL)
    id = page.query_params["c"]
    menu(page, id, SHARE)
    assert [view["query"] for view in views(page, "link")] == [f"?c={id}"]
    assert [b.label for b in page.get("download_button")] == ["Markdown", "Web page", "JSON"]
    assert FELL.split()[1] in to_markdown(desk.conversations.opened(id))


def test_answer_view_carries_what_is_copied(desk: Assistant) -> None:
    page = ask(open_page(desk), FELL)
    (view,) = views(page, "answer")
    (given,) = answers_of(desk, page.query_params["c"])
    assert view["copy"] == with_sources(given)
    assert given.citations[0].quote in view["copy"]


def test_conversations_stand_under_their_days_in_words() -> None:
    now = datetime(2026, 11, 27, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    lasts = [
        "2026-11-27T06:00:00+00:00",
        "2026-11-26T23:30:00+00:00",
        "2026-11-26T12:00:00+00:00",
        "2026-11-22T12:00:00+00:00",
        "2026-10-30T12:00:00+00:00",
    ]
    headings = [Heading(str(n), "t", last, last, 1) for n, last in enumerate(lasts)]
    groups: list[Any] = [(group, [heading.conversation_id for heading in held]) for group, held in by_day(headings, now)]
    assert groups == [("Today", ["0", "1"]), ("Yesterday", ["2"]), ("The last seven days", ["3"]), ("October 2026", ["4"])]
