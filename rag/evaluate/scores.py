"""The numbers of one answered prompt; what the prompt does not say, or the answer does not give, is None and never 0."""

from __future__ import annotations

import math
from collections.abc import Callable

from rag.evaluate.cases import Case
from rag.evaluate.checks import holds, names_source
from rag.evaluate.ranking import token_f1
from rag.records import Answer, Citation

Scores = dict[str, float | None]
# The stored text of an article's version; None where the library does not hold it.
TextOf = Callable[[str, str | None], str | None]


def answer_scores(case: Case, answer: Answer, text_of: TextOf) -> Scores:
    """What one answer is worth against its prompt; counts of citations come in pairs, to be added up over prompts."""
    return {
        "answerable": None if not case.checks else float(not case.unanswerable),
        "abstained": float(answer.status == "abstained"),
        "right": _number(is_right(case, answer)),
        **_facts(case, answer),
        **_citations(case, answer, text_of),
        "confidence": answer.confidence,
        "seconds": None if math.isnan(answer.seconds.total) else answer.seconds.total,
        # Counted once a chat model writes answers.
        "tokens": None,
        "cost": None,
    }


def is_right(case: Case, answer: Answer) -> bool | None:
    """Whether the answer is what the prompt wants: a refusal, else every fact, else a cited article where no fact is named."""
    if case.unanswerable:
        return answer.status == "abstained"
    if case.facts:
        return _holds_all(case, answer, answer.answer)
    if case.cited:
        return all(any(names_source(citation, group) for citation in answer.citations) for group in case.cited)
    return None


def scores_if_answered(case: Case, answer: Answer) -> Scores:
    """What an answer that was given without regard to the threshold is worth, whole and by its first sentence; where nothing answers,
    any answer is wrong. None without a confidence, or where the prompt asserts nothing."""
    if answer.confidence is None:
        return {"right_if_answered": None, "first_if_answered": None}
    if case.unanswerable:
        return {"right_if_answered": 0.0, "first_if_answered": 0.0}
    return {"right_if_answered": _number(is_right(case, answer)), "first_if_answered": _facts(case, answer)["fact_first"]}


def _facts(case: Case, answer: Answer) -> Scores:
    first = answer.sentences[0].text if answer.sentences else ""
    asked = bool(case.facts)
    return {
        "fact_first": float(_holds_all(case, answer, first)) if asked else None,
        "fact_answer": float(_holds_all(case, answer, answer.answer)) if asked else None,
        "token_f1": _token_f1(case, answer),
    }


def _holds_all(case: Case, answer: Answer, text: str) -> bool:
    return answer.status == "answered" and all(holds(fact, text) for fact in case.facts)


def _token_f1(case: Case, answer: Answer) -> float | None:
    """As in SQuAD 2.0 (Rajpurkar et al. 2018), a refusal is worth 1 where nothing answers, else 0."""
    if case.unanswerable or answer.status == "abstained":
        return float(case.unanswerable and answer.status == "abstained") if case.unanswerable or case.references else None
    return token_f1(answer.answer, case.references) if case.references else None


def _citations(case: Case, answer: Answer, text_of: TextOf) -> Scores:
    held = [(c, text_of(c.article_id, c.version or None)) for c in answer.citations]
    wanted = {name for group in case.cited for name in group}
    met = sum(any(names_source(citation, group) for citation in answer.citations) for group in case.cited)
    return {
        "citations": float(len(answer.citations)),
        "citations_valid": float(sum(_is_valid(c, text) for c, text in held)),
        "quotes_exact": float(sum(_is_exact(c, text) for c, text in held)),
        "citations_expected": float(sum(names_source(c, wanted) for c in answer.citations)) if wanted else None,
        "cites_wanted": float(len(case.cited)) if case.cited else None,
        "cites_met": float(met) if case.cited else None,
        "sentences": float(len(answer.sentences)),
        "sentences_cited": float(sum(bool(sentence.citations) for sentence in answer.sentences)),
    }


def _is_valid(citation: Citation, text: str | None) -> bool:
    """The article and version are held; where the answer gives a span, it lies inside the text."""
    if text is None:
        return False
    return citation.start < 0 or 0 <= citation.start < citation.end <= len(text)


def _is_exact(citation: Citation, text: str | None) -> bool:
    """The quote is the stored text of its span; where the answer gives no span, it stands somewhere in the article."""
    if text is None or not citation.quote:
        return False
    return citation.quote in text if citation.start < 0 else text[citation.start : citation.end] == citation.quote


def _number(value: bool | None) -> float | None:
    return None if value is None else float(value)
