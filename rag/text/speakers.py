"""Whose words a sentence reports, by reporting verbs and the names beside them; it knows no passages."""

from __future__ import annotations

import re

from rag.text.questions import NAME
from rag.text.words import fold

_REPORTS = re.compile(
    r"\b(?:said|says|told|claimed|claims that|den(?:y|ies|ied)|insist(?:s|ed)|maintain(?:s|ed)|assert(?:s|ed)|argue[sd]|holds that|alleged|blame[sd]|accuse[sd]"
    r"|dispute[sd]|reject(?:s|ed)|contradict(?:s|ed)|according to|in (?:his|her|their) (?:telling|account|version))\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:he|she|it|they) (?:has |had |have )?$", re.IGNORECASE)
# A speaker stands this near to the verb, or begins the sentence.
_NEAR = 60


def speaker(sentence: str) -> str | None:
    """The folded last word of the name that the sentence's first reporting verb belongs to; None when nobody is reported."""
    verb = _REPORTS.search(sentence)
    if not verb:
        return None
    names = list(re.finditer(rf"{NAME}(?: {NAME})*", sentence))
    before = [match for match in names if 0 <= verb.start() - match.end() <= _NEAR][::-1]
    after = [match for match in names if 0 <= match.start() - verb.end() <= _NEAR / 2]
    if verb.group().casefold() == "according to":
        of_verb = after
    elif _PRONOUN.search(sentence[: verb.start()]):
        # "… undermined his ally when he said": the subject comes first, and people mostly come with two names.
        of_verb = [match for match in names if " " in match.group()][:1] or names[:1]
    else:
        of_verb = before or names[:1] or after
    return fold(of_verb[0].group().split()[-1]).removesuffix("'s") if of_verb else None
