"""Test prompts as files: what people write is read as they mean it, and a mistake is named with its line and field."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import UsageError
from rag.evaluate.checks import check_answer, plain, status_of
from rag.evaluate.datasets import read_suite
from rag.evaluate.schema import KINDS, TYPES, json_schema
from rag.records import Account, Answer, Citation, Origin, Seconds, Sentence, Side, Usage
from rag.settings import CHECKOUT


def write(folder: Path, text: str, name: str = "prompts.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


WHOLE = """\
description: everything
sources: [articles]
defaultTest:
  assert: [{type: latency, threshold: 900}]
  metadata: {split: dev, kind: none}
tests:
- description: in promptfoo's way
  vars: {question: "who   did it?"}
  assert:
  - {type: contains-any, value: [one, 2, true]}
  - {type: not-icontains, value: three, weight: 2}
  threshold: 0.5
- question: and when?
  history: [{question: who did it?, answer: nobody}]
  filters: {since: 2025-01-10, outlets: [Skell Gazette]}
  assert: [{type: abstains}, {type: cites, value: harbour}]
  metadata: {kind: follow-up}
"""


def test_prompts_are_read_as_written(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, WHOLE))
    first, second = suite.cases
    assert suite.sources == (tmp_path / "articles",)
    assert (first.question, first.threshold, first.metadata) == ("who did it?", 0.5, {"split": "dev", "kind": "none"})
    assert [check.type for check in first.checks] == ["latency", "contains-any", "not-icontains"]
    assert first.checks[1].values == ("one", "2", "true")
    assert first.checks[2].weight == 2
    assert second.metadata["kind"] == "follow-up"
    assert (second.filters.since, second.filters.outlets) == (date(2025, 1, 10), ("Skell Gazette",))
    assert second.history[0].answer == "nobody"
    assert second.unanswerable
    assert first.id != second.id


def test_question_keeps_its_id_when_its_assertions_change(tmp_path: Path) -> None:
    before = read_suite(write(tmp_path, "tests: [{question: who?, assert: [{type: abstains}]}, {question: who?}]"))
    after = read_suite(write(tmp_path, "tests: [{question: who?, description: d, assert: [{type: contains, value: x}]}]"))
    assert before.cases[0].id == after.cases[0].id
    assert before.cases[1].id == f"{before.cases[0].id}-2"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param(
            "tests:\n- question: a\n  assert:\n  - {type: contians, value: x}", "line 4, tests[0].assert[0].type: there is no", id="type"
        ),
        pytest.param("tests:\n- question: a\n  asserts: []", "line 3, tests[0].asserts: there is no such key", id="key"),
        pytest.param("tests:\n- description: a", "line 2, tests[0]: the prompt has no question", id="no-question"),
        pytest.param("tests:\n- question: 3", "line 2, tests[0].question:", id="question-no-text"),
        pytest.param(
            "tests:\n- question: a\n  assert: [{type: regex, value: '('}]", "line 3, tests[0].assert[0]: '(' is no regular", id="regex"
        ),
        pytest.param("tests:\n- question: a\n  assert: [{type: latency}]", "latency needs a threshold (milliseconds)", id="limit"),
        pytest.param("tests:\n- question: a\n  assert: [{type: abstains, value: x}]", "abstains takes no value", id="no-value"),
        pytest.param("tests:\n- question: a\n  assert: [{type: contains, value: ''}]", "empty value", id="empty-value"),
        pytest.param("tests:\n- question: a\n  assert: [{type: contains, value: [a, b]}]", "needs one value", id="list"),
        pytest.param("tests:\n- question: a\n  vars: {q: b}", "only question is used", id="vars"),
        pytest.param("tests: []", "line 1, tests:", id="none"),
        pytest.param("description: x", "tests: field required", id="no-tests"),
        pytest.param("- a", "is a mapping with the key tests", id="list-file"),
        pytest.param("tests:\n- question: [a", ": this is not YAML (did not find expected", id="no-yaml"),
        pytest.param("tests: !!python/object/apply:os.system [ls]", "this is not YAML", id="python-tag"),
        pytest.param("", "is a mapping with the key tests", id="empty"),
    ],
)
def test_mistake_is_named_with_its_place(tmp_path: Path, text: str, wanted: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as raised:
        read_suite(path)
    assert str(path) in str(raised.value)
    assert wanted in str(raised.value)
    assert "\n" not in str(raised.value)


def test_first_five_mistakes_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "tests:\n" + "- {question: 1}\n" * 8)
    with pytest.raises(UsageError, match=r"tests\[4\].question.*; and 3 more"):
        read_suite(path)


def test_json_lines_give_checks_and_references(tmp_path: Path) -> None:
    lines = [
        {"question": "who?", "answers": ["Ines Vold", "Vold"], "article_ids": ["harbour"], "id": 7},
        {"question": "why?", "metadata": {"near": False}},
    ]
    suite = read_suite(write(tmp_path, "\n".join(map(json.dumps, lines)), "large.jsonl"))
    assert suite.cases[0].id == "7"
    assert [(check.type, check.values) for check in suite.cases[0].checks] == [
        ("icontains-any", ("Ines Vold", "Vold")),
        ("cites", ("harbour",)),
    ]
    assert suite.cases[0].references == ("Ines Vold", "Vold")
    assert suite.cases[1].unanswerable
    with pytest.raises(UsageError, match=r"broken.jsonl, line 2: question: "):
        read_suite(write(tmp_path, '{"question": "a"}\n{"questoin": "b"}', "broken.jsonl"))


def test_squad_style_file_brings_articles_and_places(tmp_path: Path) -> None:
    context = "Ada Lovelace wrote notes\r\non the engine in cafe\u0301s."
    asked = {"question": "Where?", "answers": [{"text": "cafe\u0301s", "answer_start": context.index("caf")}]}
    impossible = {"question": "Who paid?", "answers": [], "is_impossible": True}
    entry = {"title": "Ada", "paragraphs": [{"context": "First.", "qas": []}, {"context": context, "qas": [asked, impossible]}]}
    suite = read_suite(write(tmp_path, json.dumps({"data": [entry]}), "squad.json"))
    place = suite.cases[0].places[0]
    assert suite.articles[0].text[place.start : place.end] == "cafés"
    assert suite.cases[1].unanswerable
    assert suite.cases[1].metadata["near"] is True


def test_other_files_are_refused(tmp_path: Path) -> None:
    for name, text in {"a.txt": "x", "b.json": "{", "c.json": "[]", "d.jsonl": "\n"}.items():
        with pytest.raises(UsageError, match=name):
            read_suite(write(tmp_path, text, name))
    with pytest.raises(UsageError, match=r"none\.yaml cannot be read"):
        read_suite(tmp_path / "none.yaml")


def test_schema_for_editors_names_every_type_and_key() -> None:
    schema = json.dumps(json_schema())
    assert all(f'"{type}"' in schema for type in TYPES)
    assert all(key in schema for key in ("defaultTest", '"assert"', "history", "metadata", "threshold", "weight"))


def test_sample_prompts_are_read() -> None:
    suite = read_suite(CHECKOUT / "corpus" / "prompts.yaml")
    assert len({case.id for case in suite.cases}) == len(suite.cases) == 224


def citation(**changes: object) -> Citation:
    given = {"number": 1, "article_id": "harbour", "version": "v", "title": "t", "source": "Skell Gazette", "published": None, "url": None}
    return Citation(**(given | {"start": 0, "end": 4, "quote": "It’s 14 ships — waiting", "also_in": ()} | changes))


def answer(text: str, **changes: object) -> Answer:
    sentences = (Sentence(text, "quoted", (1,)),)
    given = {"question": "q", "searched_as": "q", "status": "answered", "answer": text, "sentences": sentences, "citations": (citation(),)}
    return Answer(**(given | {"passages": (), "seconds": Seconds(None, None, None, 0.25)} | changes))


REFUSAL = answer("Nothing in 3 articles answers it.", status="abstained", sentences=(), citations=())
SIDES = (Account("toll", "conflict", (Side("Fourteen ships", "Vold", 1), Side("twelve", None, 1))),)


@pytest.mark.parametrize(
    ("check", "given", "passed"),
    [
        pytest.param("{type: contains, value: It's 14}", answer("It’s 14"), True, id="curly-quotes"),
        pytest.param("{type: contains, value: belarus}", answer("Belarus"), False, id="contains-minds-case"),
        pytest.param("{type: icontains, value: belarus}", answer("Belarus"), True, id="icontains-does-not"),
        pytest.param("{type: contains, value: articles}", REFUSAL, False, id="refusal-holds-no-fact"),
        pytest.param("{type: not-contains, value: articles}", REFUSAL, True, id="refusal-holds-no-wrong-fact"),
        pytest.param("{type: contains-any, value: [x, ships]}", answer("14 ships"), True, id="any"),
        pytest.param("{type: contains-all, value: [14, crane]}", answer("14 ships"), False, id="all"),
        pytest.param("{type: equals, value: 14 ships}", answer(" 14  ships "), True, id="equals"),
        pytest.param("{type: starts-with, value: 14}", answer("14 ships"), True, id="starts-with"),
        pytest.param("{type: regex, value: '1\\d ships$'}", answer("14 ships"), True, id="regex"),
        pytest.param("{type: cites, value: harbour}", answer("x"), True, id="cites-article"),
        pytest.param("{type: cites, value: skell gazette}", answer("x"), True, id="cites-outlet"),
        pytest.param(
            "{type: cites, value: [a, wire]}",
            answer("x", citations=(citation(also_in=(Origin("wire", "v", None, 0, 1),)),)),
            True,
            id="cites-copy",
        ),
        pytest.param("{type: not-cites, value: harbour}", answer("x"), False, id="not-cites"),
        pytest.param("{type: quote-contains, value: ships - waiting}", answer("x"), True, id="quote-contains"),
        pytest.param("{type: quote-contains, value: crane}", answer("crane"), False, id="quote-not-answer"),
        pytest.param("{type: abstains}", REFUSAL, True, id="abstains"),
        pytest.param("{type: not-abstains}", REFUSAL, False, id="not-abstains"),
        pytest.param("{type: accounts}", answer("x"), None, id="accounts-not-produced"),
        pytest.param("{type: not-accounts}", answer("x"), None, id="not-accounts-not-produced"),
        pytest.param("{type: accounts, value: [fourteen, twelve]}", answer("x", accounts=SIDES), True, id="accounts"),
        pytest.param("{type: accounts, value: [thirteen]}", answer("x", accounts=SIDES), False, id="other-accounts"),
        pytest.param("{type: latency, threshold: 250}", answer("x"), True, id="latency"),
        pytest.param("{type: latency, threshold: 249}", answer("x"), False, id="too-slow"),
        pytest.param("{type: latency, threshold: 9}", answer("x", seconds=Seconds(None, None, None, float("nan"))), None, id="no-time"),
        pytest.param("{type: cost, threshold: 1}", answer("x"), None, id="cost-of-quotes"),
        pytest.param("{type: cost, threshold: 1}", answer("x", usage=Usage(9, 1, None)), None, id="no-prices"),
        pytest.param("{type: cost, threshold: 0.01}", answer("x", usage=Usage(9, 1, 0.01)), True, id="cost"),
        pytest.param("{type: cost, threshold: 0.01}", answer("x", usage=Usage(9, 1, 0.011)), False, id="too-dear"),
        pytest.param("{type: llm-rubric, value: is short}", answer("x"), None, id="no-judge"),
    ],
)
def test_check(tmp_path: Path, check: str, given: Answer, passed: bool | None) -> None:
    (case,) = read_suite(write(tmp_path, f"tests: [{{question: q, assert: [{check}]}}]")).cases
    (checked,) = check_answer(case, given)
    assert checked.passed is passed
    assert checked.reason
    assert status_of(case, [checked]) == {True: "passed", False: "failed", None: "not measured"}[passed]


def test_every_kind_is_tried_above() -> None:
    marks = {mark.args[1][n].values[0] for mark in test_check.pytestmark for n in range(len(mark.args[1]))}
    assert {kind for kind in KINDS if not any(f"type: {kind}" in mark or f"type: not-{kind}" in mark for mark in marks)} <= {
        "icontains-any",
        "icontains-all",
    }


@pytest.mark.parametrize(
    ("threshold", "checks", "status"),
    [
        pytest.param("", "{type: contains, value: 14}, {type: cost, threshold: 1}", "not measured", id="unknown-decides"),
        pytest.param("", "{type: contains, value: 15}, {type: cost, threshold: 1}", "failed", id="fails-whatever-the-unknown"),
        pytest.param(
            "threshold: 0.5,", "{type: contains, value: 14}, {type: cost, threshold: 1}", "passed", id="passes-whatever-the-unknown"
        ),
        pytest.param("threshold: 0.7,", "{type: contains, value: 14, weight: 3}, {type: contains, value: 15}", "passed", id="weighted"),
        pytest.param(
            "threshold: 0.8,", "{type: contains, value: 14, weight: 3}, {type: contains, value: 15}", "failed", id="weighted-too-little"
        ),
        pytest.param("", "", "not measured", id="asserts-nothing"),
    ],
)
def test_status_of_a_prompt(tmp_path: Path, threshold: str, checks: str, status: str) -> None:
    (case,) = read_suite(write(tmp_path, f"tests: [{{question: q, {threshold} assert: [{checks}]}}]")).cases
    assert status_of(case, check_answer(case, answer("14 ships"))) == status


@given(st.text(), st.text())
def test_a_text_contains_itself_in_any_typography(before: str, text: str) -> None:
    assert plain(text) in plain(f"{before} {text}") or not text.strip()
