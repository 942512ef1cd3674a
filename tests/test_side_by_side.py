"""The comparison with other pipelines: its measures on cases worked by hand, and the whole run over three articles."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.speed import kinds
from benchmarks.speed.__main__ import main
from benchmarks.speed.files import Document, documents
from benchmarks.speed.kinds import KINDS, Hit, Kind
from benchmarks.speed.material import Material, wanted_of
from benchmarks.speed.quality import Wanted, quality
from benchmarks.speed.report import bars, least_cosine, summary
from benchmarks.speed.rounds import BenchmarkFailed, Measured, apart
from rag.evaluate.cases import Case, Check
from rag.records import Turn
from rag.settings import Settings

CRANE = "A crane fell into the harbour of Skell on Monday. Nobody was hurt. Workers raised it on Friday with a barge from Orrin."
VIOLINS = "The library of Skell has lent out nine violins. The waiting list has forty names, its librarian said."
MARKET = "The fish market of Skell will open at five from June. The traders had asked for six."
PROMPTS = """
tests:
- question: "What fell into the harbour of Skell?"
  assert: [{type: contains, value: crane}, {type: cites, value: crane}]
  metadata: {split: test}
- question: "How many violins does the library of Skell lend?"
  assert: [{type: contains, value: nine}, {type: cites, value: violins}]
  metadata: {split: test}
- question: "When will the fish market of Skell open?"
  assert: [{type: contains, value: five}, {type: cites, value: market}]
  metadata: {split: test}
