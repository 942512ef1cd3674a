"""Measures agree with tables worked by hand and with ir-measures; intervals and tests with scipy and with planted data."""

from __future__ import annotations

import math

import ir_measures
import numpy as np
import pytest
from scipy import stats

from rag.evaluate.calibration import reliability, risk_curve
from rag.evaluate.cases import Case, Check, Place
from rag.evaluate.compare import compare
from rag.evaluate.measures import Line, Measure, confident, measure
from rag.evaluate.ranking import MEASURES, calculate, ranking_scores, relevant_to, token_f1
from rag.evaluate.scores import Scores, answer_scores
from rag.evaluate.statistics import RESAMPLES, mean, paired, quantile, ratio, share
from rag.records import Answer, Citation, Passage, Seconds, Sentence

TEXTS = {"a": "The crane fell. 14 ships waited.", "b": "Violins from March."}


def line(id: str, *, checks: str = "same", metadata: dict[str, object] | None = None, **scores: float | None) -> Line:
    status = {1.0: "passed", 0.0: "failed", None: "not measured"}[scores.get("passed")]
    return Line(id, "", id, status, scores, checks, metadata or {})


def figures(lines: list[Line]) -> dict[str, Measure]:
    return {found.name: found for found in measure(lines)}


def value(lines: list[Line], name: str) -> tuple[float | None, int]:
    estimate = figures(lines)[name].estimate
    return None if estimate.value is None else round(estimate.value, 4), estimate.n


def cited(article: str, start: int, end: int, quote: str | None = None) -> Citation:
    held = TEXTS.get(article, "")
    return Citation(1, article, "", article, None, None, None, start, end, held[start:end] if quote is None else quote)


def answered(text: str, *citations: Citation, confidence: float | None = 0.5) -> Answer:
    sentences = (Sentence(text, "quoted", (1,)), Sentence("More.", "supported", ()))
    return Answer("q", "q", "answered", f"{text} More.", sentences, citations, (), Seconds(None, None, None, 0.2), confidence=confidence)


FACT = Case("1", "", "q", (Check("contains", ("14 ships",)), Check("cites", ("a", "x")), Check("cites", ("b",))), references=("14 ships",))
REFUSED = Answer("q", "q", "abstained", "No 14 ships.", (), (), (), Seconds(None, None, None, 0.1), confidence=0.1)


def scored(case: Case, answer: Answer) -> Scores:
    return answer_scores(case, answer, lambda article, version: TEXTS.get(article))


def test_scores_of_an_answer_as_worked_by_hand() -> None:
    wrong_words, beyond, unheld = cited("a", 0, 3, "Thx"), cited("a", 4, 400, "crane"), cited("c", 0, 1, "x")
    scores = scored(FACT, answered("So 14 ships waited.", cited("a", 16, 32), wrong_words, beyond, unheld))
    assert scores["right"] == scores["fact_first"] == scores["fact_answer"] == 1
    assert (scores["citations"], scores["citations_valid"], scores["quotes_exact"], scores["citations_expected"]) == (4, 2, 1, 3)
    assert (scores["cites_wanted"], scores["cites_met"]) == (2, 1)
    assert (scores["sentences"], scores["sentences_cited"]) == (2, 1)
    # {so, 14, ships, waited, more} against {14, ships}: precision 2/5, recall 1.
    assert scores["token_f1"] == pytest.approx(2 * 0.4 / 1.4)
    assert scores["tokens"] is scores["cost"] is None


def test_quote_without_a_place_must_stand_in_its_article() -> None:
    given = [cited("a", -1, -1, "14 ships"), cited("a", -1, -1, "15 ships"), cited("a", -1, -1, "")]
    scores = scored(FACT, answered("x", *given))
    assert (scores["citations_valid"], scores["quotes_exact"]) == (3, 1)


