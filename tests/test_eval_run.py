"""``newsdesk eval`` from a file of prompts to figures, files and exit status, over a real library of its own."""

from __future__ import annotations

import csv
import gc
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from samples import THREE

import rag.cli.evaluate
from rag.assistant import Assistant
from rag.cli import main
from rag.errors import UsageError
from rag.evaluate import workbench
from rag.evaluate.datasets import read_suite
from rag.evaluate.runner import Options, run_suite, runs_folder
from rag.evaluate.runs import list_runs
from rag.settings import CHECKOUT, Settings
from rag.store.sync import sync
from tests.wire import Reply, Server

HOSTILE = "<script>alert(1)</script> & \x07 =1+1"
PROMPTS = f"""\
sources: [articles]
tests:
- description: ships
  question: how many ships were waiting in the harbour of Skell?
  assert: [{{type: contains, value: "14"}}, {{type: cites, value: harbour}}]
  metadata: {{kind: number}}
- description: instruments
  question: how many instruments did Tomas Egeland buy?
  assert: [{{type: contains, value: "31"}}, {{type: cites, value: library}}]
  metadata: {{kind: number}}
- description: far
  question: who won the chess olympiad in 1987?
  assert: [{{type: abstains}}]
  metadata: {{kind: unanswerable, near: false}}
- description: {json.dumps(HOSTILE)}
  question: who expects the smallest crop?
  assert: [{{type: contains, value: {json.dumps(HOSTILE)}}}]
- question: who lends violins?
  assert: [{{type: cost, threshold: 1}}]
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Five prompts over three articles: two pass, two fail, one is not measured."""
    for name, text in THREE.items():
        (tmp_path / "articles").mkdir(exist_ok=True)
        (tmp_path / "articles" / name).write_text(text, encoding="utf-8")
    (tmp_path / "prompts.yaml").write_text(PROMPTS, encoding="utf-8")
    return tmp_path / "prompts.yaml"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(assistant: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``newsdesk eval`` with the model that the tests share; gives exit status, standard output and standard error."""
    monkeypatch.setattr(rag.cli.evaluate, "Embedder", lambda name, cache, runtime: assistant.embedder)

    def call(*argv: object) -> tuple[int, str, str]:
        status = main(["eval", *map(str, argv)])
        return status, *capsys.readouterr()

    return call


def as_json(run: Run, *argv: object) -> dict[str, Any]:
    _, out, _ = run(*argv, "--json")
    found: dict[str, Any] = json.loads(out)
    return found


def test_failing_prompts_are_listed_and_exit_100(run: Run, suite: Path) -> None:
    status, out, _ = run(suite)
    assert status == 100
    assert "5 prompts over 3 articles" in out
    assert "2 passed, 2 failed, 1 not measured" in out
    assert "contains “31”: not in the answer" in out
    assert re.search(r"fact in the answer +0\.333 \[0\.06\d, 0\.79\d\] n = 3", out)
    assert re.search(r"not measured: .*refused, of near misses.*cost a question", out)


def test_rubric_is_judged_by_a_chat_model(run: Run, tmp_path: Path, suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = tmp_path / "rubrics.yaml"
    asked = "question: how many ships were waiting in the harbour of Skell?"
    rubrics = {
        "names a number": '{"reason": "It says 14.", "score": 0.9, "pass": true}',
        "names a port": 'Well:\n```json\n{"reason": "No port.", "score": 0.1, "pass": false}\n```',
        "is elegant": "I would rather not say.",
        "is dull": '{"pass": "yes"}',
    }
    lines = [f"- {{{asked}, assert: [{{type: llm-rubric, value: {value}}}]}}" for value in rubrics]
    lines.append(f"- {{{asked}, assert: [{{type: llm-rubric, value: names a number, threshold: 0.95}}]}}")
    lines.append(f"- {{{asked}, assert: [{{type: not-llm-rubric, value: names a port}}]}}")
    prompts.write_text("sources: [articles]\ntests:\n" + "\n".join(lines) + "\n", encoding="utf-8")

    def judge(body: dict[str, Any]) -> Reply:
        given = json.loads(body["messages"][-1]["content"])
        assert "14" in given["answer"]
        assert given["quotes"]
        return Reply(rubrics[given["rubric"]])

    with Server("openai", judge) as server:
        monkeypatch.setenv("NEWSDESK_JUDGE", "openai:judge")
        monkeypatch.setenv("NEWSDESK_JUDGE_URL", server.url)
        found = as_json(run, prompts)["results"]
    wanted = ["passed", "failed", "not measured", "not measured", "failed", "passed"]
    assert [prompt["status"] for prompt in found] == wanted
    assert "No port." in found[1]["why"]
    assert "no verdict" in found[2]["why"]


def test_passing_prompts_exit_0(run: Run, suite: Path) -> None:
    assert run(suite, "--filter", "kind=unanswerable")[0] == 0
    assert run(suite, "--filter", "ships")[0] == 0
    status, _, err = run(suite, "--filter", "kind=unanswerable", "--filter", "ships")
    assert status == 2
    assert "No prompt" in err


def test_json_says_of_each_prompt_what_it_did(run: Run, suite: Path) -> None:
    found = as_json(run, suite)
    assert [result["status"] for result in found["results"]] == ["passed", "failed", "passed", "failed", "not measured"]
    assert found["results"][4]["why"] == "cost “1”: no chat model was asked"
    measures = {measure["name"]: measure["estimate"] for measure in found["measures"]}
    assert measures["passed"] == pytest.approx({"value": 0.5, "low": 0.15, "high": 0.85, "n": 4}, abs=0.001)
    assert measures["cost"] == {"value": None, "low": None, "high": None, "n": 0}
    assert measures["article_success@1"]["n"] == measures["passage_ndcg@10"]["n"] + 1 == 2
    assert measures["quotes_exact"]["value"] == 1
    assert str(suite.parent) not in json.dumps(found["run"])


def test_every_output_holds_every_prompt(run: Run, suite: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / "out" / f"run.{suffix}" for suffix in ("json", "xml", "csv", "html")]
    run(suite, *(item for path in outputs for item in ("-o", path)))
    whole = json.loads(outputs[0].read_text(encoding="utf-8"))
    assert [len(result["ranking"]) > 0 for result in whole["results"]] == [True] * 5
    junit = ElementTree.parse(outputs[1]).getroot()
    assert {name: junit.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "2",
        "errors": "0",
        "skipped": "1",
    }
    assert len(junit.findall("testcase/failure")) == 2
    rows = list(csv.DictReader(outputs[2].open(encoding="utf-8", newline="")))
    assert [row["status"] for row in rows].count("failed") == 2
    assert rows[4]["passed"] == ""
    page = outputs[3].read_text(encoding="utf-8")
    assert "2 of 5 passed" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"<script|<img|<link|src=|href=\"(?!#)|url\(", page)
    assert "default-src 'none'" in page


def test_output_that_cannot_be_is_refused_before_anything_runs(run: Run, suite: Path, tmp_path: Path) -> None:
    status, _, err = run(suite, "-o", tmp_path / "out.pdf")
    assert status == 2
    assert "an output is .json" in err
    assert not runs_folder(Settings()).exists()


def test_served_library_is_never_written_and_its_vectors_are_lent(run: Run, suite: Path, assistant: Assistant) -> None:
    served = Assistant(Settings(), embedder=assistant.embedder)
    sync(served.stores, [suite.parent / "articles"])
    files = sorted(path for path in served.settings.home.rglob("*") if path.is_file())
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    embedded: list[str] = []
    run_suite(read_suite(suite), Settings(), embedder=assistant.embedder, on_progress=lambda stage, done, total: embedded.append(stage))
    assert "embedding" not in embedded
    assert {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == before


def test_second_run_embeds_nothing_and_other_index_settings_have_their_own_library(suite: Path, assistant: Assistant) -> None:
    stages: list[str] = []

    def tell(stage: str, done: int, total: int) -> None:
        stages.append(stage)

    def chunks(settings: Settings) -> tuple[int, bool]:
        stages.clear()
        report = run_suite(read_suite(suite), settings, embedder=assistant.embedder, on_progress=tell)
        return report.run.info.chunks, "embedding" in stages

    assert chunks(Settings()) == (3, True)
    assert chunks(Settings()) == (3, False)
    assert chunks(Settings(header_tokens=8)) == (3, True)
    assert chunks(Settings(answer_threshold=0.5)) == (3, False)
    assert len(list((workbench.evaluations(Settings()) / "libraries").iterdir())) == 2


def test_libraries_that_were_not_used_for_long_go(suite: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "_KEPT", 2)
    for tokens in (40, 39, 38, 37):
        workbench.open_library(read_suite(suite), Settings(header_tokens=tokens), embedder=assistant.embedder)
    assert len(list((workbench.evaluations(Settings()) / "libraries").iterdir())) == 2


def test_suite_without_sources_asks_the_served_ones(run: Run, suite: Path, assistant: Assistant) -> None:
    suite.write_text(PROMPTS.replace("sources: [articles]\n", ""), encoding="utf-8")
    status, _, err = run(suite)
    assert status == 2
    assert "names no sources" in err
    sync(Assistant(Settings(), embedder=assistant.embedder).stores, [suite.parent / "articles"])
    assert "over 3 articles" in run(suite)[1]


def test_baseline_finds_a_regression_and_no_difference_in_a_no_op(run: Run, tmp_path: Path, suite: Path) -> None:
    asked = [("who is harbour master of Skell?", "Ines Vold"), ("since when was the crop not so small?", "1987")]
    tests = [{"question": f"{q} ({n})", "assert": [{"type": "quote-contains", "value": fact}]} for n in range(4) for q, fact in asked]
    suite.write_text(json.dumps({"sources": ["articles"], "tests": tests}), encoding="utf-8")
    first = as_json(run, suite, "-o", tmp_path / "baseline.json")
    assert first["counts"]["passed"] == 8
    same = as_json(run, suite, "--baseline", "--fail-on", "worse")
    assert same["comparison"]["verdict"].startswith("No difference shown: every prompt has the same outcome")
    worse = as_json(run, suite, "--with", "answer_threshold=0.999")
    assert worse["comparison"]["verdict"].startswith("Worse: 1.000 of the prompts passed before, 0.000 now")
    assert len(worse["comparison"]["worse"]) == 8
    assert worse["comparison"]["primary"]["p"] == pytest.approx(2 / 2**8)
    assert run(suite, "--with", "answer_threshold=0.999", "--fail-on", "worse")[0] == 100
    # The last run is still the whole one as set, and a file serves as well as a name.
    for baseline in ([], [tmp_path / "baseline.json"], [first["run"]["id"]]):
        status, out, _ = run(suite, "--baseline", *baseline, "--fail-on", "worse")
        assert (status, "No difference shown" in out) == (0, True)


def test_filter_failing_asks_what_failed(run: Run, suite: Path) -> None:
    assert run(suite, "--filter-failing")[0] == 2
    run(suite)
    found = as_json(run, suite, "--filter-failing")
    assert [result["status"] for result in found["results"]] == ["failed", "failed"]
    assert len(list_runs(runs_folder(Settings()))) == 2


def test_repeats_and_jobs_change_no_outcome(run: Run, suite: Path) -> None:
    one, many = as_json(run, suite), as_json(run, suite, "--repeat", 3, "-j", 4)
    assert [result["status"] for result in many["results"]] == 3 * [result["status"] for result in one["results"]]
    passed = [next(m["estimate"] for m in found["measures"] if m["name"] == "passed") for found in (one, many)]
    assert passed[0] == passed[1]


def test_own_answers_of_a_batch_score_as_when_asked(run: Run, suite: Path, tmp_path: Path, assistant: Assistant) -> None:
    _, questions, _ = run(suite, "--questions")
    asked = [json.loads(line) for line in questions.splitlines()]
    assert [set(item) for item in asked] == [{"id", "question"}] * 5
    served = Assistant(Settings(), embedder=assistant.embedder)
    sync(served.stores, [suite.parent / "articles"])
    (tmp_path / "q.jsonl").write_text(questions, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag.cli.commands.Assistant", lambda settings: served)
        main(["ask", "--batch", str(tmp_path / "q.jsonl"), "--json"])
    (tmp_path / "a.jsonl").write_text(run("--questions", suite)[1].replace(questions, ""), encoding="utf-8")
    answered, scored = as_json(run, suite), as_json(run, suite, "--answers", tmp_path / "a.jsonl")
    assert [result["status"] for result in scored["results"]] == [result["status"] for result in answered["results"]]
    figures = [{m["name"]: m["estimate"]["value"] for m in found["measures"]} for found in (answered, scored)]
    for name in ("passed", "right", "fact_first", "token_f1", "quotes_exact", "citation_recall", "abstention_recall"):
        assert figures[0][name] == figures[1][name]
    assert figures[1]["article_success@1"] is None


def test_thin_answers_of_another_system_are_scored_for_what_they_give(run: Run, suite: Path, tmp_path: Path) -> None:
    asked = [json.loads(line) for line in run(suite, "--questions")[1].splitlines()]
    quote = {"number": 1, "article_id": "harbour", "quote": "14 ships were waiting"}
    answers = [
        {"id": asked[0]["id"], "status": "answered", "answer": "14 ships [1]", "citations": [quote]},
        {
            "question": asked[1]["question"],
            "status": "answered",
            "answer": "31",
            "citations": [{"number": 1, "article_id": "nowhere", "quote": "31"}],
        },
        {"id": asked[2]["id"], "status": "abstained", "answer": "I do not know."},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, answers)), encoding="utf-8")
    found = as_json(run, suite, "--answers", tmp_path / "a.jsonl")
    assert [result["status"] for result in found["results"]] == ["passed", "failed", "passed", "error", "error"]
    figures = {measure["name"]: measure["estimate"] for measure in found["measures"]}
    assert (figures["quotes_exact"]["value"], figures["latency_p50"]["value"], figures["aurc"]["value"]) == (0.5, None, None)
    (tmp_path / "a.jsonl").write_text('{"status": "answered", "answer": "x"}\n{"status": "maybe", "answer": "x"}', encoding="utf-8")
    status, _, err = run(suite, "--answers", tmp_path / "a.jsonl")
    assert status == 2
    assert "a.jsonl, line 2: status" in err


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        pytest.param(["--with", "chunk_tokens"], "give setting=value", id="no-value"),
        pytest.param(["--with", "chunk_token=9"], "the settings are answer_threshold,", id="no-setting"),
        pytest.param(["--with", "chunk_tokens=9"], "chunk_tokens=9: Input should be greater", id="bad-value"),
        pytest.param(["--with", "home=/tmp"], "give setting=value", id="home"),
        pytest.param(["--with", "passages=4", "--baseline"], "has no finished run|makes its own comparison", id="two-comparisons"),
        pytest.param(["--baseline", "none"], "There is no finished run 'none'", id="no-run"),
        pytest.param(["--baseline", "none.json"], "none.json cannot be read", id="no-file"),
        pytest.param(["--fail-on", "worse"], "needs something to compare with", id="nothing-to-compare"),
        pytest.param(["--resume"], "No interrupted run", id="nothing-to-resume"),
        pytest.param(["--filter", "("], "neither key=value nor a regular expression", id="bad-filter"),
    ],
)
def test_bad_usage_is_one_line(run: Run, suite: Path, argv: list[str], wanted: str) -> None:
    status, _, err = run(suite, *argv)
    assert status == 2
    assert re.search(wanted, err)
    assert len(err.strip().splitlines()) == 1


def test_run_that_was_killed_goes_on_where_it_stopped(suite: Path, run: Run) -> None:
    tests = [
        {"question": "how many ships were waiting in the harbour" + "?" * n, "assert": [{"type": "contains", "value": "14"}]}
        for n in range(1, 31)
    ]
    suite.write_text(json.dumps({"sources": ["articles"], "tests": tests}), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-m", "rag", "eval", str(suite)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    folder = runs_folder(Settings())
    deadline = time.monotonic() + 90
    while not (done := _lines_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert done
    (results,) = folder.glob("*/results.jsonl")
    # A line that was half written when it was killed.
    kept = results.read_bytes()
    results.write_bytes(kept[: kept.rfind(b"\n") + 1] + b'{"id": "torn')
    assert "interrupted" in run("--runs")[1]
    found = as_json(run, suite, "--resume")
    assert found["counts"]["passed"] == 30
    assert len({result["id"] for result in found["results"]}) == len(found["results"]) == 30
    assert results.read_bytes().startswith(kept[: kept.rfind(b"\n") + 1])
    assert run(suite, "--resume")[0] == 2


def _lines_of(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("*/results.jsonl"))


def test_resuming_with_other_settings_is_refused(suite: Path, assistant: Assistant) -> None:
    loaded = read_suite(suite)

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "asking" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_suite(loaded, Settings(), embedder=assistant.embedder, on_progress=stop)
    (cut,) = list_runs(runs_folder(Settings()))
    with pytest.raises(UsageError, match="other settings"):
        run_suite(loaded, Settings(passages=3), Options(resume=cut), embedder=assistant.embedder)
    assert len(run_suite(loaded, Settings(), Options(resume=cut), embedder=assistant.embedder).lines) == 5


def test_many_prompts_are_scored_in_bounded_memory(tmp_path: Path, suite: Path, assistant: Assistant) -> None:
    """Another system's answers, so that it takes seconds; benchmarks/memory.py asks as many for real."""
    text = "The harbour of Skell was closed. " * 200

    def lines() -> Iterator[str]:
        for number in range(3_000):
            quote = {"number": 1, "article_id": "harbour", "quote": text}
            yield json.dumps(
                {"id": str(number), "status": "answered", "answer": text, "citations": [quote] * 3, "confidence": number / 3_000}
            )

    prompts = (
        json.dumps({"id": number, "question": f"q {number}", "answers": ["closed"], "article_ids": ["harbour"]}) for number in range(3_000)
    )
    (tmp_path / "p.jsonl").write_text("\n".join(prompts), encoding="utf-8")
    (tmp_path / "a.jsonl").write_text("\n".join(lines()), encoding="utf-8")
    sync(Assistant(Settings(), embedder=assistant.embedder).stores, [suite.parent / "articles"])
    loaded = read_suite(tmp_path / "p.jsonl")
    before = _high_water_mark(reset=True)
    report = run_suite(loaded, Settings(), Options(answers=tmp_path / "a.jsonl"), embedder=assistant.embedder)
    grown = _high_water_mark() - before
    written = report.run.results_file.stat().st_size
    assert len(report.lines) == 3_000
    # All results at once would take more than the file that they are written to.
    assert grown < 90_000_000 < written


def _high_water_mark(*, reset: bool = False) -> int:
    """Most memory of this process that was in use at once, in bytes; ``reset`` begins anew at what is in use now."""
    if reset:
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))[1])


def test_sample_corpus_prompts_name_articles_that_are_there(assistant: Assistant) -> None:
    held = {article.article_id for article in assistant.library.articles()}
    outlets = set(assistant.overview().outlets)
    for case in read_suite(CHECKOUT / "corpus" / "prompts.yaml").cases:
        assert {name for group in case.cited for name in group} <= held | outlets


def test_interrupted_run_says_how_to_go_on(suite: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", "eval", str(suite), "--repeat", "400"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=os.environ,
    )
    deadline = time.monotonic() + 90
    while not _lines_of(runs_folder(Settings())) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "--resume goes on" in err
