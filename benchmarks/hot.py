"""What runs for every sentence, chunk or question, each alone, under pytest-benchmark: ``pytest benchmarks/hot.py -p benchmark``; `make test` does not collect it."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.speed.files import Document, documents
from rag.answer.verify import Checker
from rag.answer.wording import Wording
from rag.assistant import Assistant
from rag.models.tokens import Tokens
from rag.retrieve import fts_query, fuse
from rag.settings import CHECKOUT, Settings
from rag.store.sync import sync
from rag.text.chunks import chunk_article
from rag.text.sentences import split_sentences
from rag.text.values import values

ARTICLES = CHECKOUT / "corpus" / "articles"
QUESTION = "How many people were on the march against the cuts, by the stewards' count?"
WRITTEN = "About 4,200 people marched against the council's cuts on Saturday, the stewards said."


@pytest.fixture(scope="module")
def articles() -> list[Document]:
    """The sample corpus."""
    return documents(ARTICLES)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Over the sample corpus."""
    opened = Assistant(Settings(home=tmp_path_factory.mktemp("hot"), models=Settings().models_folder))
    sync(opened.stores, [ARTICLES])
    return opened


def test_sentences_of_the_corpus(benchmark: BenchmarkFixture, articles: list[Document]) -> None:
    found = benchmark(lambda: [split_sentences(article.text) for article in articles])
    assert all(found)


def test_chunks_of_the_corpus(benchmark: BenchmarkFixture, articles: list[Document]) -> None:
    tokens = Tokens()
    found = benchmark(lambda: [chunk_article(article.text, count_tokens=tokens.counts, max_tokens=200) for article in articles])
    assert all(found)


def test_values_of_every_sentence(benchmark: BenchmarkFixture, articles: list[Document]) -> None:
    sentences = [article.text[span.start : span.end] for article in articles for span in split_sentences(article.text)]
    found = benchmark(lambda: [values("number", sentence, QUESTION, "2025-02-23") for sentence in sentences])
    assert any(found)


def test_fusion_of_two_rankings_of_200(benchmark: BenchmarkFixture) -> None:
    words, meaning = [f"chunk-{number}" for number in range(200)], [f"chunk-{number}" for number in range(100, 300)]
    assert len(benchmark(lambda: fuse([words, meaning], weights=[1.0, 1.0]))) == 300


def test_question_to_full_text_query(benchmark: BenchmarkFixture) -> None:
    assert "march" in benchmark(lambda: fts_query(QUESTION))


def test_search_of_the_corpus(benchmark: BenchmarkFixture, assistant: Assistant) -> None:
    assert benchmark(lambda: assistant.search(QUESTION))


def test_check_of_a_written_sentence(benchmark: BenchmarkFixture, assistant: Assistant) -> None:
    passages = assistant.search(QUESTION)
    wording = Wording(assistant.embedder.embed, assistant.retriever.rarity)
    checked = benchmark(lambda: Checker(passages, wording).check(WRITTEN, [0]))
    assert checked.verdict


def test_whole_answer(benchmark: BenchmarkFixture, assistant: Assistant) -> None:
    assert benchmark.pedantic(lambda: assistant.ask(QUESTION), rounds=10, warmup_rounds=1).status == "answered"
