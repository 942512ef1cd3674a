"""Chunks of articles: what must hold for any text, then where they break."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.records import Chunk, Span
from rag.text.chunks import CountTokens, chunk_article
from rag.text.sentences import split_sentences


def _by_word(texts: Sequence[str]) -> list[int]:
    return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def _by_four_characters(texts: Sequence[str]) -> list[int]:
    """A word costs a token for every four characters begun, so that a long word does not fit a small chunk."""
    return [sum(-(-len(word) // 4) for word in text.split()) for text in texts]


_COUNTERS = pytest.mark.parametrize("count_tokens", [_by_word, _by_four_characters], ids=["words", "four characters"])
_TEXTS = st.text() | st.lists(
    st.sampled_from(["Rents rose", "wages, fell", "x" * 70, "The", ".", "?", ",", " ", " ", "\n", "\n\n", '"', "世界", "Dr."]), max_size=80
).map("".join)


@_COUNTERS
@given(text=_TEXTS, max_tokens=st.integers(1, 40))
@example(text="x" * 1000, max_tokens=7)
@example(text="word " * 300 + ".", max_tokens=8)
def test_chunks_cover_every_character_in_order_within_the_limit(count_tokens: CountTokens, text: str, max_tokens: int) -> None:
    chunks = chunk_article(text, count_tokens=count_tokens, max_tokens=max_tokens)
    at = 0
    for chunk in chunks:
        assert (chunk.start, chunk.end) == (chunk.sentences[0].start, chunk.sentences[-1].end)
        pieces = [text[span.start : span.end] for span in chunk.sentences]
        assert sum(count_tokens(pieces)) <= max_tokens
        for span, piece in zip(chunk.sentences, pieces, strict=True):
            assert at <= span.start < span.end
            assert not text[at : span.start].strip()
            assert piece == piece.strip()
            at = span.end
    assert not text[at:].strip()


@_COUNTERS
@given(text=_TEXTS)
def test_sentences_that_fit_stay_whole(count_tokens: CountTokens, text: str) -> None:
    sentences = split_sentences(text)
    told = [text[span.start : span.end] for span in sentences]
    # However few tokens are counted, none stands for more than 32 characters.
    largest = max([1, *count_tokens(told), *(len(sentence) // 32 for sentence in told)])
    chunks = chunk_article(text, count_tokens=count_tokens, max_tokens=largest)
    assert [span for chunk in chunks for span in chunk.sentences] == sentences


def _words(chunks: list[Chunk], text: str) -> list[int]:
    return [sum(_by_word([text[span.start : span.end] for span in chunk.sentences])) for chunk in chunks]


def _sentence(words: int) -> str:
    return " ".join(["Rents", *["rose"] * (words - 2)]) + "."


def _article(*paragraphs: Sequence[int]) -> str:
    """Paragraphs given by the tokens of their sentences."""
    return "\n\n".join(" ".join(_sentence(words) for words in paragraph) for paragraph in paragraphs)


@pytest.mark.parametrize(
    ("paragraphs", "chunks"),
    [
        pytest.param([[]], [], id="nothing to chunk"),
        pytest.param([[40]], [40], id="one sentence"),
        pytest.param([[30, 30], [30, 10]], [100], id="all of it fits exactly"),
        pytest.param([[30, 30, 30, 30, 30, 30]], [90, 90], id="as many sentences as fit"),
        pytest.param([[30, 30], [30, 30, 30]], [60, 90], id="ends with the paragraph from half full on"),
        pytest.param([[20, 20], [30, 30, 30, 30]], [100, 60], id="does not end with the paragraph before half full"),
        pytest.param([[30, 30], [30], [60, 20]], [90, 80], id="the last paragraph end that fits"),
        pytest.param([[30, 30, 30, 20]], [60, 50], id="a tiny last chunk is evened out"),
        pytest.param([[30, 20], [25, 25], [10]], [50, 60], id="a tiny last chunk is filled up to a paragraph end"),
        pytest.param([[90], [10, 10]], [90, 20], id="a tiny last chunk stays where nothing can be moved"),
    ],
)
def test_where_chunks_end(paragraphs: list[list[int]], chunks: list[int]) -> None:
    text = _article(*paragraphs)
    assert _words(chunk_article(text, count_tokens=_by_word, max_tokens=100), text) == chunks


def test_a_heading_stays_with_its_paragraph() -> None:
    text = _article([30, 30]) + "\n\nWhat comes next\n\n" + _article([60, 20])
    chunks = chunk_article(text, count_tokens=_by_word, max_tokens=100)
    assert text[chunks[1].start :].startswith("What comes next")


def test_lines_are_paragraphs_where_no_line_is_blank() -> None:
    text = _article([30, 30], [30, 30, 30]).replace("\n\n", "\n")
    assert _words(chunk_article(text, count_tokens=_by_word, max_tokens=100), text) == [60, 90]


def test_a_long_sentence_is_cut_at_its_clauses() -> None:
    text = (
        "The port closed in May after the storm, the ferries went north to the next harbour, and the town lost its last bus and the school."
    )
    chunks = chunk_article(text, count_tokens=_by_word, max_tokens=15)
    assert [text[chunk.start : chunk.end] for chunk in chunks] == [
        "The port closed in May after the storm,",
        "the ferries went north to the next harbour,",
        "and the town lost its last bus and the school.",
    ]


def test_tokens_of_an_article_are_counted_in_one_call() -> None:
    batches: list[list[str]] = []

    def count_tokens(texts: Sequence[str]) -> list[int]:
        batches.append(list(texts))
        return _by_word(texts)

    chunk_article("Rents rose. Wages fell.", count_tokens=count_tokens, max_tokens=50)
    assert batches == [["Rents rose.", "Wages fell."]]


def test_a_character_above_the_limit_stays_whole() -> None:
    chunks = chunk_article("世 a", count_tokens=lambda texts: [3 * len(text) for text in texts], max_tokens=2)
    assert [chunk.sentences for chunk in chunks] == [(Span(0, 1),), (Span(2, 3),)]
