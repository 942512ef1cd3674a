"""Completes a question that leans on earlier turns, so that it can be searched by itself; pure, and shown to the reader."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.records import Turn
from rag.text.asked import retimed
from rag.text.questions import names, understand
from rag.text.words import STOP_WORDS, fold, stem, terms, tokens

# These also stand where nothing is left out ("what will it cost", "the winner … her flat"), so they count for less in a question with
# many words of its own.
_PERSONAL = frozenset("he she him her his hers they them their theirs".split())
_POINTING = frozenset(
    "it its this that these those there then instead else too also either another other others same one ones former latter".split()
)
_FEW_TERMS = 3
_NOW = re.compile(
    r"\b(?:this|these|that) (?:year|month|week|weekend|morning|afternoon|evening|time|day|days|spring|summer|autumn|fall|winter|season|january|february|march"
    r"|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.I,
)
# "and in Brackwell?", "what about the museum?", "how about 2024?"
_ELLIPSIS = re.compile(
    r"^\W*(?:and|but|or|so|what about|how about|and what about|and how about|also|then)\b[\s,]*(?P<rest>.*?)\W*$", re.I | re.S
)
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|did|does|do|is|are|was|were|has|have|had|can|could|will|would|should)\b", re.I
)
# "that" before a noun clause ("said that …") or a relative clause leans on nothing outside the question.
_INNER = re.compile(
    r"\b(?:say|said|says|claim|claimed|think|show|mean|know|fact|so|such|\w+(?:er|or|ist|man|people|men|thing|one)s?) that\b|\bis there\b|\bare there\b|\bwas there\b|\bwere there\b",
    re.I,
)
# Stands between a question and what was carried over from earlier turns.
CARRIED = " — "
# More would drown the new question's own words.
_MOST_CARRIED = 6


def complete(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves out, taken from the last turns; unchanged when it stands by itself.

    "and in Brackwell?" takes over the earlier question, "what did he say?" gets the earlier question's
    names and content words behind a dash.
    """
    # "Thanks" and a question in another language lean on nothing, and nothing leans on them.
    history = [turn for turn in history if not _is_aside(turn.question)]
    if not history or _is_aside(question) or not _leans(question):
        return question
    earlier = complete(history[-1].question, history[:-1])
    ellipsis = _ELLIPSIS.match(question)
    if ellipsis and (changed := retimed(earlier.split(CARRIED)[0], ellipsis["rest"])):
        return changed
    if ellipsis and ellipsis["rest"] and not _ASKS.match(ellipsis["rest"]):
        return f"{earlier.split(CARRIED)[0].rstrip(' ?.!')}: {ellipsis['rest']}?"
    carried = _carried(question, earlier, history[-1].answer)
    if not carried:
        return question
    return f"{question.rstrip()}{CARRIED}{', '.join(carried)}"


def _is_aside(question: str) -> bool:
    return understand(question).intent in ("greeting", "foreign")


def _leans(question: str) -> bool:
    if _ELLIPSIS.match(question):
        return True
    own = tokens(_NOW.sub(" ", _INNER.sub(" ", question)))
    few = len(terms(question)) <= _FEW_TERMS
    if few and (_PERSONAL | _POINTING) & set(own):
        return True
    # In a longer question a "she" that comes before any name or thing still needs an earlier turn; a later one has been named in it.
    if next((word for word in own if word in _PERSONAL or word not in STOP_WORDS), None) in _PERSONAL:
        return True
    # "Why?", "How many?", "When exactly?": nothing of its own to search for.
    return len(terms(question)) <= 1 and not names(question)


def _carried(question: str, earlier: str, answer: str | None) -> list[str]:
    have = set(terms(question))
    carried: list[str] = []

    def take(phrase: str) -> None:
        stems = {stem(word) for word in tokens(phrase) if word not in STOP_WORDS}
        if stems and not stems <= have and len(carried) < _MOST_CARRIED:
            carried.append(phrase)
            have.update(stems)

    if answer and _PERSONAL & set(tokens(question)):
        people = [p for p in _people(answer) if not set(map(fold, p.split())) & set(tokens(earlier))]
        for person in people[:1]:
            take(person)
    for phrase in _phrases(earlier):
        take(phrase)
    return carried


def _people(answer: str) -> list[str]:
    """Runs of two or three capitalised words, which in news are mostly people, in order."""
    return re.findall(r"[A-ZÀ-ÖØ-Þ][\w’'-]+(?: [A-ZÀ-ÖØ-Þ][\w’'-]+){1,2}", answer)


def _phrases(question: str) -> list[str]:
    """Runs of capitalised words whole, other words that carry meaning one by one, in order."""
    found = re.findall(r"[A-ZÀ-ÖØ-Þ][\w’'-]*(?: [A-ZÀ-ÖØ-Þ][\w’'-]*)+|[^\W_][\w’'.,-]*[^\W_]|[^\W_]", question)
    return [phrase for phrase in found if any(word not in STOP_WORDS | _POINTING for word in tokens(phrase))]