def test_refusal_is_worth_nothing_where_something_answers_and_all_where_nothing_does() -> None:
    scores = scored(FACT, REFUSED)
    assert (scores["right"], scores["fact_answer"], scores["token_f1"], scores["answerable"]) == (0, 0, 0, 1)
    scores = scored(Case("2", "", "q", (Check("abstains"),)), REFUSED)
    assert (scores["right"], scores["fact_answer"], scores["token_f1"], scores["answerable"]) == (1, None, 1, 0)
    assert scored(Case("3", "", "q", ()), REFUSED)["answerable"] is None


def test_token_f1_is_that_of_squad() -> None:
    assert token_f1("The 14 ships!", ["14 ships"]) == 1
    assert token_f1("ships ships", ["14 ships"]) == 0.5
    assert token_f1("crane", ["14 ships", "the crane"]) == 1
    assert token_f1("", ["14"]) == 0


def test_ranking_measures_as_worked_by_hand() -> None:
    found = calculate({"q1": frozenset({"a", "b"}), "q2": frozenset({"z"})}, {"q1": ["x", "a", "y", "b"], "q2": ["x"]})
    dcg, ideal = 1 / math.log2(3) + 1 / math.log2(5), 1 + 1 / math.log2(3)
    assert found["q1"] == pytest.approx({"success@1": 0, "success@5": 1, "recall@5": 1, "mrr": 0.5, "ndcg@10": dcg / ideal})
    assert found["q2"] == dict.fromkeys(MEASURES, 0)
    assert calculate({"q": frozenset({"a"})}, {"q": []})["q"] == dict.fromkeys(MEASURES, 0)


def test_ranking_measures_agree_with_ir_measures_on_its_own_path() -> None:
    random = np.random.default_rng(3)
    ids = [f"d{n}" for n in range(30)]
    relevant = {f"q{n}": frozenset(random.choice(ids, random.integers(1, 6), replace=False).tolist()) for n in range(40)}
    ranked = {query: random.permutation(ids)[:20].tolist() for query in relevant}
    qrels = {query: dict.fromkeys(found, 1) for query, found in relevant.items()}
    run = {query: {id: 100.0 - rank for rank, id in enumerate(found)} for query, found in ranked.items()}
    wanted = ir_measures.calc_aggregate(list(MEASURES.values()), qrels, run)
    ours = calculate(relevant, ranked)
    for name, its in MEASURES.items():
        assert np.mean([scores[name] for scores in ours.values()]) == pytest.approx(wanted[its])


def passage(id: str, article: str, start: int, text: str) -> Passage:
    return Passage(id, article, "", start, start + len(text), text, (), 0.0, None, None, "", None, None, None)


CHUNKS = {
    "a": [passage("a1", "a", 0, "The crane fell."), passage("a2", "a", 16, "14 ships waited.")],
    "b": [passage("b1", "b", 0, TEXTS["b"])],
}


def test_relevant_are_the_passages_of_expected_articles_that_hold_the_facts() -> None:
    found = relevant_to(FACT, lambda article: CHUNKS.get(article, []))
    assert (found.articles, found.passages) == ({"a", "b"}, {"a2"})
    scores = ranking_scores(found, [*CHUNKS["a"], *CHUNKS["b"]])
    assert (scores["article_success@1"], scores["article_recall@5"], scores["passage_success@1"], scores["passage_mrr"]) == (1, 1, 0, 0.5)


def test_place_of_an_answer_decides_where_it_is_known() -> None:
    case = Case("1", "", "q", (Check("icontains-any", ("ships",)), Check("cites", ("a",))), places=(Place("a", 4, 9),))
    assert relevant_to(case, lambda article: CHUNKS.get(article, [])).passages == {"a1"}


def test_prompt_that_names_no_article_measures_no_retrieval() -> None:
    for checks in [(Check("abstains"),), (Check("cites", ("Skell Gazette",)),), (Check("contains", ("x",)),)]:
        scores = ranking_scores(relevant_to(Case("1", "", "q", checks), lambda article: CHUNKS.get(article, [])), CHUNKS["a"])
        assert set(scores.values()) == {None}


