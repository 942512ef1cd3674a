"""Takes the words of purged articles out of an answer; pure, over answers as they are stored and printed (JSON), of any release."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

Stored = Mapping[str, Any]

# Of a deleted citation number, article id, outlet and date stay; the version is a digest of the words, and the address often holds them.
_EMPTIED = {
    "version": "",
    "title": "",
    "url": None,
    "start": 0,
    "end": 0,
    "quote": "",
    "also_in": (),
    "words": None,
    "notes": (),
    "carried_by": (),
    "author": None,
    "deleted": True,
}
# Of a citation or passage, what lists other articles.
_OTHERS = ("also_in", "carried_by")
# A refusal may name what the articles tell of instead of what was asked.
_REFUSAL = "The articles do not say."


def mentioned(answer: Stored) -> set[str]:
    """Ids of every article that an answer cites, names as another place or carrier of a quote, or lists among its passages."""
    return set(_mentioned(answer))


def _mentioned(answer: Stored) -> Iterator[str]:
    for citation in answer.get("citations") or ():
        yield citation["article_id"]
        yield from _others(citation)
    for passage in answer.get("passages") or ():
        yield passage["article_id"]
        yield from _others(passage)


def _others(part: Stored) -> Iterator[str]:
    yield from (other["article_id"] for name in _OTHERS for other in part.get(name) or ())


def leads_on(answer: Stored, gone: Collection[str]) -> bool:
    """Whether a follow-up may have been completed with words of these articles: they are quoted, or a chat model read them."""
    quoted = any(citation["article_id"] in gone for citation in answer.get("citations") or ())
    return quoted or (answer.get("model") is not None and not mentioned(answer).isdisjoint(gone))


def redact(answer: Stored, gone: Collection[str], *, after: bool = False) -> Stored:
    """The answer without the words of the articles ``gone``; the very same where it holds none of them.

    ``after`` says that it was asked in sight of such words, as a follow-up is: what leant on them goes too. The question, which a reader typed,
    stays; the question as searched, completed from earlier answers, becomes it. Of what a chat model wrote stays what a citation that is left
    bears out whole.
    """
    found = mentioned(answer) & set(gone)
    if not found and not after:
        return answer
    citations = [_citation(citation, gone) for citation in answer.get("citations") or ()]
    lost = {citation["number"] for citation in citations if citation.get("deleted")}
    written = answer.get("model") is not None
    sentences = [
        sentence
        for sentence in answer.get("sentences") or ()
        if not lost.intersection(sentence["citations"]) and (not written or sentence["verdict"] == "supported")
    ]
    accounts = answer.get("accounts")
    if accounts is not None:
        # What the sides differ about is told in the words of both.
        accounts = [account for account in accounts if not any(side["citation"] in lost for side in account["sides"])]
    said = " ".join(sentence["text"] for sentence in sentences if sentence["verdict"] != "unsupported")
    return {
        **answer,
        "searched_as": answer["question"],
        "answer": _REFUSAL if answer["status"] == "abstained" else said,
        "sentences": sentences,
        "citations": citations,
        "accounts": accounts,
        "passages": [_without(passage, gone) for passage in answer.get("passages") or () if passage["article_id"] not in gone],
    }


def _citation(citation: Stored, gone: Collection[str]) -> Stored:
    if citation["article_id"] in gone:
        return {**citation, **_EMPTIED}
    return _without(citation, gone)


def _without(part: Stored, gone: Collection[str]) -> Stored:
    kept = {name: [other for other in part[name] if other["article_id"] not in gone] for name in _OTHERS if name in part}
    return {**part, **kept}
