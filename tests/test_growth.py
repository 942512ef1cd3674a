"""The synthetic news of the growth benchmark is what it says it is, and its measures are right against cases that are known."""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
import pytest

from rag.settings import CHECKOUT
from rag.text.copies import is_copy, reduce
from rag.text.questions import understand
from rag.text.words import STOP_WORDS, tokens, unique

sys.path.insert(0, str(CHECKOUT / "benchmarks"))

from synthetic import ARTICLES, model, questions, stories, story
from vectors import exact, fitted_angle, mixed, neighbour_similarity, recall

MADE = list(stories(60))


def test_an_article_depends_on_its_number_and_the_seed_alone() -> None:
    model.cache_clear()
    assert story(41) == MADE[41]
    assert story(41, seed=8).text != MADE[41].text
    assert questions(8, articles=60) == questions(8, articles=60)


def _words_in_order(texts: list[str]) -> list[str]:
    return [token for text in texts for token in tokens(text)]


def _curve(words: list[str]) -> list[float]:
    """Shares that say how words are spread: of function words, of numbers, of the 20 and 100 most frequent others, and of those that stand once."""
    counts = Counter(word for word in words if word not in STOP_WORDS and not word[0].isdigit())
    ranked = [count for _, count in counts.most_common()]
    total = sum(ranked)
    return [
        sum(word in STOP_WORDS for word in words) / len(words),
        sum(word[0].isdigit() for word in words) / len(words),
        sum(ranked[:20]) / total,
        sum(ranked[:100]) / total,
        sum(count == 1 for count in ranked) / total,
    ]


def test_words_are_spread_as_in_the_corpus() -> None:
    bodies = [path.read_text(encoding="utf-8").split("---\n", 2)[2] for path in sorted(ARTICLES.glob("*.md"))]
    corpus = _words_in_order(bodies)
    # As many words of either, since the share of words that stand once falls with the length.
    made = _words_in_order([one.text for one in MADE])[: len(corpus)]
    assert len(made) > 0.9 * len(corpus)
    differences = np.abs(np.array(_curve(made)) - np.array(_curve(corpus)))
    assert differences[0] < 0.04
    assert differences[1] < 0.02
    assert differences[2] < 0.06
    assert differences[3] < 0.08
    assert differences[4] < 0.12


def test_new_words_keep_coming() -> None:
    words = _words_in_order([one.text for one in MADE])
    half = len(words) // 2
    assert len(set(words[half:]) - set(words[:half])) > 0.3 * len(set(words[:half]))


def test_one_in_25_is_a_copy_of_an_earlier_one() -> None:
    numbers = [number for number in range(1, 300) if story(number).text.partition(" - ")[0].endswith("(Wire)")]
    assert 4 <= len(numbers) <= 24
    copy = story(numbers[0])
    (first,) = (one for one in stories(numbers[0]) if copy.text.endswith(one.text))
    assert is_copy(reduce(copy.text), reduce(first.text))
    assert copy.published > first.published


def test_questions_are_understood_as_asking_for_a_fact() -> None:
    asked = questions(40, articles=60)
    assert {understand(question).intent for question in asked} == {"fact"}
    assert len(unique(asked)) > 30


def test_recall_of_a_known_case() -> None:
    assert recall(["a", "x", "c", "d"], ["a", "b", "c", "d"]) == 0.75
    assert recall([], ["a"]) == 0
    with pytest.raises(ZeroDivisionError):
        recall(["a"], [])


def test_brute_force_finds_the_nearest_in_order() -> None:
    angles = np.radians([80, 10, 50, 0, 120])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert exact(vectors, np.array([1, 0], dtype=np.float32), 3).tolist() == [3, 1, 2]
    assert exact(vectors, np.array([1, 0], dtype=np.float32), 50).tolist() == [3, 1, 2, 0, 4]


def test_drawn_vectors_lie_as_those_they_are_drawn_from() -> None:
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(40, 48))
    pool = 2 + centres[rng.integers(40, size=800)] + 0.5 * rng.normal(size=(800, 48))
    pool = (pool / np.linalg.norm(pool, axis=1, keepdims=True)).astype(np.float32)
    ones, others = rng.integers(800, size=(2, 800))
    drawn = mixed(pool, ones, others, angle=fitted_angle(pool))
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-5)
    assert abs(float(np.median(neighbour_similarity(drawn, drawn)) - np.median(neighbour_similarity(pool, pool)))) < 0.02
    assert np.abs(drawn.mean(axis=0) - pool.mean(axis=0)).max() < 0.05
