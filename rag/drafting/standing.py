"""Whether a question can be asked as it stands: long and rich enough, without its answer, leaning on nothing around it; pure."""

from __future__ import annotations

import re

from rag.drafting.clauses import WORD
from rag.text.words import fold, stem, terms, tokens

LONGEST = 140
# What stands before a question that names nothing.
STORY = re.compile(r"^In the story (?:“[^”]*”|about [^,]*), ")
FEWEST_TERMS = 4
_LEANS = re.compile(
    r"\b(?:he|she|it|they|him|them|himself|herself|itself|themselves|we|us|our|ours|I|me|my|mine|you|your|this|these|those|such|here|now|today|tonight|yesterday|tomorrow|ago"
    r"|earlier|later|too|then|instead|another|others?|latter|former|same|similar|so far|yet|next|last|(?:second|third) (?:one|time)|there|the matter|the (?:\w+ )?(?:figures?|number|total|amount|sum))\b| (?!(?:1[0-9]|20)\d\d\?)\d[\d,]*\?$",
    re.IGNORECASE,
)
DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
OWNED = re.compile(r"\b(?:his|her|hers|its|their|theirs)\b")
_CALENDAR = re.compile(rf"{DAY}|January|February|March|April|May|June|July|August|Sept|Oct|Nov|Dec")


def in_year(question: str, year: str) -> str:
    """The question with the year that "last year" was for an article of ``year``: it is asked years later."""
    if not year:
        return question
    said = {"last year": int(year) - 1, "this year": int(year), "next year": int(year) + 1}
    return re.sub(r"\b(?:last|this|next) year\b(?=\?|$)", lambda found: f"in {said[found.group()]}", question)


def has_name(question: str) -> bool:
    """Whether a name stands in the question, days and months left aside; its first word counts where it has a capital."""
    found = re.findall(rf"(?:^|(?<=[\w,] )){WORD}", question)
    return any(word for word in found if not _CALENDAR.match(word))


def is_fit(question: str, value: str) -> bool:
    """Whether a person could ask it of a library and would not have told the answer, ``value``."""
    bare = STORY.sub("", question)
    held = set(tokens(question))
    return (
        len(question) <= LONGEST
        and len(terms(bare)) >= 2
        and len(set(terms(question)) - {stem("story")}) >= FEWEST_TERMS
        and not _LEANS.search(bare)
        and not re.search(r"[\"“”:;()\[\]…—–\n]", bare)
        and fold(value) not in fold(question)
        and not {token for token in tokens(value) if token[0].isdigit()} & held
        and bare.lower().count("percent") < 2
        and not re.search(r"\bas \w+\?$", bare)
        and not _dangling(bare)
    )


def _dangling(question: str) -> bool:
    """A possessive whose owner has not been named before it."""
    owned = OWNED.search(question)
    return owned is not None and not question.lower().startswith("who ") and len(terms(question[: owned.start()])) < 2
