"""The Evaluate page and what feeds it, run by Streamlit's AppTest over a real library and real runs of a small suite."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CORPUS
from samples import answers_of
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from test_page import APP, HOSTILE, ask, button, shown, views

from rag.assistant import Assistant
from rag.evaluate.datasets import read_suite
from rag.evaluate.drafts import drafts, edited
from rag.evaluate.runner import make_report, run_suite, runs_folder
from rag.evaluate.runs import Run, list_runs
from rag.settings import Settings
from rag.store.sync import sync
from rag.ui import results
from rag.ui.asks import Ask

PROMPTS = """
description: Small
sources: [{articles}]
tests:
- question: "How many beds does the new maternity wing of St. Brannoc's have?"
  assert: [{{type: contains, value: "34 beds"}}, {{type: cites, value: hospital-maternity-wing}}]
  metadata: {{split: dev}}
- question: "How many passengers were on board the ferry that ran onto Gannet Bank?"
  assert: [{{type: contains, value: "86"}}]
  metadata: {{split: dev}}
- question: "How many seals were counted?"
  assert: [{{type: contains, value: "no such words"}}]
- question: "and how many pups?"
  history: [{{question: "How many seals were counted in the Sallow Estuary?"}}]
  assert: [{{type: contains, value: "999"}}]
- question: "Who won the chess olympiad in 1987?"
  assert: [{{type: abstains}}]
"""
HEADLINE = "3 of 5 passed"
SEALS = "How many seals were counted in the Sallow Estuary?"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, assistant: Assistant) -> Path:
    """A folder with a library of three articles, a file of test prompts over them, and one run of it, kept apart."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "articles").mkdir()
    for name in ("hospital-maternity-wing", "ferry-aground-gannet-bank", "seals-sallow-count"):
        shutil.copy(CORPUS / f"{name}.md", folder / "articles")
    (folder / "prompts.yaml").write_text(PROMPTS.format(articles=folder / "articles"), encoding="utf-8")
    opened = Assistant(Settings(home=folder / "home"), embedder=assistant.embedder)
    sync(opened.stores, [folder / "articles"])
    run_suite(read_suite(folder / "prompts.yaml"), opened.settings, embedder=opened.embedder)
    shutil.move(runs_folder(opened.settings), folder / "runs")
    return folder


@pytest.fixture
def desk(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assistant: Assistant) -> Assistant:
    """An assistant over the three articles, with no run yet and a file of test prompts of its own."""
    monkeypatch.setenv("NEWSDESK_PROMPTS", str(tmp_path / "mine.yaml"))
    shutil.copy(shelf / "prompts.yaml", tmp_path / "mine.yaml")
    opened = Assistant(Settings(home=shelf / "home"), embedder=assistant.embedder)
    shutil.rmtree(runs_folder(opened.settings), ignore_errors=True)
    return opened


@pytest.fixture
def finished(shelf: Path, desk: Assistant) -> Assistant:
    """The same with one run."""
    shutil.copytree(shelf / "runs", runs_folder(desk.settings))
    return desk


def open_evaluate(assistant: Assistant) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.session_state["assistant"] = assistant
    page._page_hash = calc_hash("evaluate")
    return page.run()


def run(page: AppTest, *, only: str = "", change: str = "") -> AppTest:
    page.text_input(key="evaluate-only").set_value(only)
    page.text_input(key="evaluate-change").set_value(change)
    return button(page, "Run").click().run()


def chat(assistant: Assistant, question: str) -> AppTest:
    """A chat in which one question has been asked, without the suggestions of an empty one."""
    page = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in {"assistant": assistant, "turns": [], "conversation": None, "waiting": Ask(question)}.items():
        page.session_state[name] = value
    return page.run()


def the_run(assistant: Assistant) -> Run:
    [run] = list_runs(runs_folder(assistant.settings))
    return run


def look_inside(page: AppTest, run: Run, question: str) -> AppTest:
    """Open what was answered to a failing prompt."""
    results = [result for result in run.results() if result.status == "failed"]
    number, result = next((n, r) for n, r in enumerate(results) if r.case["question"] == question)
    page.session_state[f"details-{number}-{result.id}-0"] = True
    return page.run()


def said(page: AppTest) -> list[str]:
    """Every text of the page that is markdown, as it is read."""
    kinds = (page.header, page.subheader, page.markdown, page.caption, page.error)
    return [shown(element.value) for kind in kinds for element in kind]


def test_run_ends_in_a_headline_that_a_later_visit_finds(desk: Assistant) -> None:
    page = run(open_evaluate(desk))
    assert not page.exception
    assert [head.value for head in page.header] == [HEADLINE]
    assert [head.value for head in open_evaluate(desk).header] == [HEADLINE]
    assert the_run(desk).info.finished
    assert desk.overview().articles == 3


def test_failing_prompt_is_listed_with_the_reason(finished: Assistant) -> None:
    page = open_evaluate(finished)
    assert [shown(details.label) for details in page.expander] == ["**How many seals were counted?**", "**and how many pups?**"]
    assert any(text.startswith("contains “no such words”: not in the answer") for text in said(page))