"""


def contains(*values: str) -> Check:
    return Check("contains", values)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    (folder / "articles").mkdir(parents=True)
    for name, text in (("crane", CRANE), ("violins", VIOLINS), ("market", MARKET)):
        front = f"id: {name}\ntitle: {name.title()} of Skell\npublished: 2026-03-02"
        (folder / "articles" / f"{name}.md").write_text(f"---\n{front}\n---\n{text}\n", encoding="utf-8")
    (folder / "prompts.yaml").write_text(PROMPTS, encoding="utf-8")
    return folder


def test_quality_of_three_rankings_worked_by_hand() -> None:
    second = [Hit("b", "nine"), Hit("b", "more of b"), Hit("a", "a crane fell")]
    first_but_other_words = [Hit("c", "the market"), Hit("c", "opens at five")]
    wanted = [
        Wanted("what fell?", frozenset({"a"}), (contains("crane"),)),
        Wanted("when?", frozenset({"c"}), (contains("five"),)),
        Wanted("nothing found", frozenset({"a"}), (contains("crane"),)),
    ]
    found = {name: estimate.value for name, estimate in quality(wanted, [second, first_but_other_words, []]).items()}
    assert found == {
        "article_success@1": pytest.approx(1 / 3),
        "article_success@5": pytest.approx(2 / 3),
        "article_mrr": pytest.approx((1 / 2 + 1 + 0) / 3),
        "article_ndcg@10": pytest.approx((1 / math.log2(3) + 1 + 0) / 3),
        "passage_success@1": 0.0,
        "passage_success@5": pytest.approx(2 / 3),
        "passage_mrr": pytest.approx((1 / 3 + 1 / 2 + 0) / 3),
    }


def test_fact_in_another_article_is_no_right_passage() -> None:
    wanted = [Wanted("what fell?", frozenset({"a"}), (contains("crane"),))]
    assert quality(wanted, [[Hit("b", "a crane"), Hit("a", "a barge")]])["passage_success@5"].value == 0.0


def test_question_without_a_known_passage_counts_for_articles_only() -> None:
    found = quality([Wanted("what?", frozenset({"a"}), ())], [[Hit("a", "anything")]])
    assert (found["article_success@1"].n, found["passage_success@1"].n) == (1, 0)
    assert found["passage_success@1"].value is None


def test_prompts_of_the_test_half_that_name_an_article_are_asked() -> None:
    own = {"a": Document("a", "A crane fell on Monday.", {})}
    cites, test = Check("cites", ("a",)), {"split": "test"}
    cases = [
        Case("1", "", "asked", (cites, contains("crane")), metadata=test),
        Case("2", "", "fact is not in the article", (cites, contains("barge")), metadata=test),
        Case("3", "", "names an outlet", (Check("cites", ("World Brief",)),), metadata=test),
        Case("4", "", "development half", (cites,), metadata={"split": "dev"}),
        Case("5", "", "follow-up", (cites,), history=(Turn("before"),), metadata=test),
        Case("6", "", "unanswerable", (Check("abstains"),), metadata=test),
    ]
    assert wanted_of(cases, own) == [
        Wanted("asked", frozenset({"a"}), (contains("crane"),)),
        Wanted("fact is not in the article", frozenset({"a"}), ()),
    ]


def test_least_cosine_is_that_of_the_one_chunk_that_differs() -> None:
    exact = np.eye(4, dtype=np.float32)
    turned = exact.copy()
    turned[2] = [0, 0, 3, 4]
    assert least_cosine(exact * 2, exact) == pytest.approx(1)
    assert least_cosine(turned, exact) == pytest.approx(0.6)


def test_ratios_are_taken_within_a_round(tmp_path: Path) -> None:
    """A round in which the machine was three times as slow for both says the same as the other."""
    own = Measured([{"embed_per_s": 90.0, "embed_s": 1.0}, {"embed_per_s": 30.0, "embed_s": 3.0}])
    other = Measured([{"embed_per_s": 30.0}, {"embed_per_s": 10.0}])
    material = Material(tmp_path, 3, 3, 300, (), ())
    report = summary({"newsdesk": own, "langchain": other}, material, None)
    assert report["ratios"]["langchain"]["embed_per_s"] == {"median": 3.0, "lowest": 3.0, "highest": 3.0}
    verdicts = [
        bars(report | {"machine": {"flags": flags, "multiplies_gflops": 60.0}, "texts": 3, "tokens": 2_000})
        for flags in (["avx2"], ["avx2", "avx512_bf16"])
    ]
    assert ["met" in said[0] for said in verdicts] == [True, False]
    # 2,000 tokens of 21.2 million operations in 2 s, at the median of both rounds.
    assert "at 21, 35% of that" in verdicts[0][1]
    assert "8.48 times as fast" in verdicts[0][1]
    assert len(verdicts[1]) == 1, "in bf16 f32 is no ceiling"


def test_run_over_three_articles_finds_them_and_draws_a_chart(sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = compared(["newsdesk"], sources, tmp_path / "out")
    own = report["pipelines"]["newsdesk"]
    assert (report["articles"], report["questions"]) == (3, 3)
    assert own["quality"]["article_success@1"]["value"] == own["quality"]["passage_success@1"]["value"] == 1.0
    figures = {key: spread["median"] for key, spread in own["figures"].items()}
    assert figures["chunks"] == figures["again_chunks"] == report["texts"] == 3
    assert figures["embed_per_s"] == pytest.approx(3 / figures["embed_s"])
    assert 50 < figures["peak_mb"] < 4000
    assert figures["search_p50_ms"] <= figures["search_p95_ms"] < 1000 * figures["ready_s"] + 60_000
    written = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert written == capsys.readouterr().out
    assert "| right article first | 1.00" in written
    drawn = ElementTree.parse(tmp_path / "out" / "chart.svg").getroot()
    assert [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")].count("Newsdesk") == 4


@pytest.mark.bench
def test_every_installed_pipeline_finds_the_three_articles(sources: Path, tmp_path: Path) -> None:
    installed = [kind.name for kind in KINDS.values() if not kind.missing()]
    if installed == [kinds.NEWSDESK]:
        pytest.skip("needs the extra bench, which `make bench` installs")
    report = compared(installed, sources, tmp_path / "out")
    for name, pipeline in report["pipelines"].items():
        assert pipeline["quality"]["article_success@1"]["value"] == 1.0, name
        assert pipeline["least_cosine"] is None or pipeline["least_cosine"] > 0.999, name


def compared(pipelines: list[str], sources: Path, out: Path) -> dict[str, Any]:
    arguments = [
        "--pipelines",
        *pipelines,
        "--articles",
        "0",
        "--questions",
        "3",
        "--rounds",
        "1",
        "--sources",
        str(sources),
        "--out",
        str(out),
    ]
    assert main(arguments) == 0
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


def test_pipeline_without_its_package_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(KINDS, "absent", Kind("absent", "Absent", "absent", "opened", ("no_such_package",)))
    assert main(["--pipelines", "newsdesk", "absent"]) == 2
    assert caplog.messages[-1] == "absent needs no_such_package: `make bench` installs it."


def test_pipeline_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFailed, match=r"--work newsdesk .* failed with exit 1:\n(.|\n)*questions\.json"):
        apart(["--work", "newsdesk", str(tmp_path / "nowhere")], models=Settings().models_folder)


def test_documents_are_read_as_they_were_written(sources: Path) -> None:
    crane, market, violins = documents(sources / "articles")
    assert (crane.id, crane.text, market.details["title"], violins.details["published"]) == (
        "crane",
        CRANE,
        "Market of Skell",
        "2026-03-02",
    )
