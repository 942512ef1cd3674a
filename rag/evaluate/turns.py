"""Makes a turn of a chat a test prompt, as a person would have written it; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rag.conversation import Feedback
from rag.evaluate.drafts import short
from rag.records import Answer, Filters, Turn
from rag.text.questions import found_evidence, understand
from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS, tokens

_KEPT_SENTENCES = 2
_RUN = 8


def prompt_of_answer(answer: Answer, *, history: Sequence[Turn] = (), filters: Filters = Filters()) -> dict[str, Any]:
    """The test prompt, in the form of the file, that this answer passes: its fact and its first source, or its refusal."""
    refused = answer.status == "abstained"
    checks = [{"type": "abstains"}] if refused else _checks(answer)
    kind = "unanswerable" if refused else understand(answer.searched_as).kind or "other"
    return _asked(answer, history, filters) | {"assert": checks, "metadata": {"kind": kind}}


def prompt_of_doubt(
    answer: Answer, feedback: Feedback, *, expected: str = "", history: Sequence[Turn] = (), filters: Filters = Filters()
) -> dict[str, Any]:
    """The test prompt that this answer fails, since a reader doubts it: it is to hold ``expected``; where that is empty, not to be what it was."""
    checks: list[dict[str, Any]] = [{"type": "contains", "value": expected}] if expected else []
    if feedback.verdict == "evidence wrong" and answer.citations:
        checks.append({"type": "not-cites", "value": sorted({citation.article_id for citation in answer.citations})})
    said = {"feedback": feedback.verdict} | ({"note": feedback.note} if feedback.note else {})
    metadata = {"kind": understand(answer.searched_as).kind or "other", **said}
    return _asked(answer, history, filters) | {"assert": checks or [_other_than(answer)], "metadata": metadata}


def _asked(answer: Answer, history: Sequence[Turn], filters: Filters) -> dict[str, Any]:
    prompt: dict[str, Any] = {"description": short(answer.question), "question": answer.question}
    if history:
        prompt["history"] = [_turn(turn) for turn in history]
    if filters:
        prompt["filters"] = _filters(filters)
    return prompt


def _other_than(answer: Answer) -> dict[str, Any]:
    if answer.status == "abstained":
        return {"type": "not-abstains"}
    if not answer.citations:
        return {"type": "not-contains", "value": _characteristic(answer.answer, answer.searched_as)}
    fact = _fact(answer, answer.citations[0].quote)
    return {**fact, "type": f"not-{fact['type']}"}


def _turn(turn: Turn) -> dict[str, str]:
    if turn.answer is None:
        return {"question": turn.question}
    kept = split_sentences(turn.answer)[:_KEPT_SENTENCES]
    return {"question": turn.question} | ({"answer": turn.answer[kept[0].start : kept[-1].end]} if kept else {})


def _filters(filters: Filters) -> dict[str, Any]:
    given = {"since": filters.since, "until": filters.until, "outlets": list(filters.outlets)}
    return {name: value for name, value in given.items() if value}


def _checks(answer: Answer) -> list[dict[str, Any]]:
    first = answer.citations[0]
    ids = list(dict.fromkeys([first.article_id, *(origin.article_id for origin in first.also_in)]))
    return [_fact(answer, first.quote), {"type": "cites", "value": ids if len(ids) > 1 else ids[0]}]


def _fact(answer: Answer, quote: str) -> dict[str, Any]:
    """The one piece of the kind that the question asks for, where the first quote holds just one; else some words of the quote."""
    kind = understand(answer.searched_as).kind
    pieces = list(dict.fromkeys(found_evidence(kind, quote, answer.searched_as))) if kind else []
    if len(pieces) == 1 and kind not in ("reason", "statement"):
        return {"type": "contains", "value": pieces[0]}
    return {"type": "quote-contains", "value": _characteristic(quote, answer.searched_as)}


def _characteristic(quote: str, question: str) -> str:
    """The run of at most eight words that holds most words of meaning which the question does not; the first of several."""
    known = STOP_WORDS | set(tokens(question))
    words = list(re.finditer(r"\S+", quote))
    new = [bool(set(tokens(word.group())) - known) for word in words]
    start = max(range(max(1, len(words) - _RUN + 1)), key=lambda at: (sum(new[at : at + _RUN]), -at))
    return quote[words[start].start() : words[min(start + _RUN, len(words)) - 1].end()].strip(" ,;:—–“”\"'")
