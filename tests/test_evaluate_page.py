"""The Evaluate page and what feeds it, run by Streamlit's AppTest over a real library and real runs of a small suite."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import CORPUS
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from test_page import APP, HOSTILE, ask, button, open_page, shown, views

from rag.assistant import Assistant
from rag.evaluate.datasets import read_suite
from rag.evaluate.drafts import drafts
from rag.evaluate.runner import Options, make_report, run_suite, runs_folder
from rag.evaluate.runs import list_runs
from rag.settings import Settings
from rag.store.sync import sync
from rag.ui import results
from rag.ui.drafts import edited

PROMPTS = """
description: Small
sources: [articles]
tests:
- question: "How many beds does the new maternity wing of St. Brannoc's have?"
  assert: [{type: contains, value: "34 beds"}, {type: cites, value: hospital-maternity-wing}]
  metadata: {split: dev}
- question: "How many passengers were on board the ferry that ran onto Gannet Bank?"
  assert: [{type: contains, value: "86"}]
  metadata: {split: dev}
- question: "How many seals were counted?"
  assert: [{type: contains, value: "no such words"}]
- question: "and how many pups?"
  history: [{question: "How many seals were counted in the Sallow Estuary?"}]
  assert: [{type: contains, value: "999"}]
- question: "Who won the chess olympiad in 1987?"
  assert: [{type: abstains}]
