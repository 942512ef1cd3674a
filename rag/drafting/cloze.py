"""Turns one sentence of an article into questions whose answer stands in it, by rules alone; it knows no other article."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.drafting.clauses import PERSON, Clause, statements, take_apart
from rag.drafting.gazetteer import Gazetteer
from rag.drafting.pieces import Piece, pieces
from rag.drafting.standing import DAY, FEWEST_TERMS, OWNED, has_name, in_year, is_fit
from rag.drafting.verbs import finite
from rag.text.words import STOP_WORDS, fold, terms

_SAID = r"(?:said|says|told|announced|warned|argued|claimed|insisted|wrote|added|explained|promised|called|denied|denies|joked|testified|asked|reckons|thinks|believes)"
_JOINED = re.compile(
    r"\b(?:and|or|but|who|which|that|whose|whom|where|when|while|because|if|as|than|after|before|until|since|although|so)\b"
)
_JOINS = re.compile(r",? (?:and|but|or|while|as|after|because|before|when|since|so|although|if|until|than|once) ")
_WEEKDAY = re.compile(rf" (?:late |early |only )?(?:on|since|until|from|by) {DAY}(?: (?:morning|afternoon|evening|night))?\b")
_FILLERS = re.compile(r" (?:also|even|however|meanwhile|alone|as well|already)\b")
_PREPOSITION = re.compile(r"\b(?:of|at|from|for|in|with|along|on|near|into|by|about|under|over|between)\b|\bto (?:the\b|an?\b|[A-Z])")
_SITU_AFTER = 3
_FAR = 7
_WHO = re.compile(rf"{PERSON}, who (?P<did>[^,.;:“”\"()—–]+)(?=[,.;]|$)")
_ROLE_FIRST = re.compile(
    rf"(?:^|, (?:and )?)(?P<role>[Tt]he [a-z][\w -]{{3,40}}|(?:[Tt]he )?[\w-]+(?: [\w-]+){{0,2}}[’']s [a-z][\w -]{{3,40}}), {PERSON}, "
)
_ROLE_LAST = re.compile(
    rf"{PERSON}, (?P<role>the [a-z][^,.;:“”\"()—–]{{3,60}}|(?!who\b|it\b)[\w-]+(?: [\w-]+){{0,2}}[’']s [a-z][\w -]{{3,40}})(?=[,.])"
)
_LED = re.compile(rf"^(?P<what>[^,]{{4,60}}), (?P<how>led|chaired|run|headed|founded) by (?:the [a-z]+ )?{PERSON},")
_SAID_OF = re.compile(rf"^(?P<who>{PERSON})(?:, [^,]+,)? (?:{_SAID}(?: (?:on|in) \w+)? that|said|says|thinks|believes) (?P<what>[^,]+)")


@dataclass(frozen=True, slots=True)
class Cloze:
    """A question and the words of the article that answer it."""

    kind: str
    question: str
    value: str


def clozes(sentence: str, gazetteer: Gazetteer, *, story: str = "", year: str = "") -> Iterator[Cloze]:
    """Questions from the sentence, each with a name in it or with ``story`` put before it ("about the ferry"); ``year`` is that of publication."""
    for made in _made(sentence, gazetteer):
        question = in_year(" ".join(_FILLERS.sub("", made.question).split()), year)
        if not re.fullmatch(DAY, made.value):
            question = _WEEKDAY.sub("", question)
        if story and not (has_name(question) and len(terms(question)) >= FEWEST_TERMS):
            question = f"In the story {story}, {question}"
        named = has_name(question)
        question = question[0].upper() + question[1:]
        # The clause has lost its full stop.
        value = f"{made.value}." if re.search(r"[ap]\.m$", made.value) and f"{made.value}." in sentence else made.value
        if named and is_fit(question, value):
            yield Cloze(made.kind, question, value)


def _made(sentence: str, gazetteer: Gazetteer) -> Iterator[Cloze]:
    for clause in statements(sentence):
        apart = take_apart(clause)
        for piece in pieces(clause, gazetteer):
            question = (
                _about_subject(clause, piece)
                or (apart and _fronted(clause, apart, piece, gazetteer))
                or _in_place(clause, piece, gazetteer)
            )
            if question:
                yield Cloze(piece.kind, f"{question}?", piece.value)
    yield from _who(sentence, gazetteer)
    yield from _said(sentence, gazetteer)


def _about_subject(clause: str, piece: Piece) -> str:
    """The piece stands first: "412,000 passengers used the route" needs no other order of words."""
    rest = _first_clause(clause[piece.end :])
    words = rest.split()
    if piece.start or not words or (piece.kind == "name" and re.match(_SAID, words[0])):
        return ""
    if (
        piece.asked == "what percentage"
        or piece.kind in ("date", "year", "place")
        or not finite(["", *words[: 1 if piece.kind == "name" else 8]])
    ):
        return ""
    return f"{piece.asked}{rest}"


def _fronted(clause: str, apart: Clause, piece: Piece, gazetteer: Gazetteer) -> str:
    start = len(clause) - len(apart.rest)
    if (
        piece.start < start
        or not piece.moves
        or (piece.asked == "by whom" and apart.front not in ("is", "are", "was", "were", "has", "have", "had"))
    ):
        return ""
    if piece.kind == "place" and not _tells_where(clause[start : piece.start]):
        return ""
    before, after = re.sub(r"\b(?:only|just|even) $", "", clause[start : piece.start]), _first_clause(clause[piece.end :])
    if _JOINED.search(before) or re.search(r" \w+ing\b", before) or len(before.split()) > _FAR or not gazetteer.is_known(apart.subject):
        return ""
    return " ".join(f"{piece.asked} {apart.front} {gazetteer.lowered(apart.subject)} {apart.verb} {before} {after}".split())


def _tells_where(before: str) -> bool:
    """Whether a place belongs to the verb: "came from a vet in Saltmarket" and "was the largest in Europe" do not say where."""
    return before.endswith("ed ") or not (_PREPOSITION.search(before) or re.search(r"\b(?:\w+est|most|only|first) $", before))


def _in_place(clause: str, piece: Piece, gazetteer: Gazetteer) -> str:
    """The question words where the answer stood, near the end: "The repair will cost how much?"."""
    after = _first_clause(clause[piece.end :])
    if piece.kind not in ("money", "percentage", "number", "year", "name") or len(after.split()) > _SITU_AFTER or not piece.start:
        return ""
    words = clause[: piece.start].split()
    verbs = finite(words)
    reduced = piece.asked.startswith("by ") and clause[: piece.start].endswith("ed ")  # "A letter signed by 65 doctors"
    if (
        reduced
        or re.search(rf" {_SAID}\b", clause[: piece.start])
        or len(verbs) != 1
        or _JOINED.search(clause[: piece.start])
        or not gazetteer.is_known(" ".join(words[: verbs[0]]))
    ):
        return ""
    return f"{gazetteer.lowered(clause[: piece.start])}{piece.asked}{after}"


def _first_clause(rest: str) -> str:
    """What follows a piece, up to a word that begins another clause."""
    for found in _JOINS.finditer(rest):
        words = _JOINS.split(rest[found.end() :])[0].split()
        if finite(["", *words[:9]]):
            return rest[: found.start()]
    return rest


def _who(sentence: str, gazetteer: Gazetteer) -> Iterator[Cloze]:
    for found in _WHO.finditer(sentence):
        did = found["did"]
        # "His" may be anybody's in a clause that only explains a name.
        told = re.match(r"(?:said|says|told|added|warned|argued|were|are|have)\b", did) or OWNED.search(did)
        if found["name"] in gazetteer.people and 1 in finite(["", *did.split()]) and not told:
            yield Cloze("name", f"who {did}?", found["name"])
    for pattern in (_ROLE_FIRST, _ROLE_LAST):
        for found in pattern.finditer(sentence):
            role = found["role"]
            if found["name"] in gazetteer.people and not finite(["", *role.split()]) and " and " not in role:
                yield Cloze("name", f"who is {gazetteer.lowered(role)}?", found["name"])
    if (led := _LED.match(sentence)) and led["name"] in gazetteer.people:
        verb = {"led": "leads", "chaired": "chairs", "run": "runs", "headed": "heads", "founded": "founded"}[led["how"]]
        yield Cloze("name", f"who {verb} {gazetteer.lowered(led['what'])}?", led["name"])


def _said(sentence: str, gazetteer: Gazetteer) -> Iterator[Cloze]:
    found = _SAID_OF.match(sentence.rstrip("."))
    if not found or found["name"] not in gazetteer.people or re.search(r"[\"“”]", sentence):
        return
    apart = take_apart(found["what"])
    if apart and re.match(r"(?:the|an?|his|her|its|their)\b|[A-Z]", apart.subject) and not OWNED.match(apart.subject):
        said = found["what"][len(apart.subject) :].split()[:8]
        while said and fold(said[-1]) in STOP_WORDS:
            said.pop()
        yield Cloze("statement", f"what did {found['who']} say about {apart.subject}?", " ".join(said))