def test_figures_of_a_run_as_worked_by_hand() -> None:
    lines = [
        line("1", passed=1.0, right=1.0, answerable=1.0, abstained=0.0, fact_answer=1.0, citations=2.0, quotes_exact=2.0, seconds=0.1),
        line("2", passed=0.0, right=0.0, answerable=1.0, abstained=0.0, fact_answer=0.0, citations=1.0, quotes_exact=0.0, seconds=0.3),
        line("3", passed=0.0, right=0.0, answerable=1.0, abstained=1.0, fact_answer=0.0, citations=0.0, quotes_exact=0.0, seconds=0.2),
        line("4", passed=1.0, right=1.0, answerable=0.0, abstained=1.0, fact_answer=None, metadata={"near": True}),
        line("5", passed=0.0, right=0.0, answerable=0.0, abstained=0.0, fact_answer=None, metadata={"near": False}),
        line("6", passed=None, right=None, answerable=None, abstained=0.0, fact_answer=None),
    ]
    assert value(lines, "passed") == (0.4, 5)
    assert value(lines, "right") == (0.4, 5)
    assert value(lines, "fact_answer") == (0.3333, 3)
    assert value(lines, "fact_when_answered") == (0.5, 2)
    assert value(lines, "quotes_exact") == (0.6667, 2)
    assert value(lines, "coverage") == (0.6667, 3)
    assert value(lines, "abstention_precision") == (0.5, 2)
    assert value(lines, "abstention_recall") == (0.5, 2)
    assert (value(lines, "refused_near"), value(lines, "refused_far")) == ((1.0, 1), (0.0, 1))
    assert value(lines, "latency_p50") == (200.0, 3)
    assert value(lines, "cost") == (None, 0)


def test_repeats_of_a_prompt_count_as_one() -> None:
    lines = [line("1", passed=1.0), line("1", passed=0.0), line("2", passed=1.0)]
    assert value(lines, "passed") == (0.75, 2)


def test_risk_and_coverage_as_worked_by_hand() -> None:
    given = [(0.9, 1.0), (0.5, 0.0), (0.7, 1.0), (0.1, 0.0), (None, 1.0)]
    lines = [line(str(n), passed=1.0, confidence=c, right_if_answered=right) for n, (c, right) in enumerate(given)]
    assert [(p.coverage, p.risk) for p in risk_curve(confident(lines))] == [(0.25, 0), (0.5, 0), (0.75, pytest.approx(1 / 3)), (1, 0.5)]
    assert value(lines, "aurc") == (round((0 + 0 + 1 / 3 + 1 / 2) / 4, 4), 4)


def test_calibration_as_worked_by_hand() -> None:
    # Ten bins of ten: confidence 0.05, 0.15, ..., 0.95; in bin n the first n are right, so each is off by 0.05.
    pairs = [((n + 0.5) / 10, float(i < n)) for n in range(10) for i in range(10)]
    lines = [line(str(n), passed=1.0, confidence=c, first_if_answered=right) for n, (c, right) in enumerate(pairs)]
    held = reliability(confident(lines, "first_if_answered"))
    assert [(b.n, round(b.confidence, 2), round(b.right, 2)) for b in held] == [(10, round(n / 10 + 0.05, 2), n / 10) for n in range(10)]
    assert value(lines, "calibration_error") == (0.05, 100)
    assert value(lines, "brier") == (round(sum((c - right) ** 2 for c, right in pairs) / 100, 4), 100)
    assert value(lines[:99], "calibration_error") == (None, 0)
    assert reliability([]) == []


def test_intervals_are_scipys() -> None:
    found, wilson = share([True] * 72 + [False] * 12), stats.binomtest(72, 84).proportion_ci(method="wilson")
    assert (found.low, found.high) == (wilson.low, wilson.high)
    values = np.random.default_rng(1).random(60)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=RESAMPLES, rng=np.random.default_rng(9)
    ).confidence_interval
    ours = mean(values.tolist())
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.005)


