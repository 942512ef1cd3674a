"""How good what was found is: where the right article stands, and the right passage; it does not know who found it.

The article's measures are those of ``newsdesk eval`` (ir-measures: Success@1 and @5, RR, nDCG@10). Pipelines cut articles differently, so
a passage is right where it comes from a right article and holds every fact of the prompt: a longer passage holds more, which the table's reader must know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.speed.kinds import Hit
from rag.evaluate.cases import Check
from rag.evaluate.checks import holds
from rag.evaluate.ranking import calculate
from rag.evaluate.statistics import Estimate, mean

ARTICLE = ("success@1", "success@5", "mrr", "ndcg@10")
# How many right passages there are is not known, so neither recall nor nDCG.
PASSAGE = ("success@1", "success@5", "mrr")
# An article gives several passages: as deep as `newsdesk eval` looks.
DEPTH = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question, the articles (ids) that answer it, and what the answering passage holds; no facts where that is not known."""

    question: str
    articles: frozenset[str]
    facts: tuple[Check, ...]

    def right(self, hit: Hit) -> bool:
        """Whether a passage answers."""
        return hit.article_id in self.articles and all(holds(fact, hit.text) for fact in self.facts)


def quality(wanted: Sequence[Wanted], found: Sequence[Sequence[Hit]]) -> dict[str, Estimate]:
    """Each measure as its mean over the questions, with its 95 % interval and their number; ``found`` holds a ranking a question."""
    pairs = list(zip(wanted, found, strict=True))
    articles = [(w.articles, list(dict.fromkeys(hit.article_id for hit in hits))) for w, hits in pairs]
    passages = [(_places(w, hits), [str(place) for place in range(len(hits))]) for w, hits in pairs if w.facts]
    return _means("article", ARTICLE, articles) | _means("passage", PASSAGE, passages)


def _places(wanted: Wanted, hits: Sequence[Hit]) -> frozenset[str]:
    """The ranks of right passages; where there is none, one that no ranking holds."""
    return frozenset(str(place) for place, hit in enumerate(hits) if wanted.right(hit)) or frozenset({"none"})


def _means(unit: str, measures: Sequence[str], rankings: Sequence[tuple[frozenset[str], list[str]]]) -> dict[str, Estimate]:
    relevant = {str(number): right for number, (right, _) in enumerate(rankings)}
    scores = calculate(relevant, {str(number): ranked for number, (_, ranked) in enumerate(rankings)})
    # A question for which nothing was found stands in no run, and counts as 0.
    columns = {name: [scores[query].get(name, 0.0) for query in relevant] for name in measures}
    return {f"{unit}_{name}": mean(column) for name, column in columns.items()}