"""
HEADLINE = "3 of 5 passed"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assistant: Assistant) -> Assistant:
    """An assistant over three articles, with a file of five test prompts over them."""
    for name in ("hospital-maternity-wing", "ferry-aground-gannet-bank", "seals-sallow-count"):
        (tmp_path / "articles").mkdir(exist_ok=True)
        shutil.copy(CORPUS / f"{name}.md", tmp_path / "articles")
    monkeypatch.setenv("NEWSDESK_PROMPTS", str(tmp_path / "mine.yaml"))
    (tmp_path / "mine.yaml").write_text(PROMPTS, encoding="utf-8")
    opened = Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder)
    sync(opened.stores, [tmp_path / "articles"])
    return opened


def open_evaluate(assistant: Assistant) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.session_state["assistant"] = assistant
    page._page_hash = calc_hash("evaluate")
    return page.run()


def run(page: AppTest, *, only: str = "", change: str = "") -> AppTest:
    page.text_input(key="evaluate-only").set_value(only)
    page.text_input(key="evaluate-change").set_value(change)
    return button(page, "Run").click().run()


def made(desk: Assistant, options: Options = Options()) -> None:
    """A run as the command line makes it."""
    run_suite(read_suite(desk.settings.prompts_file), desk.settings, options, embedder=desk.embedder)


def said(page: AppTest) -> list[str]:
    """Every text of the page that is markdown, as it is read."""
    kinds = (page.header, page.subheader, page.markdown, page.caption, page.error)
    return [shown(element.value) for kind in kinds for element in kind]


def test_run_ends_in_a_headline_that_a_later_visit_finds(desk: Assistant) -> None:
    page = run(open_evaluate(desk))
    assert not page.exception
    assert [head.value for head in page.header] == [HEADLINE]
    assert [head.value for head in open_evaluate(desk).header] == [HEADLINE]
    [kept] = list_runs(runs_folder(desk.settings))
    assert kept.info.finished
    assert desk.overview().articles == 3


def test_failing_prompt_is_listed_with_the_reason(desk: Assistant) -> None:
    made(desk)
    page = open_evaluate(desk)
    assert "**How many seals were counted?**" in said(page)
    assert any(text.startswith("contains “no such words”: not in the answer") for text in said(page))
    assert not any("maternity" in text for text in said(page))


def test_details_show_answer_checks_and_ranked_passages(desk: Assistant) -> None:
    made(desk)
    page = open_evaluate(desk)
    before = len(page.dataframe)
    next(details for details in page.expander if details.label == "What was answered").open().run()
    assert not page.exception
    assert any("broken · contains “no such words”" in text for text in said(page))
    passages = page.dataframe[before].value
    assert list(passages["rank"]) == list(range(1, len(passages) + 1))
    assert passages["score"].is_monotonic_decreasing


def test_figures_carry_intervals_and_unmeasured_ones_are_named(desk: Assistant) -> None:
    made(desk)
    page = open_evaluate(desk)
    [report] = [make_report(run) for run in list_runs(runs_folder(desk.settings))]
    unmeasured = next(text for text in said(page) if text.startswith("Not measured:"))
    assert all((measure.label in unmeasured) == (measure.estimate.n == 0) for measure in report.measures)
    assert any("| prompts passed | 0.600 [" in text and "n = 5 |" in text for text in said(page))


def test_changed_setting_runs_twice_and_shows_the_verdict(desk: Assistant) -> None:
    page = run(open_evaluate(desk), only="split=dev", change="answer_threshold=1")
    assert not page.exception
    assert [head.value for head in page.header] == ["0 of 2 passed"]
    assert any(text.startswith("**No difference shown: 1.000 of the prompts passed before, 0.000 now") for text in said(page))
    assert any(text.startswith("Worse (2)\n- How many beds") for text in said(page))
    page.selectbox(key="evaluate-beside").set_value(None).run()
    assert not any("passed before" in text for text in said(page))
    first, second = reversed(list_runs(runs_folder(desk.settings)))
    assert (first.info.changed, second.info.changed) == ((), ("answer_threshold=1",))


@pytest.mark.parametrize(
    ("only", "change", "line"),
    [
        ("split=none", "", "matches split=none"),
        ("(", "", "--filter ("),
        ("", "colour=red", "--with colour=red"),
        ("", "passages=x", "passages=x"),
    ],
    ids=["no-prompt", "no-expression", "no-setting", "no-value"],
)
def test_bad_entry_is_one_line_and_makes_no_run(desk: Assistant, only: str, change: str, line: str) -> None:
    page = run(open_evaluate(desk), only=only, change=change)
    [error] = page.error
    assert line in shown(error.value)
    assert not page.exception
    assert list_runs(runs_folder(desk.settings)) == []


def test_broken_prompts_name_the_line_of_the_mistake(desk: Assistant) -> None:
    desk.settings.prompts_file.write_text(PROMPTS.replace('contains, value: "86"', 'contians, value: "86"'), encoding="utf-8")
    page = run(open_evaluate(desk))
    [error] = page.error
    assert "line 9" in shown(error.value)
    assert "contians" in shown(error.value)


def test_interrupted_run_goes_on_where_it_stopped(desk: Assistant) -> None:
    class Left(BaseException):
        pass

    def leave(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("asking", 2):
            raise Left

    with pytest.raises(Left):
        run_suite(read_suite(desk.settings.prompts_file), desk.settings, embedder=desk.embedder, on_progress=leave)
    page = open_evaluate(desk)
    assert [head.value for head in page.header] == ["Interrupted"]
    assert any(text.startswith("2 of 5 answered") for text in said(page))
    button(page, "Go on").click().run()
    assert [head.value for head in page.header] == [HEADLINE]
    [kept] = list_runs(runs_folder(desk.settings))
    assert len(kept.lines()) == 5


def test_interrupted_run_of_changed_prompts_says_that_it_cannot_go_on(desk: Assistant) -> None:
    made(desk)
    [kept] = list_runs(runs_folder(desk.settings))
    described = json.loads((kept.folder / "run.json").read_text("utf-8")) | {"finished": None, "suite_digest": "other"}
    (kept.folder / "run.json").write_text(json.dumps(described), "utf-8")
    page = button(open_evaluate(desk), "Go on").click().run()
    [error] = page.error
    assert "cannot go on" in shown(error.value)


@pytest.mark.parametrize(
    ("number", "question"), [(0, "How many seals were counted?"), (1, "and how many pups?")], ids=["alone", "follow-up"]
)
def test_failing_prompt_opens_in_the_chat_as_it_was_searched(desk: Assistant, number: int, question: str) -> None:
    made(desk)
    page = open_evaluate(desk)
    page.button(key=f"to-chat-{number}").click().run()
    assert not page.exception
    assert [view["text"] for view in views(page, "question")] == [question]
    [turn] = desk.conversation(page.query_params["c"])
    [kept] = list_runs(runs_folder(desk.settings))
    answer: Any = next(result.answer for result in kept.results() if result.case["question"] == question)
    assert turn.searched_as == answer["searched_as"]


@pytest.mark.parametrize("suffix", results.FORMS.values())
def test_download_is_the_report(desk: Assistant, suffix: str) -> None:
    made(desk)
    [kept] = list_runs(runs_folder(desk.settings))
    assert "How many seals were counted?" in results.written(make_report(kept), suffix).decode()


def test_without_prompts_the_page_says_where_they_land(desk: Assistant) -> None:
    page = AppTest.from_function(_form_without_files, args=(desk.settings,)).run()
    [info] = page.info
    assert "mine.yaml" in shown(info.value)


def _form_without_files(settings: Settings) -> None:
    from rag.ui.evaluate import _form

    _form(settings, [], busy=False)


def test_answer_is_kept_as_a_prompt_that_passes(desk: Assistant) -> None:
    desk.settings.prompts_file.unlink()
    page = ask(open_page(desk), "How many seals were counted in the Sallow Estuary?")
    page = ask(page, "and how many pups?")
    page.button(key="bookmark-1").click().run()
    assert not page.exception
    [toast] = page.toast
    assert shown(toast.value).startswith(f"Kept in {desk.settings.prompts_file}, line ")
    [case] = read_suite(desk.settings.prompts_file).cases
    assert case.question == "and how many pups?"
    assert [turn.question for turn in case.history] == ["How many seals were counted in the Sallow Estuary?"]
    made(desk)
    assert [head.value for head in open_evaluate(desk).header] == ["1 of 1 passed"]
    page.button(key="bookmark-1").click().run()
    [toast] = page.toast
    assert "already holds this prompt" in shown(toast.value)


def test_kept_answer_keeps_its_filters(desk: Assistant) -> None:
    desk.settings.prompts_file.unlink()
    page = open_page(desk)
    page.multiselect(key="outlets").set_value(["Estuary Radio News"]).run()
    ask(page, "How many seals were counted in the Sallow Estuary?")
    page.button(key="bookmark-0").click().run()
    [case] = read_suite(desk.settings.prompts_file).cases
    assert case.filters.outlets == ("Estuary Radio News",)


def test_accepted_draft_is_written_as_it_was_edited(desk: Assistant) -> None:
    page = button(open_evaluate(desk), "Propose prompts").click().run()
    first = next(drafts(list(desk.library.articles())))
    assert page.text_area[0].value == first.question
    button(page, "Skip").click().run()
    asked = page.text_area[0].value
    assert asked != first.question
    page.text_area[0].set_value("What was edited?")
    page.text_input(key="draft-fact-2").set_value("a new fact")
    button(page, "Accept").click().run()
    assert not page.exception
    *_, case = read_suite(desk.settings.prompts_file).cases
    assert (case.question, case.description, case.facts[0].values) == ("What was edited?", "What was edited", ("a new fact",))
    assert "1 accepted" in said(page)
    assert page.text_area[0].value not in (first.question, asked)


def test_draft_without_an_answer_is_written_as_one_to_refuse(desk: Assistant) -> None:
    draft = next(draft for draft in drafts(list(desk.library.articles()), unanswerable=1))
    assert edited(draft, draft.question, None)["assert"] == [{"type": "abstains"}]


def test_hostile_prompt_and_article_show_as_text_only(library_of: Callable[[dict[str, str]], Assistant], tmp_path: Path) -> None:
    line = {"id": "hostile", "title": HOSTILE, "source": HOSTILE, "text": f"The harbour crane fell on Monday. {HOSTILE}."}
    desk = library_of({"hostile.jsonl": json.dumps(line) + "\n"})
    prompt = {"question": f"When did the harbour crane fall? {HOSTILE}", "assert": [{"type": "contains", "value": HOSTILE + "!"}]}
    desk.settings.prompts_file.write_text(json.dumps({"sources": ["../articles"], "tests": [prompt]}), "utf-8")
    page = run(open_evaluate(desk))
    next(details for details in page.expander if details.label == "What was answered").open().run()
    assert [head.value for head in page.header] == ["0 of 1 passed"]
    raw = [element.value for kind in (page.markdown, page.caption, page.header, page.subheader) for element in kind]
    assert [text for text in raw if "alarm" in text]
    assert not [text for text in raw if ":red[" in text or "<b>" in text or "](https" in text]
