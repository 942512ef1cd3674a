"""What a text denies, and which words of two texts are opposites: a list and rules, no model."""

from __future__ import annotations

import re

from rag.text.words import content, stem, tokens

_NEGATION = re.compile(
    r"\b(?:not|no|nobody|nothing|none|never|neither|nor|nowhere|without|cannot|hardly|scarcely|barely|\w+n['’]t|unable|fail(?:s|ed)? to|yet to"
    r"|refus(?:e|es|ed) to|declin(?:e|es|ed) to|ruled? out|rul(?:es|ing) out|no longer|far from|lacks?|lacking|instead of|rather than"
    r"|un(?:paid|hurt|harmed|injured|affected|changed|able|founded|known|likely|willing|certain|impressed)|groundless|baseless|exclud(?:e|es|ed|ing)|(?:run|ran|running) out of|free of)\b",
    re.IGNORECASE,
)
# "Not only … but also", "no more than" and "nobody disputes" deny nothing.
_NO_NEGATION = re.compile(
    r"\bnot (?:only|just|least)\b|\bno (?:more|less|fewer|later|earlier) than\b|\bno (?:doubt|wonder)\b|\bnone other\b|\bwithout (?:a )?doubt\b"
    r"|\b(?:nobody|no one|none|nothing) (?:else|disput\w+|doubt\w*|den(?:y|ies|ied))\b|\bwith or without\b|\bwhether or not\b",
    re.I,
)
# Where what a negation denies ends.
_CLAUSE = re.compile(
    r"[,;:.!?\"“”()—–]|\b(?:but|and|while|because|although|though|since|which|who|when|until|unless|so)\b",
    re.I,
)
_AFTER, _BEFORE = 4, 3
# Words of a line are of one mind; those of the two sides of it are opposites.
_OPPOSITES = [
    ("rise rises rose risen rising increase increased grow grew grown growing gain gained climb climbed up higher raise raised soar soared dearer swell swelled more expand expanded jump jumped boost boosted",
     "fall falls fell fallen falling decrease decreased shrink shrank shrunk shrinking drop dropped decline declined down lower lowered cut cuts sink sank cheaper less fewer reduce reduced slump slumped dwindle dwindled plunge plunged"),
    ("accept accepts accepted adopt adopts adopted agree agreed agrees approve approved approves back backed backs support supported supports endorse endorsed welcome welcomed welcomes praise praised favour favoured favor favored allow allowed allows permit permitted permits",
     "reject rejected rejects refuse refused refuses oppose opposed opposes deny denied denies dismiss dismissed criticise criticised criticize criticized condemn condemned object objected ban banned bans forbid forbidden forbids prohibit prohibited bar barred block blocked veto vetoed resist resisted"),
    ("confirm confirmed confirms admit admits admitted concede concedes conceded acknowledge acknowledged",
     "deny denied denies doubt doubted doubts dispute disputed disputes contradict contradicts contradicted reject rejected refute refuted"),
    ("succeed succeeded succeeds success pass passed passes win won wins carried", "fail failed fails failure lose lost loses defeat defeated"),
    ("open opened opens opening reopen reopened", "close closed closes shut shuts closing closure"),
    ("begin began begun begins start started starts launch launched resume resumed", "end ended ends stop stopped stops finish finished cease ceased halt halted suspend suspended cancel cancelled canceled"),
    ("before earlier previously preceded", "after later afterwards followed"),
    ("first initially earliest", "last finally latest"),
    ("strong stronger firm close", "weak weaker loose distant"),
    ("easy easily simple", "hard difficult difficulty awkward"),
    ("convenient comfortable welcome", "awkward uncomfortable inconvenient unwelcome"),
    ("with including", "without excluding"),
    ("include includes included cover covers", "exclude excludes excluded exempt"),
    ("possible able can", "impossible unable cannot"),
    ("safe safely unharmed unhurt", "dangerous unsafe harmed hurt injured"),
    ("alive survive survived survives survivor", "dead die died dies killed kill"),
    ("guilty convicted", "innocent acquitted cleared"),
    ("legal lawful", "illegal unlawful"),
    ("compulsory mandatory obliged obligatory required must", "voluntary optional"),
    ("all every everyone everybody always each", "none nobody never few hardly scarcely no"),
    ("many most majority", "few minority scarce"),
    ("free freed release released releases", "detain detained arrest arrested jail jailed hold held imprison imprisoned charge charged"),
    ("arrive arrived arrives enter entered come came", "leave left leaves depart departed exit go went"),
    ("present attend attended attends", "absent miss missed"),
    ("find found finds", "lose lost loses"),
    ("hire hired", "fire fired dismissed sacked"),
    ("build built builds erect erected rebuild", "demolish demolished destroy destroyed raze razed"),
    ("keep kept keeps stay stays stayed remain remained remains preserve preserved protect protected", "remove removed lose drop dropped scrap scrapped abolish abolished demolish demolished pulled"),
    ("true right correct accurate genuine real", "false wrong incorrect inaccurate fake untrue"),
    ("known public named", "unknown secret anonymous unnamed"),
    ("paid pay pays", "unpaid"),
    ("full crowded packed", "empty deserted vacant"),
    ("old older oldest elderly", "young younger youngest new newer newest"),
    ("large larger largest big bigger biggest high higher highest tall taller", "small smaller smallest little low lower lowest short shorter shortest"),
    ("long longer longest", "short shorter shortest brief"),
    ("fast faster quick quickly", "slow slower slowly"),
    ("early earlier", "late later delayed"),
    ("good better best improve improved improves improvement", "bad worse worst worsen worsened worsens deteriorate deteriorated"),
    ("clean cleaner cleanest clear", "dirty dirtier dirtiest polluted"),
    ("hot hotter warm warmer", "cold colder cool cooler"),
    ("wet rainy rain damp", "dry drought"),
    ("peace truce ceasefire peaceful", "war fighting battle violence"),
    ("friend friendly ally allies", "enemy enemies hostile foe"),
    ("love loves liked likes like fond admire admired", "hate hates hated dislike dislikes loathe"),
    ("calm relaxed untroubled", "worried worries anxious alarmed concerned afraid fear fears"),
    ("happy pleased delighted satisfied glad impressed", "unhappy angry displeased furious dissatisfied unimpressed disappointed"),
    ("profit profits surplus", "loss losses deficit"),
    ("double doubled doubles", "halve halved halves"),
    ("rich wealthy", "poor"),
    ("add added adds", "subtract remove removed"),
    ("attack attacked", "defend defended"),
    ("guilt blame blamed", "clear cleared exonerated"),
    ("cause caused causes", "prevent prevented prevents"),
    ("inside within", "outside"),
    ("above", "below beneath"),
    ("north northern", "south southern"),
    ("east eastern", "west western"),
    ("left", "right"),
    ("morning", "evening"),
    ("night nights", "day daytime"),
    ("winter", "summer"), ("spring", "autumn"),
    ("man men male boy boys", "woman women female girl girls"),
    ("married", "divorced single"),
    ("temporary temporarily", "permanent permanently"),
    ("voluntary", "forced"),
    ("unanimous unanimously", "divided split"),
    ("refund refunded refunds", "charge charged"),
    ("extend extended extends", "shorten shortened"),
    ("majority", "minority"),
    ("domestic", "foreign abroad"),
    ("public", "private"),
    ("accidental accident accidentally", "deliberate deliberately purpose arson"),
    ("single sole only one", "several multiple many"),
    ("completely fully entirely whole", "partly partially"),
    ("empty", "filled"),
    ("hit struck", "missed"),
    ("gained", "lost"),
    ("ahead", "behind"),
    ("optimistic confident hopeful", "pessimistic doubtful"),
    ("remember remembered", "forget forgot forgotten"),
    ("appear appeared", "disappear disappeared vanish vanished"),
    ("lock locked", "unlock unlocked"),
]  # fmt: skip
_SIDES = [(frozenset(map(stem, one.split())), frozenset(map(stem, other.split()))) for one, other in _OPPOSITES]


def denied(text: str) -> list[list[str]]:
    """For each negation the words of its clause that it denies: the next few that carry meaning, or where none follows the last few before it."""
    found = []
    plain = _NO_NEGATION.sub(lambda match: " " * len(match.group()), text)
    for match in _NEGATION.finditer(plain):
        after = content(_CLAUSE.split(plain[match.end() :], maxsplit=1)[0])[:_AFTER]
        found.append(after or content(_CLAUSE.split(plain[: match.start()])[-1])[-_BEFORE:])
    return [words for words in found if words]


def opposites(one: str, other: str) -> list[tuple[str, str]]:
    """Words of the one, each with its opposite in the other, where neither text has both."""
    here, there = {stem(t): t for t in tokens(one)}, {stem(t): t for t in tokens(other)}
    found = []
    for left, right in _SIDES:
        for a, b in ((left, right), (right, left)):
            mine, theirs = here.keys() & a, there.keys() & b
            if mine and theirs and not there.keys() & a and not here.keys() & b:
                found.append((here[min(mine)], there[min(theirs)]))
    return found
