"""Cuts simple clauses out of news sentences and finds their subject and verb by tables; where a rule cannot tell, there is no clause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.drafting.verbs import ASKED_WITH, AUXILIARIES, INVARIANT, NO_VERB_AFTER, PARTICIPLES, PAST, finite
from rag.text.datelines import without_dateline

_UPPER = "".join(chr(code) for code in range(0x41, 0x2000) if chr(code).isupper())
# All repetitions are bounded: a page of capitals must not cost quadratic time.
WORD = rf"[{_UPPER}](?:[\w-]|[’'](?!s\b)){{0,40}}\w"
_TITLES = (
    r"(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Lt|Cmdr|Capt|Col|Gen|Sgt|Supt|Cllr|Rev)\.|Mayor|President|Professor|Judge|Captain|Sergeant|Superintendent"
    r"|Chief Superintendent|Inspector|Councillor|Senator|Governor|Minister|Prime Minister|Chancellor|King|Queen|Prince|Princess|Pope|Sir|Dame|Bishop"
)
PERSON = rf"(?:(?:{_TITLES}) ){{0,3}}(?P<name>{WORD}(?: (?:[{_UPPER}]\. )?(?:(?:van|von|de|der|den|bin|al|el|la|du|di|da) ){{0,2}}{WORD}){{1,4}})"
NAME = rf"(?:St\. )?{WORD}(?: (?:& )?{WORD}){{0,5}}"
TITLE = re.compile(rf"(?:(?:{_TITLES}) ){{1,3}}")

_SAY = r"(?:said|says|say|announced|reported|reports|estimated|estimates|added|noted|argued|claimed|claims|told \w+|wrote|believes?|warned|explained)"
_WHEN = r"(?: (?:late |early )?(?:on|in) \w+(?: \w+)?)?"
# "…, police said on Sunday", "…, a spokeswoman, Ana Brandt, said", "…, said Ana Brandt, who …", "…, according to …".
_ATTRIBUTED = re.compile(
    rf",(?: (?:an?|the|its|his|her|their|[\w’'-]+’s|[\w-]+'s) [^,\"“”]{{2,50}},)? (?!which|who|where|and|but)[^,\"“”]{{2,50}},? {_SAY}{_WHEN}$"
    rf"|, {_SAY} [^\"“”]+$|, according to [^\"“”]+$|, in (?:the )?[\w’' ]+ (?:judgment|words|view|opinion)$"
)
_SAID_THAT = re.compile(rf"^[^\"“”]{{2,90}}?,? {_SAY}{_WHEN} that (?!(?:he|she|it|they|we|I|this|these|there)\b)", re.IGNORECASE)
_OF_ITSELF = re.compile(
    r"\b(?:correction|(?:earlier|previous) version|this (?:article|story|report|station|newspaper|paper)|newsletter)\b", re.IGNORECASE
)
_UNSAFE = re.compile(
    r"[\"“”‘:?!()\[\]…—–\n]|(?<!\w)'|\b\w+n[’']t\b|[’'](?:d|ll|ve|re|m)\b|\b(?:it|that|he|she|there|who|what)[’']s\b", re.IGNORECASE
)
_NO_SUBJECT = re.compile(
    r"(?:in|on|at|after|before|during|for|from|with|without|by|as|when|while|if|although|though|because|since|until|under|over|between|among|despite"
    r"|according|to|of|about|around|nearly|almost|roughly|up|some|more|at least|than|like|unlike|where|once|only|not|neither|nor|either|both|so|yet|and|but"
    r"|or|then|now|here|there|also|still|even|just|instead|meanwhile|however|today|yesterday|tomorrow|last|next|this|that|these|those|it|he|she|they|we"
    r"|i|you|his|her|its|their|our|my|your|such|another|others?|many|most|several|few|none|each|every|all|one|nobody|somebody|everyone|anyone"
    r"|what|who|which|how|why|earlier|later|asked|twice|part|half)\b",
    re.IGNORECASE,
)
HEDGE = r"(?:about|around|nearly|almost|roughly|some|over|under|more than|fewer than|less than|at least|at most|up to|only|just|as many as|as much as|an estimated|a total of)"
HEDGED_NUMBER = re.compile(
    rf"(?:{HEDGE} )?(?=[$€£]?\d|(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty(?:-\w+)?)\b)", re.IGNORECASE
)
_EARLY_DATE = re.compile(
    r"^(?P<when>(?:On|In|Since|By|Until|From) (?:(?:early |late )?(?:19|20)\d\d|\d{1,2} [A-Z][a-z]+(?: (?:19|20)\d\d)?|(?:January|February|March|April|May|June|July|August"
    r"|September|October|November|December)(?: \d{1,2})?(?:,? (?:19|20)\d\d)?|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: (?:morning|afternoon|evening|night))?)),? (?=\S)"
)
_APPOSITION = re.compile(
    r"(?:an?|the|who|whose|which|where|led|named|called|based|known|founded|built|\d{1,3}|[\w’'-]+’s|[\w-]+'s|whom|of|with|now|then|from)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"(?:if|unless|except|but|nor|not|or|provided|than)\b", re.IGNORECASE)

_LINKS = frozenset("who which that whose whom when where while because although if whether as and or but than how what why so".split())
_DETERMINERS = frozenset("a an the his her its their".split())
_BARE = frozenset("include contain show remain reveal suggest indicate say".split())

_ADVERBS = frozenset("first also already now just still since only long ever so yet all both".split())
_DROPPED = frozenset("also later even once now then".split())
_LONGEST_SUBJECT = 9
_SHORT = 5


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause taken apart for a question: ``front`` goes before the subject; ``verb``, empty behind an auxiliary, and ``rest`` behind it."""

    subject: str
    front: str
    verb: str
    rest: str