def test_details_show_answer_checks_and_ranked_passages(finished: Assistant) -> None:
    page = open_evaluate(finished)
    assert not page.dataframe
    look_inside(page, the_run(finished), "How many seals were counted?")
    assert not page.exception
    assert any("broken · contains “no such words”" in text for text in said(page))
    [table] = page.dataframe
    passages = table.value
    assert list(passages["rank"]) == list(range(1, len(passages) + 1))
    assert passages["score"].is_monotonic_decreasing


def test_figures_carry_intervals_and_unmeasured_ones_are_named(finished: Assistant) -> None:
    page = open_evaluate(finished)
    report = make_report(the_run(finished))
    unmeasured = next(text for text in said(page) if text.startswith("Not measured:"))
    assert all((measure.label in unmeasured) == (measure.estimate.n == 0) for measure in report.measures)
    assert any("| prompts passed | 0.600 [" in text and "n\u00a0=\u00a05 |" in text for text in said(page))


def test_changed_setting_runs_twice_and_shows_the_verdict(desk: Assistant) -> None:
    page = run(open_evaluate(desk), only="split=dev", change="answer_threshold=1")
    assert not page.exception
    assert [head.value for head in page.header] == ["0 of 2 passed"]
    assert any(text.startswith("**No difference shown: 1.000 of the prompts passed before, 0.000 now") for text in said(page))
    assert any(text.startswith("Worse (2)\n- How many beds") for text in said(page))
    page.selectbox(key="evaluate-beside").set_value(results.NO_RUN).run()
    assert not any("passed before" in text for text in said(page))
    assert {run.info.changed for run in list_runs(runs_folder(desk.settings))} == {(), ("answer_threshold=1",)}


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
    path = desk.settings.prompts_file
    path.write_text(path.read_text("utf-8").replace('contains, value: "86"', 'contians, value: "86"'), encoding="utf-8")
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
    assert len(the_run(desk).lines()) == 5


def test_interrupted_run_of_changed_prompts_says_that_it_cannot_go_on(finished: Assistant) -> None:
    described = the_run(finished).folder / "run.json"
    described.write_text(json.dumps(json.loads(described.read_text("utf-8")) | {"finished": None, "suite_digest": "other"}), "utf-8")
    page = button(open_evaluate(finished), "Go on").click().run()
    [error] = page.error
    assert "cannot go on" in shown(error.value)


@pytest.mark.parametrize(
    ("number", "question"), [(0, "How many seals were counted?"), (1, "and how many pups?")], ids=["alone", "follow-up"]
)
def test_failing_prompt_opens_in_the_chat_as_it_was_searched(finished: Assistant, number: int, question: str) -> None:
    page = open_evaluate(finished)
    page.button(key=f"to-chat-{number}").click().run()
    assert not page.exception
    assert [view["text"] for view in views(page, "question")] == [question]
    [turn] = answers_of(finished, page.query_params["c"])
    answer = next(result.answer for result in the_run(finished).results() if result.case["question"] == question)
    assert answer
    assert turn.searched_as == answer["searched_as"]


@pytest.mark.parametrize("suffix", results.FORMS.values())
def test_download_is_the_report(finished: Assistant, suffix: str) -> None:
    assert "How many seals were counted?" in results.written(make_report(the_run(finished)), suffix).decode()


def test_without_prompts_the_page_says_where_they_land(desk: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.ui.evaluate.SAMPLE", desk.settings.home / "none.yaml")
    desk.settings.prompts_file.unlink()
    page = open_evaluate(desk)
    [info] = page.info
    assert str(desk.settings.prompts_file) in shown(info.value)
    assert not page.exception


def test_answer_is_kept_as_a_prompt_that_passes(desk: Assistant) -> None:
    desk.settings.prompts_file.unlink()
    page = ask(chat(desk, SEALS), "and how many pups?")
    page.button(key="bookmark-1").click().run()
    assert not page.exception
    [toast] = page.toast
    assert shown(toast.value).startswith(f"Kept in {desk.settings.prompts_file}, line ")
    [case] = read_suite(desk.settings.prompts_file).cases
    assert case.question == "and how many pups?"
    assert [turn.question for turn in case.history] == [SEALS]
    assert [head.value for head in run(open_evaluate(desk)).header] == ["1 of 1 passed"]
    page.button(key="bookmark-1").click().run()
    [toast] = page.toast
    assert "already holds this prompt" in shown(toast.value)


def test_answer_to_edited_words_is_kept_under_those_words(desk: Assistant) -> None:
    page = ask(chat(desk, SEALS), "and how many pups?")
    page.text_area[0].set_value("How many seal pups were there?")
    button(page, "Search again").click().run()
    page.button(key="bookmark-2").click().run()
    *_, case = read_suite(desk.settings.prompts_file).cases
    assert (case.question, case.history) == ("How many seal pups were there?", ())


def test_kept_answer_keeps_its_filters(desk: Assistant) -> None:
    desk.settings.prompts_file.unlink()
    page = chat(desk, SEALS)
    page.multiselect(key="outlets").set_value(["Estuary Radio News"]).run()
    ask(page, SEALS)
    page.button(key="bookmark-1").click().run()
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
    look_inside(page, the_run(desk), str(prompt["question"]))
    assert [head.value for head in page.header] == ["0 of 1 passed"]
    raw = [element.value for kind in (page.markdown, page.caption, page.header, page.subheader) for element in kind]
    assert [text for text in raw if "alarm" in text]
    assert not [text for text in raw if ":red[" in text or "<b>" in text or "](https" in text]
