"""Where the best quote is what somebody said: what somebody else said of the same thing; pure but for the similarity it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.models.reader import Reading
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
