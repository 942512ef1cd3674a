"""Which names in a library are people and which are places, read off what stands beside them; pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.drafting.clauses import NAME, PERSON, TITLE, WORD
from rag.drafting.verbs import finite
from rag.records import Article
from rag.text.words import STOP_WORDS, fold, stem, tokens

# A run of names that ends so is a thing.
THINGS = frozenset(
    """academy agency airport alliance airlines archive arena association authority avenue bakery bank bay beach board bridge brothers bureau cathedral centre center
    chamber channel church city club coast college commission committee company conference congress corporation council county court cup department district
    division dock echo estate estates express federation festival fields forest foundation fund garden gardens gate gazette group hall harbour harbor herald
    hill holdings hospital hotel house inc industries institute island islands journal lake lane league library limited line ltd market mill ministry museum news
    ocean office old organisation organization palace park parliament partners party police port post press prize programme project quay radio railway republic
    review river road row school sea senate service show society square stadium star state states station store street studio sun team terrace theatre theater
    times tower town trust union united university valley village weather week wing wire works world yard""".split()
)
_CALENDAR = frozenset(
    """january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday
    christmas easter english french german spanish italian russian latin dutch chinese japanese arabic""".split()
)
_ROLE = r"(?:[a-z]+(?:er|or|ist|ian|man|men|woman|ant|ent|ee|ary|ess|eon|eer)|head|chief|chair|boss|nurse|coach|king|queen|clerk|judge|friend|widow|wife|husband|son|monk|vet)\b"
_PERSON_BESIDE = re.compile(
    rf"(?P<titled>{TITLE.pattern})?{PERSON}(?P<after>,? (?:said|says|told|who|whose|wrote|added|announced|admitted|called|thanked|hopes|wants|promised|argued)\b|, \d\d\b|, (?:an?|the|its|his|her|[\w-]+[’']s) (?:[\w’'-]+ ){{0,3}}?{_ROLE})?"
)
_SPOKE = re.compile(r"\b(?:said|says|told|by|asked) $")
_IN = re.compile(
    rf"\b(?<!shares )(?<!stake )(?<!interest )(?P<prep>[Ii]n|[Aa]t|[Nn]ear|[Oo]utside) (?P<place>{NAME})(?! (?:[’']s|said|says|told|announced)\b)"
)
_ACTS = re.compile(rf"(?P<name>{NAME}) (?:said|says|told|announced|has said|wants|hopes|plans|won|lost|beat)\b")


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Full names of people, names of places with the prepositions that they have, stems of words that are written small, and words with a capital within a sentence."""

    people: frozenset[str]
    places: Mapping[str, frozenset[str]]
    small: frozenset[str] = frozenset()
    inner: frozenset[str] = frozenset()

    def is_name(self, run: str) -> bool:
        """Whether a run of capitalised words is a name wherever it stands, also at the beginning of a sentence."""
        first = re.sub(r"[’']s$", "", run.split()[0])
        return is_name(run) and (first in self.inner or (" " in run and stem(fold(first)) not in self.small))

    def is_known(self, text: str) -> bool:
        """Whether it can be told if a text begins with a name: "Drainage" alone, at the beginning of one sentence, may be one."""
        first = re.sub(r"[’']s?$", "", text.split()[0])
        known = (
            first in self.inner or fold(first) in STOP_WORDS or stem(fold(first)) in self.small or not first.isalpha() or first.isupper()
        )
        return known or first.endswith("s") or " " in text

    def lowered(self, text: str) -> str:
        """A text as it stands within a sentence: its first word small unless it is a name."""
        first, _, rest = text.partition(" ")
        first = re.sub(r"[’']s?$", "", first)
        if fold(first) in STOP_WORDS:
            common = True
        elif re.match(rf"(?:and |& )?{WORD}", rest) or first[1:] != first[1:].lower():
            common = False
        elif stem(fold(first)) in self.small:
            common = True
        else:
            # Seen at the beginning of sentences only: plurals and what another noun follows are no names.
            common = first not in self.inner and (first.endswith("s") or (rest[:1].islower() and not finite(["", *rest.split()[:1]])))
        return text[:1].lower() + text[1:] if common else text


def survey(articles: Sequence[Article]) -> Gazetteer:
    """Reads every article once."""
    people, places, acting = Counter[str](), Counter[str](), Counter[str]()
    behind = defaultdict[str, set[str]](set)
    small = set[str]()
    for article in articles:
        for found in _PERSON_BESIDE.finditer(article.text):
            if found["titled"] or found["after"] or _SPOKE.search(article.text[: found.start()][-8:]):
                people[found["name"]] += 1
        for found in _IN.finditer(article.text):
            places[found["place"]] += 1
            behind[found["place"]].add(found["prep"].lower())
        acting.update(found["name"] for found in _ACTS.finditer(article.text))
        small.update(re.findall(r"\b[^\W\d_A-Z]\w+", article.text))
    outlets = {article.source for article in articles}
    written_small = frozenset(stem(fold(word)) for word in small if word == word.lower())
    persons = frozenset(
        name
        for name in people
        if is_name(name) and not set(tokens(name)) & THINGS and name not in outlets and not _has_role(name, written_small)
    )
    surnames = frozenset(name.split()[-1] for name in persons)
    return Gazetteer(
        people=persons,
        places={
            name: frozenset(behind[name])
            for name, count in places.items()
            if is_name(name) and name not in persons and name.split()[-1] not in surnames and count > acting[name]
        },
        small=written_small,
        inner=frozenset(word for article in articles for word in re.findall(rf"(?<=[a-z,] ){NAME}", article.text) for word in word.split()),
    )


def _has_role(name: str, small: frozenset[str]) -> bool:
    """ "Manager Jack Flanagan", whose first word is no name."""
    words = name.split()
    return len(words) > 2 and stem(fold(words[0])) in small


def is_name(run: str) -> bool:
    """Whether a run of capitalised words begins with a name, and not with the first word of a sentence or a title."""
    return not set(tokens(run)) & _CALENDAR and fold(run.split()[0]) not in STOP_WORDS and not TITLE.match(f"{run} ")
