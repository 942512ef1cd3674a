"""Word search that weighs few chunks finds what weighing all of them finds; what is remembered of a generation goes with it."""

from __future__ import annotations

import sys
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

import rag.store.ranked as ranked
from rag.records import Article, Filters, Span
from rag.retrieve import fts_query
from rag.settings import CHECKOUT
from rag.store.library import ChunkRow, Library, to_day
from rag.store.remembered import Remembered
from rag.store.writes import Placed, Switch, commit_switch

sys.path.insert(0, str(CHECKOUT / "benchmarks"))

from synthetic import Story, questions, stories

STORIES = list(stories(80))
ANY = Filters()
PLAIN = (
    "SELECT c.chunk_id, -bm25(chunks_fts, 3.0, 1.0) AS score FROM chunks_fts JOIN chunks c ON c.id = chunks_fts.rowid"
    " WHERE chunks_fts MATCH ?{} ORDER BY score DESC, c.chunk_id LIMIT ?"
)


def _chunks(story: Story) -> list[ChunkRow]:
    """A chunk a paragraph, so that no model is needed."""
    rows, start = [], 0
    for number, text in enumerate(story.text.split("\n\n")):
        end, id = start + len(text), f"{story.number:03d}-{number:03d}"
        day = to_day(story.published)
        span = (Span(start, end),)
        rows.append(ChunkRow(id, f"{story.number:03d}", "v", start, end, span, story.title, text, id, day, story.source))
        start = end + 2
    return rows


def _put(library: Library, stories: list[Story], generation: str) -> None:
    placed = [
        Placed(Article(f"{s.number:03d}", "v", s.title, s.text, s.source, published=s.published), "/news", f"{s.number}.md")
        for s in stories
    ]
    rows = [row for story in stories for row in _chunks(story)]
    commit_switch(library.database, Switch(placed, frozenset(), False, [], ["/news"], rows, [], False, {"generation": generation}))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    made = Library(tmp_path_factory.mktemp("home"))
    made.database.create()
    _put(made, STORIES, "first")
    return made


def _asked() -> list[str]:
    """Questions by names, rare and common words, and every pair and triple of the commonest words, in which ruling out is hardest."""
    common = ["two", "year", "people", "first", "million", "last"]
    return [
        *questions(32, articles=len(STORIES)),
        *(" ".join(words) for size in (2, 3, 6) for words in combinations(common, size)),
        "What did the 3.5 percent of people who paid $1,200 a year in the first three years say about two million of it?",
        "nothing of qwertyuiop in it",
    ]


@pytest.mark.parametrize(
    ("filters", "where", "values"),
    [
        pytest.param(ANY, "", [], id="all"),
        pytest.param(Filters(since=date(2022, 1, 1)), " AND c.day >= ?", [20220101], id="since a day"),
        pytest.param(Filters(outlets=(STORIES[0].source,)), " AND c.outlet IN (?)", [STORIES[0].source], id="an outlet"),
    ],
)
@pytest.mark.parametrize("limit", [1, 50, 2000])
def test_ruling_chunks_out_changes_nothing(
    library: Library, filters: Filters, where: str, values: list[str | int], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranked, "_FEW", 0)
    monkeypatch.setattr(ranked, "_FEW_A_PLACE", 0)
    for question in _asked():
        query = fts_query(question)
        with library.snapshot() as db:
            plain = [tuple(row) for row in db.execute(PLAIN.format(where), (query, *values, limit))]
        assert library.match(query, filters=filters, limit=limit) == plain, query


@pytest.mark.parametrize("reached", [0.1, 0.5, 3.0])
def test_a_bad_guess_costs_time_and_no_passage(library: Library, reached: float, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [library.match(fts_query(question), filters=ANY, limit=20) for question in _asked()]
    monkeypatch.setattr(ranked, "_FEW", 0)
    monkeypatch.setattr(ranked, "_FEW_A_PLACE", 0)
    monkeypatch.setattr(ranked, "_REACHED", reached)
    assert [library.match(fts_query(question), filters=ANY, limit=20) for question in _asked()] == found


def test_common_words_are_ruled_out_where_rarer_ones_are_asked_for(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranked, "_FEW", 0)
    monkeypatch.setattr(ranked, "_FEW_A_PLACE", 0)
    weighed = list[str]()
    with library.snapshot() as db:
        db.create_function("seen", 1, lambda id: weighed.append(id) or 1)
        where = (" AND seen(c.chunk_id)", ())
        query = fts_query(f"{STORIES[5].names[0]} people year two million")
        ranked.best(db, query, where=where, limit=5, chunks=library.overview().chunks, frequency=library.document_frequency)
        (all_that_match,) = db.execute("SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH ?", (query,)).fetchone()
    assert 5 <= len(weighed) < 0.7 * all_that_match


def test_counts_are_those_of_the_generation_that_is_served(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.database.create()
    _put(library, STORIES[:3], "first")
    before, held = library.overview(), library.document_frequency('"people"')
    assert (before.articles, before.chunks) == (3, sum(len(_chunks(story)) for story in STORIES[:3]))
    assert {before.first, before.last} <= {date.fromisoformat(story.published) for story in STORIES[:3]}
    _put(library, STORIES[3:20], "second")
    after = library.overview()
    assert after.articles == 20
    assert after.outlets == tuple(sorted({story.source for story in STORIES[:20]}))
    assert library.document_frequency('"people"') > held


def test_what_is_remembered_is_counted_once_a_generation() -> None:
    remembered, counted = Remembered(), list[str]()

    def count(generation: str | None) -> int:
        return remembered.get(generation, "x", lambda: counted.append(str(generation)) or len(counted))

    assert [count("a"), count("a"), count("b"), count("b"), count("a")] == [1, 1, 2, 2, 3]
    assert [count(None), count(None)] == [4, 5]


def test_articles_come_newest_first_without_a_transaction_that_stays_open(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.store.library._ARTICLES_AT_HAND", 7)
    published = [article.published for article in library.articles()]
    assert published == sorted((story.published for story in STORIES), reverse=True)
    coming = library.articles()
    assert next(coming).text
    assert library.database.connection.in_transaction is False