def test_certainty_is_never_claimed() -> None:
    assert share([]).value is None
    assert mean([1.0] * 20).low == share([True] * 20).low < 1
    assert ratio([2, 1], [2, 1]).low == share([True] * 2).low < 1
    assert ratio([0, 0], [0, 0]).n == 0
    assert quantile([], 0.5).value is None
    assert paired([1, 0, 1], [1, 0, 1]).high > 0


def test_intervals_hold_the_planted_share_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    covered = {"share": 0, "ratio": 0}
    for _ in range(200):
        hits = random.random(80) < 0.8
        found = share(hits.tolist())
        covered["share"] += found.low <= 0.8 <= found.high
    for _ in range(40):
        wholes = random.integers(1, 4, 80)
        found = ratio(random.binomial(wholes, 0.8).tolist(), wholes.tolist())
        covered["ratio"] += found.low <= 0.8 <= found.high
    # Binomial bounds: fewer than these come by chance once in a thousand runs, were the coverage 0.93 and 0.92.
    assert covered["share"] >= stats.binom.ppf(0.001, 200, 0.93)
    assert covered["ratio"] >= stats.binom.ppf(0.001, 40, 0.92)


def test_paired_test_is_exact_where_it_can_be() -> None:
    first, second = [1.0] * 10 + [0.0] * 2, [0.0] * 10 + [1.0] * 2
    # Of 2^12 sign patterns, those with at most 2 or at least 10 of one sign.
    assert paired(first, second).p == pytest.approx(2 * stats.binom.cdf(2, 12, 0.5))
    assert paired([0.0], [1.0]).p == 1
    assert paired([], []).n == 0


def outcomes(random: np.random.Generator, passing: float) -> list[Line]:
    return [line(str(n), passed=float(random.random() < passing)) for n in range(200)]


def test_planted_regression_is_found_and_a_planted_no_op_is_not() -> None:
    before = outcomes(np.random.default_rng(2), 0.7)
    broken = [line(given.id, passed=0.0) if int(given.id) % 12 == 0 else given for given in before]
    found = compare(before, broken)
    assert found.verdict.startswith("Worse: ")
    assert {change.id for change in found.worse} == {given.id for given in before if int(given.id) % 12 == 0 and given.status == "passed"}
    assert not found.better
    assert compare(broken, before).verdict.startswith("Better: ")
    assert compare(before, list(before)).verdict.startswith("No difference shown: every prompt has the same outcome")


def test_chance_is_seldom_taken_for_a_difference() -> None:
    """Two noisy runs of one system: the outcomes of a tenth of the prompts are tossed anew each time."""
    random = np.random.default_rng(4)
    wrongly = 0
    for _ in range(60):
        before = outcomes(random, 0.7)
        after = [line(given.id, passed=float(random.random() < 0.7)) if int(given.id) % 10 == 0 else given for given in before]
        before = [line(given.id, passed=float(random.random() < 0.7)) if int(given.id) % 10 == 0 else given for given in before]
        wrongly += not compare(before, after).verdict.startswith("No difference")
    assert wrongly <= stats.binom.ppf(0.999, 60, 0.05)


def test_prompts_without_a_pair_are_left_out_and_counted() -> None:
    before = [line("1", passed=1.0), line("2", passed=1.0), line("3", passed=1.0), line("4", passed=None)]
    after = [line("1", passed=1.0), line("2", passed=0.0, checks="other"), line("4", passed=1.0), line("5", passed=1.0)]
    found = compare(before, after)
    assert found.primary.n == 1
    assert found.left_out == {
        "only in the earlier run": 1,
        "only in this run": 1,
        "assertions changed": 1,
        "not measured in one of them": 1,
    }
    assert compare([], after).verdict.startswith("Not comparable")
