"""Synthetic news in any number, whose words are spread as the sample corpus's are: for measuring how Newsdesk grows, not what it answers.

Sentences keep the function words and punctuation of a sentence of the corpus; its other words are drawn anew. What the corpus has not shown yet, its
unseen mass by Good and Turing, goes to a long tail of invented words. Article n depends on the seed and n alone. It knows nothing of stores or models.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.settings import CHECKOUT
from rag.text.words import STOP_WORDS, fold

ARTICLES = CHECKOUT / "corpus" / "articles"
# Quotation marks would come in halves.
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s\"“”]")
# Marks of the places of a sentence that are filled anew.
_WORD, _NAME, _NUMBER = "*", "@", "#"
_TAIL, _NAMES = 100_000, 300_000
# Words: a median and a spread (of the logarithm) under which most articles make several chunks, as newspapers' do; the corpus's are shorter, 230 on average.
_LENGTH, _SPREAD, _LEAST, _MOST = 380, 0.5, 90, 2_500
_TOPICS, _WORDS_OF_TOPIC, _WORDS_OF_ARTICLE, _NAMES_OF_ARTICLE = 400, 40, 12, 7
# Shares of the words of an article that are its topic's and its own; both lists are drawn from the law of all words, so that this stays true on the whole.
_OF_TOPIC, _OF_ARTICLE = 0.25, 0.25
_COPIES = 0.04
_FIRST_DAY, _DAYS = date(2015, 1, 1), 3_900
_OUTLETS = 25
_ONSETS = "b br c ch cl d dr f fl g gr h j k l m n p pr r s sh st t th tr v w".split()
_VOWELS, _CODAS = "a e i o u ai ea ou".split(), "b ck d l ll m n nd ng r rd rk s st t th".split()
_SYLLABLES = len(_ONSETS) * len(_VOWELS) * len(_CODAS)


@dataclass(frozen=True, slots=True)
class Story:
    """An article as it is written to a file; ``names`` and ``words`` are those that it keeps coming back to."""

    number: int
    title: str
    source: str
    published: str
    text: str
    names: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """What was learnt from the corpus: sentences with places to fill, and the law of its content words, most frequent first."""

    sentences: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    shares: NDArray[np.float64]
    exponent: float

    @cached_property
    def cumulative(self) -> NDArray[np.float64]:
        """Of the shares of all words."""
        return np.cumsum(self.shares)

    def draw(self, rng: np.random.Generator, count: int) -> list[str]:
        """Content words by their law."""
        return [self.words[place] for place in np.searchsorted(self.cumulative, rng.random(count) * self.cumulative[-1])]


@lru_cache(maxsize=1)
def model() -> Model:
    """Learnt from the sample corpus, in a second."""
    sentences, counts = [], Counter[str]()
    for path in sorted(ARTICLES.glob("*.md")):
        body = path.read_text(encoding="utf-8").split("---\n", 2)[2]
        for sentence in re.split(r"(?<=[.!?])[\"”]?\s+|\n+", body):
            tokens = _TOKEN.findall(sentence)
            marked = tuple(_marked(token, place) for place, token in enumerate(tokens))
            if len(tokens) >= 5:
                sentences.append(marked)
            counts.update(fold(token) for token, mark in zip(tokens, marked, strict=True) if mark == _WORD)
    ranked = counts.most_common()
    unseen = sum(1 for _, count in ranked if count == 1) / counts.total()
    exponent = _exponent([count for _, count in ranked])
    head = np.array([count for _, count in ranked]) / counts.total() * (1 - unseen)
    tail = np.arange(len(ranked) + 1, len(ranked) + _TAIL + 1) ** -exponent
    shares = np.concatenate([head, tail / tail.sum() * unseen])
    return Model(tuple(sentences), (*(word for word, _ in ranked), *map(_invented, range(_TAIL))), shares, exponent)


def _marked(token: str, place: int) -> str:
    if token[0].isdigit():
        return _NUMBER
    if not token[0].isalpha() or fold(token) in STOP_WORDS:
        return token
    return _NAME if token[0].isupper() and place else _WORD


def _exponent(counts: list[int]) -> float:
    """Zipf's exponent by least squares over the logarithms of rank and count, hapaxes left out, since their ranks are arbitrary."""
    kept = np.array([count for count in counts if count > 1], dtype=float)
    slope, _ = np.polyfit(np.log(np.arange(1, len(kept) + 1)), np.log(kept), 1)
    return float(-slope)


