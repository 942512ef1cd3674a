"""Answers to "summarise …" and "the latest on …" made of quotes; pure, over passages that were already read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rag.answer.carried import stories
from rag.answer.cite import cite
from rag.answer.extract import Quote, quote, same
from rag.models.reader import Reading
from rag.records import Article, Passage, Sentence
from rag.text.moments import newest_first
from rag.text.sentences import split_sentences
from rag.text.words import terms

# Share of the topic's terms, weighted by rarity, that an article must hold to be about it …
_ABOUT = 0.7
# … and in how many of its sentences one of them must stand, unless its title has one: once or twice is a mention in passing.
_MENTIONS = 3


def about(passages: Sequence[Passage], topic: str, rarity: Mapping[str, float]) -> list[Passage]:
    """The passages whose article, as far as it was found, is about the topic; order kept."""
    wanted = {term: rarity.get(term, 0.0) for term in terms(topic)}
    least = _ABOUT * sum(wanted.values())
    held: dict[str, set[str]] = {}
    mentions: Counter[str] = Counter()
    for p in passages:
        title = wanted.keys() & terms(p.title)
        sentences = [wanted.keys() & terms(p.text[span.start - p.start : span.end - p.start]) for span in p.sentences]
        held.setdefault(p.article_id, set()).update(title, *sentences)
        mentions[p.article_id] += _MENTIONS if title else sum(map(bool, sentences))
    prominent = {
        id for id, terms_held in held.items() if mentions[id] >= _MENTIONS and sum(wanted[term] for term in terms_held) >= least > 0
    }
    return [p for p in passages if p.article_id in prominent]


def summarise(article: Article, *, most: int) -> list[Quote]:
    """The first sentences of an article: news tells what matters first, and no short summary of news beats its lead by much."""
    quotes = []
    for number, span in enumerate(split_sentences(article.text)[:most], start=1):
        text = article.text[span.start : span.end]
        quotes.append((Sentence(text, "quoted", (number,)), cite(number, article, span, text)))
    return quotes


def latest(readings: Sequence[Reading], passages: Sequence[Passage], *, most: int) -> list[Quote]:
    """The best sentence of each of the newest stories, newest first, those without a date last; near-identical ones and copies count once."""
    best: dict[str, Reading] = {}
    story = stories(passages)
    for reading in readings:
        best.setdefault(story[passages[reading.passage].article_id], reading)
    ordered = sorted(best.values(), key=lambda r: passages[r.passage].article_id)
    newest = sorted(ordered, key=lambda r: newest_first(passages[r.passage].published))
    groups: list[list[Reading]] = []
    for reading in newest:
        twins = next((group for group in groups if same(reading, group[0])), None)
        if twins is None:
            groups.append([reading])
        else:
            twins.append(reading)
    return [quote(number, group, passages) for number, group in enumerate(groups[:most], start=1)]
