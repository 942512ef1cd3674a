"""Questions that the open library may answer, made from sentences of its articles; pure. Only those that were answered are shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rag.answer.followups import complete
from rag.drafting.cloze import clozes
from rag.drafting.gazetteer import Gazetteer, survey
from rag.drafting.shelf import ASKING
from rag.records import Answer, Article, Turn
from rag.text.questions import names
from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS, fold, terms, tokens

_NAME = r"[A-ZÀ-ÖØ-Þ][\w’'-]+(?: [A-ZÀ-ÖØ-Þ][\w’'-]+)+"
_RUN = re.compile(_NAME)
_SAID = re.compile(r"(?P<who>(?:[A-ZÀ-ÖØ-Þ][\w’'-]+ ?)+?),? (?:said|told|claimed|warned|argued)\b")
# A question longer than this does not fit on a button.
_LONGEST = 90
# With fewer words that carry meaning it could be asked of many stories ("What did he say?").
_LEAST_TERMS = 3
# Two questions that share this much of their terms (Jaccard) ask the same, as for drafts of test prompts.
_ALIKE = 0.5
# After one answer, from one article.
_MOST_OF_AN_ARTICLE = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question with the sentence that it was made from, which is empty for a summary's."""

    question: str
    article_id: str
    sentence: str


def opening(articles: Sequence[Article]) -> list[Candidate]:
    """One question for each article, those from a sentence before summaries, which any article allows; otherwise in the order given."""
    gazetteer = survey(articles)
    first = [next(_candidates(article, gazetteer)) for article in articles]
    return sorted(first, key=lambda candidate: not candidate.sentence)


def following(articles: Sequence[Article], answers: Sequence[Answer]) -> list[Candidate]:
    """Questions to ask after ``answers``, whose last one cites or found the articles, in the order given; the articles take turns.

    None was asked, none leans on what was, and none comes from a sentence that was quoted; from an article that was not cited come only those that
    share a term with the last question or a name with its quotes. The last is for a summary of an article that was cited.
    """
    last, before = answers[-1], [Turn(answer.question) for answer in answers]
    quoted = [citation.quote for answer in answers for citation in answer.citations]
    about = set(terms(" ".join([last.searched_as, *names(" ".join(citation.quote for citation in last.citations))]))) - ASKING
    cited = {citation.article_id for citation in last.citations}
    gazetteer = survey(articles)
    rows, summaries = [], []
    for article in articles:
        *made, summary = _candidates(article, gazetteer)
        new = [c for c in made if not any(c.sentence in quote for quote in quoted) and complete(c.question, before) == c.question]
        near = [c for c in new if article.article_id in cited or about.intersection(terms(c.question))]
        rows.append(sorted(near, key=lambda c: -len(about.intersection(terms(c.question))))[:_MOST_OF_AN_ARTICLE])
        summaries += [summary] if article.article_id in cited else []
    in_turn = [candidate for turn in zip_longest(*rows) for candidate in turn if candidate]
    return list(_unlike([*in_turn, *summaries[:1]], [answer.searched_as for answer in answers]))


def _unlike(candidates: Iterable[Candidate], asked: Sequence[str]) -> Iterator[Candidate]:
    """Those that ask neither what was asked nor what one before them does."""
    known = [frozenset(terms(question)) for question in asked]
    for candidate in candidates:
        own = frozenset(terms(candidate.question))
        if all(len(own & other) < _ALIKE * len(own | other) for other in known):
            known.append(own)
            yield candidate


def _candidates(article: Article, gazetteer: Gazetteer) -> Iterator[Candidate]:
    """From its sentences in their order, what somebody said after all else, and last a summary."""
    sentences = [article.text[span.start : span.end] for span in split_sentences(article.text)]
    topics = _topics(article)
    people = {run.split()[-1]: f"the {run}" if f"the {run}" in article.text else run for run in reversed(_RUN.findall(article.text))}
    year = (article.published or "")[:4]
    made = [(cloze.question, sentence) for sentence in sentences for cloze in clozes(sentence, gazetteer, year=year)]
    made += [(question, sentence) for sentence in sentences for question in _said(sentence, topics, people)]
    for question, sentence in made:
        if len(question) <= _LONGEST and len(terms(question)) >= _LEAST_TERMS:
            yield Candidate(question, article.article_id, sentence)
    bare = article.title.strip('.“”"')
    yield Candidate(f"Summarise “{bare}”", article.article_id, "")


def _said(sentence: str, topics: Sequence[str], people: Mapping[str, str]) -> Iterator[str]:
    """What a person of full name said about the first topic that is not that person."""
    said = _SAID.search(sentence)
    who = people.get(said["who"].split()[-1]) if said else None
    topic = next((topic for topic in topics if who and not set(tokens(who)) & set(tokens(topic))), None)
    if topic:
        yield f"What did {who} say about {topic}?"


def _topics(article: Article) -> list[str]:
    """The runs of capitalised words that title and text share most, which name what the article is about, best first."""
    counts = Counter(run for run in _RUN.findall(article.text) if fold(run.split()[0]) not in STOP_WORDS)
    weighed = {run: count + 2 * (run in article.title) for run, count in counts.items()}
    return sorted((run for run, weight in weighed.items() if weight >= 2), key=lambda run: (-weighed[run], run))
