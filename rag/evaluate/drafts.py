"""Proposes test prompts from the developer's own articles, without a language model; a person accepts or edits each of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.drafting.cloze import Cloze, clozes
from rag.drafting.shelf import Shelf, exchanged, shelve, story_of
from rag.records import Article
from rag.text.sentences import split_sentences
from rag.text.words import terms

_LONGEST_SENTENCE = 25
_MOST_CHARS = 300
# Two questions that share this much of their terms (Jaccard) are one; "who teaches politics at …" of two towns comes to 0.6, and
# "who has been master of the ferry for 14 years" and "for how many years has she been master of the ferry" to 0.5.
_ALIKE = 0.5
_TAKEN_OUT = {"money": "sum of money", "statement": "statement"}
_LONGEST_DESCRIPTION = 60


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed test prompt; ``prompt`` is its form in a file, ``quote`` the sentence it was made from, ``why`` is for a person."""

    kind: str
    question: str
    prompt: dict[str, Any]
    quote: str
    article_id: str
    title: str
    why: str


@dataclass
class _Given:
    """What was proposed so far."""

    kinds: Counter[str] = field(default_factory=Counter)
    asked: list[frozenset[str]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def is_new(self, question: str) -> bool:
        """Whether no question before was alike."""
        own = frozenset(terms(question))
        return all(len(own & other) < _ALIKE * len(own | other) for other in self.asked)

    def add(self, draft: Draft) -> Draft:
        self.kinds[draft.kind] += 1
        self.asked.append(frozenset(terms(draft.question)))
        self.used.add(draft.quote)
        return draft


def drafts(articles: Sequence[Article], *, seed: int = 0, unanswerable: float = 0.25) -> Iterator[Draft]:
    """Drafts from all the articles in turn, kinds mixed, no two alike; at most a share of ``unanswerable`` has no answer.

    The same articles and seed give the same drafts, lazily. It ends where nothing more can be asked with confidence; fewer questions
    than wanted go unanswered where few sentences hold a name that can be exchanged.
    """
    shelf, given = shelve(articles), _Given()
    order = sorted(range(len(articles)), key=lambda number: articles[number].article_id)
    random.Random(seed).shuffle(order)
    left: dict[int, list[tuple[Cloze, str]]] = {}
    while order:
        for number in list(order):
            if number not in left:
                left[number] = _askable(shelf, number, seed)
            draft = _next(shelf, number, left[number], given, unanswerable)
            if draft:
                yield given.add(draft)
            if not left[number]:
                order.remove(number)


def _askable(shelf: Shelf, number: int, seed: int) -> list[tuple[Cloze, str]]:
    """Questions of one article with their sentences, in the seed's order; none that another article's words fit as well."""
    article = shelf.articles[number]
    story, year = story_of(shelf, number), (article.published or "")[:4]
    found = []
    for span in split_sentences(article.text):
        sentence = article.text[span.start : span.end]
        is_short = len(sentence) <= _MOST_CHARS and len(sentence.split()) <= _LONGEST_SENTENCE
        # What a paper tells of itself is no news.
        if is_short and not (article.source and article.source in sentence):
            made = clozes(sentence, shelf.gazetteer, story=story, year=year)
            found += [(cloze, sentence) for cloze in made if cloze.value in sentence and shelf.only_in(cloze.question, number)]
    random.Random(f"{seed}/{article.article_id}").shuffle(found)
    return found


def _next(shelf: Shelf, number: int, left: list[tuple[Cloze, str]], given: _Given, share: float) -> Draft | None:
    """One draft of the article, of the kind that is rarest so far; one that needs the article's title comes last, one from a sentence used before late.

    What was tried leaves the list.
    """
    left.sort(key=lambda item: ("“" in item[0].question, item[1] in given.used, given.kinds[item[0].kind]))
    if given.kinds["unanswerable"] + 1 <= share * (given.kinds.total() + 1):
        for item in left:
            draft = _unanswerable(shelf, number, *item)
            if draft and given.is_new(draft.question):
                left.remove(item)
                return draft
    while left and share < 1:
        draft = _answerable(shelf.articles[number], *left.pop(0))
        if given.is_new(draft.question):
            return draft
    if share >= 1:
        left.clear()
    return None


def _answerable(article: Article, cloze: Cloze, sentence: str) -> Draft:
    checks = [{"type": "contains", "value": cloze.value}, {"type": "cites", "value": article.article_id}]
    why = f"the {_TAKEN_OUT.get(cloze.kind, cloze.kind)} was taken out of this sentence"
    return _draft(cloze.kind, cloze.question, checks, {"kind": cloze.kind}, (article, sentence, why))


def _unanswerable(shelf: Shelf, number: int, cloze: Cloze, sentence: str) -> Draft | None:
    swap = exchanged(shelf, number, cloze.question)
    if not swap:
        return None
    why = f"‘{swap.old}’ was exchanged for ‘{swap.new}’"
    metadata = {"kind": "unanswerable", "near": True}
    return _draft("unanswerable", swap.question, [{"type": "abstains"}], metadata, (shelf.articles[number], sentence, why))


def _draft(kind: str, question: str, checks: list[dict[str, Any]], metadata: dict[str, Any], origin: tuple[Article, str, str]) -> Draft:
    article, sentence, why = origin
    prompt = {"description": short(question), "question": question, "assert": checks, "metadata": metadata}
    return Draft(kind, question, prompt, sentence, article.article_id, article.title, why)


def short(question: str) -> str:
    """A description of a prompt: its question without the question mark, cut between words."""
    text = " ".join(question.split()).rstrip("?")
    if len(text) <= _LONGEST_DESCRIPTION:
        return text
    return f"{text[:_LONGEST_DESCRIPTION].rsplit(' ', 1)[0].rstrip(',;:')} …"


def fact_of(draft: Draft) -> str:
    """What the answer should hold; empty for a draft that nothing answers."""
    return next((str(check["value"]) for check in draft.prompt["assert"] if check["type"] == "contains"), "")


def edited(draft: Draft, question: str, fact: str | None) -> dict[str, Any]:
    """The prompt of a draft with a person's question, and with their fact where the answer is to hold one."""
    prompt = draft.prompt | {"question": question}
    if question != draft.question:
        prompt["description"] = short(question)
    if fact is not None:
        prompt["assert"] = [check | {"value": fact} if check["type"] == "contains" else check for check in draft.prompt["assert"]]
    return prompt