def statements(sentence: str) -> Iterator[str]:
    """Clauses without commas that the sentence states, without who said so and without what hangs on them; no final full stop."""
    if _OF_ITSELF.search(sentence):
        return
    for part in without_dateline(sentence).rstrip(". ").split("; "):
        said = _ATTRIBUTED.search(part)
        part = _SAID_THAT.sub("", part[: said.start()] if said else part)
        early = _EARLY_DATE.match(part)
        clause = _without_commas(part[early.end() :] if early else part)
        if clause and not _UNSAFE.search(clause):
            yield f"{clause} {early['when'][0].lower()}{early['when'][1:]}" if early else clause


def _without_commas(text: str) -> str:
    """The main clause of a sentence, or "" where commas hide it."""
    first, *others = text.split(", ")
    if _NO_SUBJECT.match(first) and not HEDGED_NUMBER.match(first):
        return ""
    if finite(first.split()):
        # "A day held in June, at the inn, motivated local action" has its verb at the end, "red, white, and blue" is a list.
        goes_on = any(1 in finite(["", *other.split()[:1]]) for other in others)
        goes_on = goes_on or (len(others) > 1 and re.match(r"(?:and|or) ", others[-1]) is not None and len(others[-1].split()) < _SHORT)
        return "" if goes_on or (others and _CONDITION.match(others[0])) else first
    if len(others) >= 2 and _APPOSITION.match(others[0]) and others[1][0].islower() and {1, 2} & set(finite(["", *others[1].split()[:2]])):
        return f"{first} {others[1]}"
    return ""


def take_apart(clause: str) -> Clause | None:
    """Subject and verb of a clause; None where two verbs compete or the subject is more than a simple phrase."""
    words = clause.split()
    verbs = finite(words)
    if not verbs or verbs[0] > _LONGEST_SUBJECT:
        return None
    at = verbs[0]
    subject, verb, rest = words[:at], words[at], words[at + 1 :]
    if subject[-1] in _DROPPED:
        subject.pop()
    if (
        all(word in _ADVERBS or not word.isalpha() for word in subject)
        or _LINKS & {word.lower() for word in subject} - {"and"}
        or (rest and rest[0] in ("not", "never", "no"))
    ):
        return None
    # "The report further indicates the state's …": a second noun that nothing joins to the first.
    if any(word in _DETERMINERS and before.lower() not in NO_VERB_AFTER for before, word in pairwise(subject)):
        return None
    # "The marchers object to …": a plural with its verb, which has no ending to be known by.
    if any(before.endswith("s") and word in PAST for before, word in pairwise(subject)):
        return None
    if verb in ("has", "have", "had") and not (rest and _is_participle(rest)):
        front, verb = {"has": "does", "have": "do", "had": "did"}[verb], "have"
    elif verb in AUXILIARIES:
        front, verb = verb, ""
    else:
        rival = next((other for other in verbs[1:] if not _LINKS & set(words[at:other])), None)
        passive = verb.endswith("ed") and rest[:1] == ["by"]  # "A letter signed by 65 doctors"
        if (
            rival is not None
            or passive
            or (rest and rest[0] in _BARE)
            or verb not in ASKED_WITH
            or (verb in INVARIANT and _is_plural(subject))
        ):
            return None
        front, verb = ASKED_WITH[verb]
    return Clause(" ".join(subject), front, verb, " ".join(rest))


def _is_participle(rest: Sequence[str]) -> bool:
    word = next((word for word in rest if word not in _ADVERBS and not word.endswith("ly")), "")
    return word.endswith(("ed", "en", "wn")) or word in PARTICIPLES


def _is_plural(subject: Sequence[str]) -> bool:
    head = re.split(r" (?:of|in|at|for|from|on|with|to|by) ", " ".join(subject))[0]
    return head.endswith("s") and not head.endswith("ss")
