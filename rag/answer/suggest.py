"""Questions that the open library may answer, made from its own sentences; pure. The assistant shows only those it has answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from rag.records import Article
from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS, fold, terms

_NAME = r"[A-ZÀ-ÖØ-Þ][\w’'-]+(?: [A-ZÀ-ÖØ-Þ][\w’'-]+)+"
_SAID = re.compile(r"(?P<who>(?:[A-ZÀ-ÖØ-Þ][\w’'-]+ ?)+?),? (?:said|told|claimed|warned|argued)\b")
_COUNTED = re.compile(
    r"\b(?:\d[\d,]*|[a-z]+teen|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) (?P<what>[a-z]+(?: [a-z]+)?s)"
    r" (?P<did>(?:were|have been|had been) [a-z]+(?:ed|en|wn|ht|ut)\b[^.,;:\"“”—]{0,50})(?=[,;:—]|\.?$)"
)
_COST = re.compile(r"\b(?P<what>[Tt]he [a-z][\w’' -]{2,40}?) (?:will cost|cost|costs) [$€£]")
_RUN = re.compile(_NAME)
# A question longer than this does not fit on a button.
_LONGEST = 90
# With fewer words that carry meaning it could be asked of many stories ("How many homes were evacuated?").
_LEAST_TERMS = 3


def candidates(article: Article) -> Iterator[str]:
    """Questions that the article may answer: from its sentences in their order, and last for a summary of it."""
    topic = _topic(article)
    people = {run.split()[-1]: f"the {run}" if f"the {run}" in article.text else run for run in reversed(_RUN.findall(article.text))}
    for span in split_sentences(article.text):
        for question in _from_sentence(article.text[span.start : span.end], topic, people):
            if len(question) <= _LONGEST and len(terms(question)) >= _LEAST_TERMS:
                yield question
    bare = article.title.strip('.“”"')
    yield f"Summarise “{bare}”"


def _from_sentence(sentence: str, topic: str | None, people: Mapping[str, str]) -> Iterator[str]:
    if counted := _COUNTED.search(sentence):
        yield f"How many {counted['what']} {counted['did'].strip()}?"
    if (cost := _COST.search(sentence)) and not cost["what"].endswith("s"):
        yield f"How much does {cost['what'][0].lower()}{cost['what'][1:]} cost?"
    if (said := _SAID.search(sentence)) and (who := people.get(said["who"].split()[-1])):
        about = f" about {topic}" if topic and not set(fold(who).split()) & set(fold(topic).split()) else ""
        yield f"What did {who} say{about}?"


def _topic(article: Article) -> str | None:
    """The run of capitalised words that title and text share most, which names what the article is about."""
    counts = Counter(run for run in _RUN.findall(article.text) if fold(run.split()[0]) not in STOP_WORDS)
    weighed = {run: count + 2 * (run in article.title) for run, count in counts.items()}
    best = min(weighed.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    return best[0] if best[1] >= 2 else None