def _invented(number: int, least: int = 2) -> str:
    """A word that can be spoken, another for each number."""
    # Multiplied by a prime, so that neighbours do not look alike.
    rest, parts = number * 7_919 % _SYLLABLES**2 + (number // _SYLLABLES**2) * _SYLLABLES**2, list[str]()
    while rest or len(parts) < least:
        rest, syllable = divmod(rest, _SYLLABLES)
        syllable, onset = divmod(syllable, len(_ONSETS))
        coda, vowel = divmod(syllable, len(_VOWELS))
        parts.append(_ONSETS[onset] + _VOWELS[vowel] + _CODAS[coda])
    return "".join(parts)


def stories(count: int, *, seed: int = 7) -> Iterator[Story]:
    """The first so many articles of a seed, in order."""
    return (story(number, seed=seed) for number in range(count))


def story(number: int, *, seed: int = 7) -> Story:
    """Article ``number`` of a seed; one in 25 is another outlet's copy of an earlier one."""
    rng = np.random.default_rng([seed, number])
    day = _FIRST_DAY + timedelta(days=int(rng.integers(_DAYS)))
    source = f"The {_invented(900_000 + _zipf(rng, _OUTLETS)).title()} Post"
    if number and rng.random() < _COPIES:
        first = story(int(rng.integers(number)), seed=seed)
        published = date.fromisoformat(first.published) + timedelta(days=1)
        text = f"{_name(rng).upper()} (Wire) - {first.text}"
        return Story(number, first.title, source, published.isoformat(), text, first.names, first.words)
    return _told(number, rng, seed, source=source, day=day)


def _told(number: int, rng: np.random.Generator, seed: int, *, source: str, day: date) -> Story:
    learnt = model()
    length = int(np.clip(rng.lognormal(np.log(_LENGTH), _SPREAD), _LEAST, _MOST))
    names, own = [_name(rng) for _ in range(_NAMES_OF_ARTICLE)], learnt.draw(rng, _WORDS_OF_ARTICLE)
    topic = _topic(seed, int(rng.integers(_TOPICS)))
    said, written = list[str](), 0
    while written < length:
        skeleton = learnt.sentences[int(rng.integers(len(learnt.sentences)))]
        said.append(_sentence(skeleton, rng, names, own, topic))
        written += len(skeleton)
    paragraphs = ["".join(f"{sentence} " for sentence in said[start : start + 3]).strip() for start in range(0, len(said), 3)]
    title = f"{names[0]} {own[0]} {topic[int(rng.integers(len(topic)))]} {own[1]} in {names[1]}"
    return Story(number, title, source, day.isoformat(), "\n\n".join(paragraphs), tuple(names), tuple(own))


def _sentence(skeleton: tuple[str, ...], rng: np.random.Generator, names: list[str], own: list[str], topic: tuple[str, ...]) -> str:
    fresh = model().draw(rng, len(skeleton))
    chances, places = rng.random(len(skeleton)), rng.random(len(skeleton))
    out = ""
    for at, mark in enumerate(skeleton):
        if mark == _WORD:
            pool = topic if chances[at] < _OF_TOPIC else own if chances[at] < _OF_TOPIC + _OF_ARTICLE else [fresh[at]]
            token = pool[int(places[at] * len(pool))]
        elif mark == _NAME:
            # The first names of an article are its chief ones.
            token = names[int(places[at] ** 2 * len(names))]
        else:
            token = _number(rng) if mark == _NUMBER else mark
        joined = not out or token in ".,;:!?)%" or out[-1] in "($"
        out += token if joined else f" {token}"
    return out[:1].upper() + out[1:]


@lru_cache(maxsize=2 * _TOPICS)
def _topic(seed: int, number: int) -> tuple[str, ...]:
    return tuple(model().draw(np.random.default_rng([seed, 1, number, 1]), _WORDS_OF_TOPIC))


def _name(rng: np.random.Generator) -> str:
    return _invented(200_000 + _zipf(rng, _NAMES)).title()


def _zipf(rng: np.random.Generator, most: int) -> int:
    """A number below ``most``, whose chance falls with its rank: the continuous law of exponent 1."""
    return int(most ** rng.random()) - 1


def _number(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.2:
        return str(int(rng.integers(1990, 2027)))
    if kind < 0.7:
        return str(1 + _zipf(rng, 1_000))
    return f"{int(10 ** rng.uniform(3, 7)):,}" if kind < 0.85 else f"{rng.uniform(0, 100):.1f}"


def questions(count: int, *, articles: int, seed: int = 7) -> list[str]:
    """Questions about the first so many articles: by names, by a rare word, by common words, and one in eight with a slip of the finger."""
    rng, learnt, asked = np.random.default_rng([seed, 2, 2, 2]), model(), list[str]()
    for number in range(count):
        about = story(int(rng.integers(articles)), seed=seed)
        common = [learnt.words[_zipf(rng, 300)] for _ in range(3)]
        rare = max(about.words, key=lambda word: (learnt.words.index(word) if word in learnt.words[:3_000] else 3_000, word))
        forms = (
            f"What did {about.names[0]} say about the {about.words[0]} in {about.names[1]}?",
            f"How many people were there for the {rare} of {about.names[0]} last year?",
            f"Why was the {common[0]} {common[1]} for the {common[2]} of the {about.words[0]}?",
            f"When will the {about.words[1]} of {about.names[2]} and the {common[0]} be over?",
        )
        text = forms[number % len(forms)]
        slip = about.names[0]
        asked.append(text.replace(slip, slip[:3] + slip[4:], 1) if number % 8 == 0 else text)
    return asked
