"""Looks over all the articles at once: what each is about, whether a question fits only one, and which name would make it unanswerable."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.drafting.clauses import NAME, WORD
from rag.drafting.gazetteer import THINGS, Gazetteer, is_name, survey
from rag.drafting.standing import LONGEST, STORY
from rag.drafting.verbs import finite
from rag.records import Article
from rag.text.words import STOP_WORDS, fold, stem, terms, tokens

# A word in more than this share of the articles, or this many, says little about any of them.
_COMMON = 0.1
_COMMON_TOPIC = 0.2
_FEW = 3
_FEWEST_RARE = 2
_WHERE = re.compile(rf"\b(?P<prep>in|at|near|outside|to|through|around) (?P<place>{NAME})\b(?![’'])")
# Names that are tried for a question; most fit.
_TRIES = 100
_SHIFTS = (1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6)
# A year of a range cannot be moved alone.
_YEAR = re.compile(r"(?<!between )(?<!and )(?<!from )(?<!to )(?<!until )\b(?:1[0-9]|20)\d\d\b")
_TOPIC = re.compile(rf"St\. {WORD}[’']s(?: {WORD})*|{NAME}(?:[’']s {WORD}(?: {WORD})*)?")
_LONGEST_TITLE = 60
# Words of asking, which no article need hold.
ASKING = frozenset(stem(word) for word in "story many much percentage year month day date time happen".split())


@dataclass(frozen=True, slots=True)
class Shelf:
    """All the articles, what their names are, and in which of them (by number) each term stands."""

    articles: Sequence[Article]
    gazetteer: Gazetteer
    holders: dict[str, set[int]]
    years: frozenset[int]

    def holding(self, text: str) -> set[int]:
        """Articles that hold every term of the text; all of them where it has none."""
        return set.intersection(set(range(len(self.articles))), *(self.holders.get(term, set()) for term in terms(text)))

    def only_in(self, question: str, number: int) -> bool:
        """Whether no other article holds all the words of the question that this one holds."""
        own = [held for term in terms(question) if number in (held := self.holders.get(term, set()))]
        return bool(own) and set.intersection(*own) == {number}

    @property
    def few(self) -> int:
        """In how many articles a word may stand that still says something about them."""
        return max(_FEW, int(_COMMON * len(self.articles)))

    def rare(self, number: int, words: Sequence[str]) -> list[str]:
        """Those of the terms, rarest first, that stand in the article and in few others."""
        found = [term for term in words if number in self.holders.get(term, set()) and len(self.holders[term]) <= self.few]
        return sorted(found, key=lambda term: (len(self.holders[term]), term))


@dataclass(frozen=True, slots=True)
class Swap:
    """A question with one name exchanged for another."""

    question: str
    old: str
    new: str


def shelve(articles: Sequence[Article]) -> Shelf:
    """Reads every article once."""
    holders = defaultdict[str, set[int]](set)
    for number, article in enumerate(articles):
        for term in terms(f"{article.title}\n{article.text}"):
            holders[term].add(number)
    published = {int(article.published[:4]) for article in articles if article.published}
    # "Last year" and "next year" stand for years that no article names.
    years = frozenset(year + shift for year in published for shift in (-1, 0, 1))
    return Shelf(articles, survey(articles), dict(holders), years)


def story_of(shelf: Shelf, number: int) -> str:
    """What "in the story …" goes on with: "about" the name that says best which article this is, else its title in quotes."""
    article, names = shelf.articles[number], shelf.gazetteer
    runs = (found.group().removeprefix("The ") for found in _TOPIC.finditer(article.text))
    counts = Counter(run for run in runs if names.is_name(run))
    if len(re.findall(r" [a-z]{3}", article.title)) > len(re.findall(rf" {WORD}", article.title)):
        # In a title that is written like a sentence a name of two words is one, whether or not the text repeats it.
        counts.update(found.group() for found in _TOPIC.finditer(article.title) if " " in found.group() and is_name(found.group()))
    best, most = "", 0.0
    for name, count in sorted(counts.items()):
        held = len(shelf.holding(name))
        in_title = name in article.title
        uses = re.findall(rf"{re.escape(name)} ([a-z]+)", article.text)
        # "South Korean" is mostly followed by what is.
        adjective = sum(use not in STOP_WORDS and not finite(["", use]) for use in uses) * 2 > article.text.count(name)
        weight = (count + 3 * in_title) * (2 if " " in name and name not in names.people else 1) / max(1, held)
        few = _COMMON_TOPIC * len(shelf.articles) if in_title else shelf.few
        if (
            (in_title or count > 2)
            and held <= max(_FEW, few)
            and name not in (article.source, article.author)
            and len(name) > 2
            and fold(name) not in THINGS
            and not adjective
            and weight > most
        ):
            best, most = name, weight
    if not best:
        bare = article.title.strip(' ."“”')
        return f"“{bare}”" if len(bare) <= _LONGEST_TITLE and not re.search(r"[?!“”\"\n]", bare) else ""
    with_article = len(re.findall(rf"\b[Tt]he {re.escape(best)}\b", article.text))
    return f"about the {best}" if with_article * 2 > article.text.count(best) else f"about {best}"


def exchanged(shelf: Shelf, number: int, question: str) -> Swap | None:
    """The question with a person, place or year of the same kind from elsewhere, which no article holds together with its rare words."""
    story = STORY.match(question)
    head, bare = (story.group(), question[story.end() :]) if story else ("", question)
    for old, new in _choices(shelf, bare):
        if old in head or new in head:
            continue
        rest = [term for term in terms(question.replace(old, " ")) if term not in ASKING]
        rare = shelf.rare(number, rest)[:_FEW]
        apart = not any(shelf.holding(_key(shelf, new)) & shelf.holders[term] for term in rare)
        swapped = head + bare.replace(old, new)
        if len(rare) >= _FEWEST_RARE and apart and len(swapped) <= LONGEST:
            return Swap(swapped, old, new)
    return None


def _key(shelf: Shelf, name: str) -> str:
    """What of a name is looked for: people are mostly called by the last of their names."""
    return name.split()[-1] if name in shelf.gazetteer.people else name


def _choices(shelf: Shelf, question: str) -> Iterator[tuple[str, str]]:
    """Names in the question with others of their kind; the order depends on the question alone."""
    for year in dict.fromkeys(_YEAR.findall(question)):
        shifted = (str(int(year) + shift) for shift in _SHIFTS)
        # What is told as past must not move into the future.
        latest = max(shelf.years | {int(year)})
        yield from (
            (year, other) for other in shifted if other not in shelf.holders and int(other) not in shelf.years and int(other) <= latest
        )
    names, rng = shelf.gazetteer, random.Random(question)
    people = rng.sample(sorted(names.people), min(_TRIES, len(names.people)))
    yield from ((old, new) for old in _people_in(question, names) for new in people if _fits(question, old, new))
    places = rng.sample(sorted(names.places), min(_TRIES, len(names.places)))
    for found in _WHERE.finditer(question):
        # "Rents in" a town cannot become rents in a shop, where people are only "at".
        others = [name for name in places if found["prep"] in ("at", "near") or "in" in names.places[name]]
        if found["place"] in names.places:
            yield from ((found["place"], new) for new in others if _fits(question, found["place"], new))


def _fits(question: str, old: str, new: str) -> bool:
    return _same_sort(old, new) and not set(tokens(new)) & set(tokens(question))


def _people_in(question: str, names: Gazetteer) -> list[str]:
    """Full names, also behind a title."""
    words = question.rstrip("?").split()
    runs = (re.sub(r"[’']s?$", "", " ".join(words[at : at + size])) for at in range(len(words)) for size in (2, 3, 4))
    return [run for run in runs if run in names.people]


def _same_sort(old: str, new: str) -> bool:
    one, other = old.split(), new.split()
    thing = fold(one[-1]) in THINGS or fold(other[-1]) in THINGS
    return len(one) == len(other) and (not thing or one[-1] == other[-1]) and one[0].endswith(".") == other[0].endswith(".")
