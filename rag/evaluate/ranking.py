"""Where the right article and the right passage stand among the passages that a question finds; ir-measures does the arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import RR, R, Success, nDCG

from rag.evaluate.cases import Case
from rag.evaluate.checks import holds
from rag.records import Passage

# How deep the ranking is looked at: nDCG@10 by article needs more passages than the assistant reads, since an article gives several.
DEPTH = 20
MEASURES = {"success@1": Success @ 1, "success@5": Success @ 5, "recall@5": R @ 5, "mrr": RR, "ndcg@10": nDCG @ 10}

ChunksOf = Callable[[str], Sequence[Passage]]


@dataclass(frozen=True, slots=True)
class Relevant:
    """The articles (ids) and passages (chunk ids) that hold the answer; None where the prompt does not say which."""

    articles: frozenset[str] | None
    passages: frozenset[str] | None


def relevant_to(case: Case, chunks_of: ChunksOf) -> Relevant:
    """What a ranking should bring first for a prompt.

    Articles are those that its ``cites`` name by id; a prompt that names only outlets does not say which article. Passages are those
    in which an answer's place begins where places are known, else the passages of these articles that hold every fact of the prompt.
    """
    named = {name for group in case.cited for name in group}
    chunks = [chunk for name in sorted(named) for chunk in chunks_of(name)]
    articles = frozenset(chunk.article_id for chunk in chunks)
    if not articles:
        return Relevant(None, None)
    if case.places:
        found = {c.chunk_id for c in chunks if any(c.article_id == p.article_id and c.start <= p.start < c.end for p in case.places)}
    else:
        found = {c.chunk_id for c in chunks if case.facts and all(holds(fact, c.text) for fact in case.facts)}
    return Relevant(articles, frozenset(found) or None)


def ranking_scores(relevant: Relevant, passages: Sequence[Passage]) -> dict[str, float | None]:
    """Success@1 and @5, R@5, MRR and nDCG@10 by article and by passage; None for what the prompt does not say."""
    by_article = list(dict.fromkeys(passage.article_id for passage in passages))
    by_passage = [passage.chunk_id for passage in passages]
    return _scores("article", relevant.articles, by_article) | _scores("passage", relevant.passages, by_passage)


def reread(relevant: Relevant, passages: Sequence[Passage]) -> dict[str, float | None]:
    """Whether the passage that the reader puts first holds the answer; ``passages`` are the answer's."""
    first = None if relevant.passages is None else float(bool(passages) and passages[0].chunk_id in relevant.passages)
    return {"reread_success@1": first}


def _scores(unit: str, relevant: frozenset[str] | None, ranked: Sequence[str]) -> dict[str, float | None]:
    if relevant is None:
        return {f"{unit}_{name}": None for name in MEASURES}
    found = calculate({"q": relevant}, {"q": ranked})
    return {f"{unit}_{name}": found["q"].get(name, 0.0) for name in MEASURES}


def calculate(relevant: Mapping[str, frozenset[str]], ranked: Mapping[str, Sequence[str]]) -> dict[str, dict[str, float]]:
    """The measures of each query, by its id; ``ranked`` gives ids best first."""
    qrels = [ir_measures.Qrel(query, id, 1) for query, ids in relevant.items() for id in sorted(ids)]
    run = [ir_measures.ScoredDoc(query, id, -float(rank)) for query, ids in ranked.items() for rank, id in enumerate(ids)]
    names = {measure: name for name, measure in MEASURES.items()}
    out: dict[str, dict[str, float]] = {query: {} for query in relevant}
    # A query for which nothing was found stands in no run; all its measures are 0.
    if not run:
        return {query: dict.fromkeys(MEASURES, 0.0) for query in relevant}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), qrels, run):
        out[metric.query_id][names[metric.measure]] = metric.value
    return out


_WORD = re.compile(r"\w+")
_ARTICLES = frozenset({"a", "an", "the"})


def token_f1(text: str, references: Sequence[str]) -> float:
    """The best token F1 over the references, as SQuAD defines it (Rajpurkar et al. 2016): lower case, no punctuation, no articles."""
    return max(_f1(_normalised(text), _normalised(reference)) for reference in references)


def _normalised(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _ARTICLES]


def _f1(given: Sequence[str], wanted: Sequence[str]) -> float:
    left, common = list(wanted), 0
    for word in given:
        if word in left:
            left.remove(word)
            common += 1
    if common == 0:
        return 0.0
    precision, recall = common / len(given), common / len(wanted)
    return 2 * precision * recall / (precision + recall)
