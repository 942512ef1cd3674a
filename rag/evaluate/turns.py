"""Makes a turn of a chat a test prompt, as a person would have written it; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rag.evaluate.drafts import short
from rag.records import Answer, Filters, Turn
from rag.text.questions import found_evidence, understand
from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS, tokens

_KEPT_SENTENCES = 2
_RUN = 8


def prompt_of_answer(answer: Answer, *, history: Sequence[Turn] = (), filters: Filters = Filters()) -> dict[str, Any]:
    """The test prompt, in the form of the file, that this answer passes: its fact and its first source, or its refusal."""
    kind = "unanswerable" if answer.status == "abstained" else understand(answer.searched_as).kind or "other"
    prompt: dict[str, Any] = {"description": short(answer.question), "question": answer.question}
    if history:
        prompt["history"] = [_turn(turn) for turn in history]
    if filters:
        prompt["filters"] = _filters(filters)
    prompt["assert"] = [{"type": "abstains"}] if answer.status == "abstained" else _checks(answer)
    return prompt | {"metadata": {"kind": kind}}


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
