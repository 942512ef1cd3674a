"""What a question asks for, read off its words alone: a kind of answer, a greeting, a summary, the latest; it knows no passages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rag.text.words import STOP_WORDS, tokens

Kind = Literal["number", "money", "percentage", "date", "year", "name", "place", "reason", "statement"]
Intent = Literal["fact", "greeting", "summary", "latest", "foreign"]

# Read in this order; the first that matches decides. "When" and "where" ask at the start or before an auxiliary, and join clauses elsewhere.
_AUX = r"(?:did|do|does|is|are|was|were|will|would|has|have|had|can|could|should|shall|may|might|must)"
# "Tell me where it is" asks for a place, "who came when it was hit" for no day.
_NO_OTHER = r"^(?!\W*(?:and |so |but )?(?:who|whose|whom|what|where|when|why|how|which)\b).*?"
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("percentage", r"\bper ?cent|\bpercentage|\bwhat (?:share|proportion|fraction)\b|\bhow big a (?:part|share)\b"),
    ("year", r"\b(?:what|which) year\b"),
    ("reason", r"\bwhy\b|\bhow come\b|\b(?:what|which|whose|any|a) (?:\w+ )?reasons?\b|\bwhat (?:\w+ )?caused\b|\bcause of\b"),
    (
        "number",
        r"\bhow (?:many|long|old|far|tall|high|deep|big|large|heavy|fast|often|wide|hot|cold)\b|\bnumber of\b|\bwhat (?:number|age|score)\b|\bscore\b|\battendance\b|\bage of\b",
    ),
    ("money", r"\bhow much\b(?! (?:time|water|dust|snow|rain|space|longer|older|bigger|higher)\b)"),
    (
        "date",
        rf"^\W*(?:and |so |but )?when\b|\bwhen (?:exactly )?{_AUX}\b|{_NO_OTHER}\bwhen \w+ {_AUX}\b|\b(?:what|which) (?:day|date|month|time|weekday|hour)\b|\bdate\b|\bhow soon\b",
    ),
    (
        "place",
        rf"^\W*(?:and |so |but )?where\b|\bwhere (?:exactly )?{_AUX}\b|{_NO_OTHER}\bwhere \w+ {_AUX}\b|\b(?:what|which) (?:town|city|village|country|place|spot|street|district|venue|port|building)\b",
    ),
    ("name", r"\bwho(?:se|m)?\b|\bname\b|\bcalled\b|\bnamed\b|\bwhich\b"),
    (
        "statement",
        r"\bwhat (?:did|does|do|has|have|was|is|were)\b.*\b(?:say|said|claim|claimed|think|tell|told|argue|call|warn|warned|announce|promise|deny|answer|view|comment|words?)\b",
    ),
    ("money", r"\b(?:price|prices|costs?|fare|fee|fine|rent|salary|jackpot|worth|budget)\b"),
)
_WH = r"(?:who|what|when|where|why|how)"
_SEVERAL = re.compile(
    r"\b(?:which|what|the|name|list|are there) (?:two|three|four|five|six|several|different|various)\b|\b(?:both|each|every|either) (?:\w+ )?(?:side|part|camp|account|version|team|compan|countr|of)"
    rf"|\b(?:who|what) (?:all|else)\b|\blist\b(?= (?:of|the|all|every))|\ball (?:the|of)\b|\bnames of\b|\b{_WH},? (?:and|or) {_WH}\b|\band {_WH} {_AUX}\b"
    r"|\b(?:sides|versions|accounts|reasons|demands|differ|disagree)\b",
    re.I,
)
_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽ"
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?"
    r"|millions?|billions?|dozens?|half|third|quarter|twice|once|none|nobody)"
)
NAME = rf"(?:[{_UPPER}][\w’'-]+|[{_UPPER}]{{2,}})"
# What a sentence must hold to give an answer of a kind; found words that the question already has do not count.
_EVIDENCE: dict[Kind, re.Pattern[str]] = {
    "percentage": re.compile(r"[\w.,-]+ ?(?:%|per ?cent\b)|\b(?:half|third|quarter)s?\b", re.I),
    "year": re.compile(r"\b(?:1[0-9]|20)\d\d\b"),
    "money": re.compile(r"[$€£¥]\s?\d[\d.,]*|\b[\w.,-]+ (?:million |billion )?(?:dollars|euros?|pounds|roubles|cents)\b", re.I),
    "number": re.compile(rf"\d[\d.,]*|\b{_NUMBER_WORD}(?:-\w+)?\b", re.I),
    "date": re.compile(
        rf"\b{_MONTH} \d{{1,2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?= |,|\.|$)|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:19|20)\d\d\b"
        r"|\b\d{1,2}(?:[.:]\d\d)? ?[ap]\.?m\b|\b(?:january|february|march|april|june|july|august|september|october|november|december)\b"
        r"|\b(?:yesterday|tomorrow|today|midnight|noon|dawn|spring|summer|autumn|winter)\b",
        re.I,
    ),
    # A run of names, a name after a title, or a name that is explained at once ("Biscuit, a spaniel").
    "name": re.compile(
        rf"{NAME}(?: (?:(?:van|von|de|der|bin|al|el|la|of|the|&) )*{NAME})+|\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Gov|Supt)\. {NAME}|{NAME}(?=, (?:an?|the|who|\d))"
    ),
    "place": re.compile(
        rf"\b(?i:in|at|near|to|from|into|onto|off|on|across|towards?|around|beside|outside|of|between|for|by|through|reach(?:ed|ing)?) (?:the )?{NAME}"
    ),
    "reason": re.compile(
        r"\bbecause\b|\bdue to\b|\bafter\b|\bso that\b|\bin order to\b|\bas a result\b|\bsince\b|\bcaused?\b|\breasons?\b|\bblamed?\b|\bto (?:avoid|make|keep|save|protect|pay)\b|\bfor (?:fear|lack|want)\b|\bthat is why\b|\bowing to\b|\bfault\b",
        re.I,
    ),
    "statement": re.compile(
        r"[\"“”]|\b(?:said|says|told|claimed|claims|according to|called|warned|argued|added|denied|denies|announced|promised|insisted|described|stated|wrote|asserted|assertion)\b",
        re.I,
    ),
}
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|howdy|thanks?(?: you)?|thank you(?: very much)?|bye|goodbye|how are you|who are you|what can you do|help)(?: there| newsdesk| everyone)?\W*$",
    re.I,
)
_SUMMARY = re.compile(
    r"^\W*(?:please |can you |could you )*(?:summari[sz]e|sum up|give me (?:a )?(?:short |brief )?summary of|(?:a )?(?:short |brief )?summary of|tl;?dr(?: of| for)?)\b\W*(?P<topic>.*)$",
    re.I | re.S,
)
_SUMMARY_NOISE = re.compile(r"\b(?:this|that|the|article|articles|story|stories|news|report|piece|about|on|of|for me|please|it)\b", re.I)
_LATEST = re.compile(
    r"^\W*(?:what(?:'s|’s| is| are)? |tell me |give me |show me |any )*(?:the )?(?:latest|newest|most recent|recent|new)\b(?: news| developments?| updates?| reports?| stories| articles)*"
    r" (?:on|about|of|from|regarding|with)\b(?P<topic>.+)$",
    re.I | re.S,
)
# Function words that English does not share, per language; two of them and no English one make a question foreign.
_FOREIGN = frozenset(
    """der die das und ist wer wie warum wann wohin woher welche welcher nicht ein eine einen sind wurde wurden haben hat mit für über nach
    le les des est qui que où quand pourquoi comment combien une sont dans pour avec sur pas quel quelle à été
    el los las qué quién quiénes dónde cuándo cómo cuánto cuántos una por para con del fue son está según
    il gli che chi dove quando perché quanto quanti sono nel della di è stato
    os quem onde quanto quantos não foi em uma
    de het een wie waar wanneer waarom hoeveel zijn werd niet""".split()
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is understood; ``topic`` is what a summary or the latest is wanted of, and may be empty."""

    intent: Intent
    kind: Kind | None
    topic: str


