"""Accounts beside each other: sides that differ, each with its citation, and, where the best quote is what somebody said, what somebody else said of it.

Pure but for the similarity it is given; whether sides differ is told in differ.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from rag.answer.cite import cite
from rag.answer.differ import Difference, Said
from rag.models.reader import Reading
from rag.records import Account, Answer, Citation, Side
from rag.text.questions import evidence, understand
from rag.text.speakers import speaker
from rag.text.words import tokens

# On the development prompts, sentences on the same thing come to 0.48 and more of the best quote, others to 0.32 and less.
_ALIKE = 0.45
# A sentence with less than this share of the best one's probability is not looked at: it costs time and is never about the question.
_SHARE = 0.05
_LOOKED_AT = 12


def other_accounts(question: str, readings: Sequence[Reading], *, alike: Callable[[str, Sequence[str]], list[float]]) -> list[Reading]:
    """Sentences that report another speaker than the best one does, on the same thing; nearest to it first;
    none where the question asks for one speaker's words.

    ``readings`` come best first; ``alike`` gives the cosine similarities of a sentence to others.
    """
    if not readings or not (first := speaker(readings[0].text)):
        return []
    kind = understand(question).kind
    # "What did Putin claim?" asks for one speaker's words.
    if kind == "statement" or first in tokens(question):
        return []
    others = [
        reading
        for reading in readings[1:]
        if reading.probability >= _SHARE * readings[0].probability
        and speaker(reading.text) not in (None, first)
        and (kind is None or evidence(kind, reading.text, question))
    ][:_LOOKED_AT]
    scored = zip(alike(readings[0].text, [other.text for other in others]), others, strict=True)
    near = sorted(((similarity, other) for similarity, other in scored if similarity >= _ALIKE), key=lambda pair: -pair[0])
    return [other for _, other in near]


def with_accounts(answer: Answer, about: str, difference: Difference | None) -> Answer:
    """The answer with the sides of what differs, each under the number of its quote; a side that no sentence quotes gets the next number."""
    if difference is None or answer.status != "answered":
        return dataclasses.replace(answer, accounts=())
    citations, sides = list(answer.citations), []
    for said in difference.sides:
        number = next((c.number for c in citations if _quotes(c, said)), None)
        if number is None:
            number = max((c.number for c in citations), default=0) + 1
            span = said.reading.span
            citations.append(cite(number, said.passage, span, said.reading.text, words=said.reading.words))
        sides.append(Side(said.words, said.speaker, number))
    account = Account(about.strip(" ?"), difference.kind, tuple(sides))
    return dataclasses.replace(answer, citations=tuple(citations), accounts=(account,))


def _quotes(citation: Citation, said: Said) -> bool:
    same = (citation.article_id, citation.version) == (said.passage.article_id, said.passage.version)
    return same and citation.start <= said.start and said.end <= citation.end
