"""Cuts simple clauses out of news sentences and finds their subject and verb by tables; where a rule cannot tell, there is no clause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_UPPER = "".join(chr(code) for code in range(0x41, 0x2000) if chr(code).isupper())
WORD = rf"[{_UPPER}](?:[\w-]|[’'](?!s\b))*\w"
_TITLES = (
    r"(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Lt|Cmdr|Capt|Col|Gen|Sgt|Supt|Cllr|Rev)\.|Mayor|President|Professor|Judge|Captain|Sergeant|Superintendent"
    r"|Chief Superintendent|Inspector|Councillor|Senator|Governor|Minister|Prime Minister|Chancellor|King|Queen|Prince|Princess|Pope|Sir|Dame|Bishop"
)
PERSON = rf"(?:(?:{_TITLES}) )*(?P<name>{WORD}(?: (?:[{_UPPER}]\. )?(?:(?:van|von|de|der|den|bin|al|el|la|du|di|da) )*{WORD})+)"
NAME = rf"(?:St\. )?{WORD}(?: (?:& )?{WORD})*"
TITLE = re.compile(rf"(?:(?:{_TITLES}) )+")

_SAY = r"(?:said|says|say|announced|reported|reports|estimated|estimates|added|noted|argued|claimed|claims|told \w+|wrote|believes?|warned|explained)"
_WHEN = r"(?: (?:late |early )?(?:on|in) \w+(?: \w+)?)?"
# "…, police said on Sunday", "…, a spokeswoman, Ana Brandt, said", "…, said Ana Brandt, who …", "…, according to …".
_ATTRIBUTED = re.compile(
    rf",(?: (?:an?|the|its|his|her|their|[\w’'-]+’s|[\w-]+'s) [^,\"“”]{{2,50}},)? (?!which|who|where|and|but)[^,\"“”]{{2,50}},? {_SAY}{_WHEN}$"
    rf"|, {_SAY} [^\"“”]+$|, according to [^\"“”]+$|, in (?:the )?[\w’' ]+ (?:judgment|words|view|opinion)$"
)
_SAID_THAT = re.compile(rf"^[^\"“”]{{2,90}}?,? {_SAY}{_WHEN} that (?!(?:he|she|it|they|we|I|this|these|there)\b)", re.IGNORECASE)
_DATELINE = re.compile(rf"^[{_UPPER} .,'’-]{{3,}}(?:, \w+\.? \d+)?(?: \([^)]*\))? ?[—–-]+ ")
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

# base and past; a third form where the participle differs.
_IRREGULAR = """
become became|begin began|blow blew|break broke|bring brought|build built|burn burned|buy bought|catch caught|choose chose|come came|cost cost|cut cut|draw drew
|drive drove|eat ate|fall fell|feel felt|fight fought|find found|fly flew|forbid forbade|get got|give gave|go went|grow grew|hear heard|hide hid|hit hit|hurt hurt|hold held|keep kept
|know knew|lay laid|lead led|leave left|lend lent|lie lay|lose lost|make made|meet met|pay paid|put put|read read|ride rode|ring rang|rise rose|run ran|say said|see saw|sell sold
|send sent|set set|shake shook|shoot shot|show showed|shut shut|sing sang|sink sank|sit sat|sleep slept|speak spoke|spend spent|split split|spread spread|stand stood|steal stole
|stick stuck|strike struck|swim swam|take took|teach taught|tear tore|tell told|think thought|throw threw|understand understood|wake woke|wear wore|win won|withdraw withdrew|write wrote
|stop stopped|plan planned|drop dropped|admit admitted|permit permitted|refer referred|occur occurred|transfer transferred|cancel cancelled|travel travelled|label labelled|ban banned
|chat chatted|grab grabbed|shed shed|slip slipped|step stepped|trap trapped|commit committed|submit submitted|equip equipped|sign signed
"""
_REGULAR = """
accept account accuse achieve acquire act add admire adopt affect agree aim allow announce appeal appear apply appoint approve argue arrange arrest arrive ask attack attend attract award
back bar base believe belong bill blame book borrow call carry cause celebrate chair challenge change charge check claim clean clear close collect complain complete conclude confirm
connect consider contain continue contribute convert count cover crash create cross damage date decide declare decline defeat defend delay deliver demand demolish deny describe design
destroy detain develop die direct discover discuss dismiss display divide donate double drift earn elect employ empty end endorse enter establish estimate evacuate examine exceed expand
expect explain explore export express extend face fail feature file fill finance fine finish fire float flood follow force form found fund gain gather govern graduate guard hand handle happen
help hire honour host house identify import improve increase inform injure inspect install insure introduce invent invest invite involve issue join judge jump kill land last launch
launder lift limit link list live load lock locate look lower maintain manage map march mark marry match measure mention move name need note notice object obtain offer open operate oppose order organise
organize overturn own pack paint pass phone pick place play plead pledge point poll post postpone practise prepare present press prevent print produce promise promote propose protect protest
prove provide publish pull punish purchase push question race raise reach receive recall reckon recognise recognize recommend record recover recruit reduce refuse reject release rely remain remember remove
renew rent repair repeat replace report represent request require rescue resign restore resume retire return reveal review rule sail save score seal search seat secure seize sentence separate
serve settle share shift sound sponsor stage start state stay store stretch study succeed suffer suggest supply support surround survive suspect suspend target test tie touch tow total track trade
train treat trigger try turn use value vanish view visit vote walk want warn wash waste watch weigh welcome work wreck yield
"""
_INVARIANT = frozenset("cost cut hit hurt put read set shed shut split spread".split())
_AUXILIARIES = frozenset("is are was were will would has have had can could may might must should shall".split())
_LINKS = frozenset("who which that whose whom when where while because although if whether as and or but than how what why so".split())
_ARTICLES = frozenset("a an the his her its their our no this these some any each every of in on at by for with from to and or".split())

_ADVERBS = frozenset("first also already now just still since only long ever so yet all both".split())
_DROPPED = frozenset("also later even once now then".split())
_LONGEST_SUBJECT = 9


def _past(base: str) -> str:
    if base.endswith("e"):
        return f"{base}d"
    return f"{base[:-1]}ied" if re.search(r"[^aeiou]y$", base) else f"{base}ed"


def _third(base: str) -> str:
    if re.search(r"(?:s|x|ch|sh|o)$", base):
        return f"{base}es"
    return f"{base[:-1]}ies" if re.search(r"[^aeiou]y$", base) else f"{base}s"


_PAIRS = dict(pair.split() for pair in _IRREGULAR.replace("\n", "").split("|")) | {base: _past(base) for base in _REGULAR.split()}
# What a finite form is asked with: "cost" with "did … cost".
_PARTICIPLES = frozenset("been gone done begun run come become sung sunk swum torn worn".split()) | frozenset(_PAIRS.values())
_FINITE = {_third(base): ("does", base) for base in _PAIRS} | {past: ("did", base) for base, past in _PAIRS.items()}


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
    for part in _DATELINE.sub("", sentence).rstrip(". ").split("; "):
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
        return "" if others and _CONDITION.match(others[0]) else first
    if len(others) >= 2 and _APPOSITION.match(others[0]) and {1, 2} & set(finite(["", *others[1].split()[:2]])):
        return f"{first} {others[1]}"
    return ""


def finite(words: Sequence[str]) -> list[int]:
    """Where finite verbs may stand, the first word left out."""
    return [
        at
        for at, word in enumerate(words)
        if at
        and (word in _AUXILIARIES or ((word in _FINITE or re.fullmatch(r"[a-z]{3,}ed", word)) and words[at - 1].lower() not in _ARTICLES))
    ]


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
    # "The marchers object to …": a plural with its verb, which has no ending to be known by.
    if any(before.endswith("s") and word in _PAIRS for before, word in pairwise(subject)):
        return None
    if verb in ("has", "have", "had") and not (rest and _is_participle(rest)):
        front, verb = {"has": "does", "have": "do", "had": "did"}[verb], "have"
    elif verb in _AUXILIARIES:
        front, verb = verb, ""
    else:
        rival = next((other for other in verbs[1:] if not _LINKS & set(words[at:other])), None)
        passive = verb.endswith("ed") and rest[:1] == ["by"]  # "A letter signed by 65 doctors"
        if rival is not None or passive or verb not in _FINITE or (verb in _INVARIANT and _is_plural(subject)):
            return None
        front, verb = _FINITE[verb]
    return Clause(" ".join(subject), front, verb, " ".join(rest))


def _is_participle(rest: Sequence[str]) -> bool:
    word = next((word for word in rest if word not in _ADVERBS and not word.endswith("ly")), "")
    return word.endswith(("ed", "en", "wn")) or word in _PARTICIPLES


def _is_plural(subject: Sequence[str]) -> bool:
    head = re.split(r" (?:of|in|at|for|from|on|with|to|by) ", " ".join(subject))[0]
    return head.endswith("s") and not head.endswith("ss")