def understand(question: str) -> Asked:
    """Intent and expected kind of answer of a question in English."""
    if _GREETING.match(question):
        return Asked("greeting", None, "")
    if summary := _SUMMARY.match(question):
        topic = " ".join(_SUMMARY_NOISE.sub(" ", summary["topic"]).split()).strip(" ?.!,:")
        return Asked("summary", None, topic)
    if latest := _LATEST.match(question):
        return Asked("latest", None, latest["topic"].strip(" ?.!,:"))
    if _is_foreign(question):
        return Asked("foreign", None, "")
    return Asked("fact", next((kind for kind, pattern in _KINDS if re.search(pattern, question, re.I)), None), "")


def evidence(kind: Kind, text: str, question: str) -> bool:
    """Whether a text holds something of the kind that the question does not already hold."""
    return any(True for _ in found_evidence(kind, text, question))


def found_evidence(kind: Kind, text: str, question: str) -> Iterator[str]:
    """What a text holds of the kind, where the question does not already hold it, in the order of the text."""
    known = set(tokens(question))
    return (found.group() for found in _EVIDENCE[kind].finditer(text) if not set(tokens(found.group())) - {"the"} <= known)


def wants_several(question: str) -> bool:
    """Whether a question asks for more than one thing, which may stand in as many sentences."""
    return bool(_SEVERAL.search(question))


def names(text: str) -> list[str]:
    """Capitalised words and numbers of a question, its first word only when it is no stop word."""
    found = [match.group() for match in re.finditer(rf"{NAME}|\d[\d.,]*\d|\d", text)]
    return [name for name in found if name.casefold().replace("’", "'") not in STOP_WORDS]


def _is_foreign(question: str) -> bool:
    letters = [c for c in question if c.isalpha()]
    if letters and sum(c > "\u024f" for c in letters) > len(letters) / 2:
        return True
    raw = re.findall(r"[^\W\d_]+", question.casefold())
    return sum(word in _FOREIGN for word in raw) >= 2 and not any(word in STOP_WORDS and word not in _FOREIGN for word in raw)
