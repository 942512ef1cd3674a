"""What the list of articles finds, in what order, and what it counts, held against the articles themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import HARBOUR, LIBRARY, THREE, page

from rag.assistant import Assistant
from rag.errors import NoSuchArticle
from rag.records import Filters
from rag.settings import Settings
from rag.store.fate import fate_of, out_of_search
from rag.store.listing import Order, Sought, days, languages, listed
from rag.store.purge import purge
from rag.store.sync import remove, sync
from rag.text.differences import differences, tally
from rag.text.moments import newest_first
from rag.text.timeline import timeline

FRENCH = page(
    "Le port de Skell a été fermé lundi après la chute d'une grue dans l'eau. Le maire a dit que quatorze navires attendaient devant le port.",
    id="port",
    title="Le port de Skell est fermé",
    source="Le Port",
    published="2025-01-12T01:00:00+02:00",
)
COPY = HARBOUR.replace("id: harbour", "id: copy").replace("Skell Gazette", "Fjord Radio").replace("2025-01-10", "2025-01-11T23:30:00-05:00")
UNDATED = page("A kiosk opened in Brenn, its owner said.", id="kiosk", title="Kiosk opens in Brenn")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, assistant: Assistant) -> Assistant:
    """Six articles; one was revised, two carry the same text, one has no date."""
    folder = tmp_path_factory.mktemp("listing")
    articles = folder / "articles"
    articles.mkdir()
    for name, text in (THREE | {"port.md": FRENCH, "copy.md": COPY, "kiosk.md": UNDATED}).items():
        (articles / name).write_text(text, encoding="utf-8")
    made = Assistant(Settings(home=folder / "home"), embedder=assistant.embedder, reader=assistant.reader)
    sync(made.stores, [articles])
    (articles / "library.md").write_text(LIBRARY.replace("30 instruments", "45 instruments"), encoding="utf-8")
    sync(made.stores, [])
    return made


def ids(shelf: Assistant, sought: Sought) -> list[str]:
    total, found = listed(shelf.library.database, sought)
    assert total == len(found)
    return [article.article_id for article in found]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", {"harbour", "library", "orchard", "port", "copy", "kiosk"}),
        ("violins", {"library"}),
        ("instrum", {"library"}),
        ("Instrum lends", set()),
        ("gazette", {"harbour", "orchard"}),
        ("gazette apple", {"orchard"}),
        ("apple GAZ", {"orchard"}),
        ("ferme", {"port"}),
        ("crane Vold waiting", {"harbour", "copy"}),
        ("crane violins", set()),
        ('") OR * NEAR(', set()),
        ("\0 !! --", {"harbour", "library", "orchard", "port", "copy", "kiosk"}),
    ],
)
def test_words_are_looked_for_in_title_outlet_and_text(shelf: Assistant, words: str, found: set[str]) -> None:
    assert set(ids(shelf, Sought(words=words))) == found


@given(st.text(max_size=40))
def test_whatever_is_typed_finds_articles_or_none(shelf: Assistant, typed: str) -> None:
    assert set(ids(shelf, Sought(words=typed))) <= set(ids(shelf, Sought()))


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (Sought(Filters(since=date(2025, 1, 11))), {"library", "orchard", "port", "copy"}),
        (Sought(Filters(until=date(2025, 1, 11))), {"harbour", "copy"}),
        (Sought(Filters(outlets=("Fjord Radio", "Le Port"))), {"library", "port", "copy"}),
        (Sought(Filters(outlets=("Fjord Radio",)), words="crane"), {"copy"}),
        (Sought(languages=("fr",)), {"port"}),
        (Sought(title="falls crane"), {"harbour", "copy"}),
        (Sought(title="cran"), set()),
    ],
    ids=["since", "until", "outlets", "outlet and words", "language", "title", "half a word of a title"],
)
def test_filters_leave_what_fits(shelf: Assistant, sought: Sought, found: set[str]) -> None:
    assert set(ids(shelf, sought)) == found


@pytest.mark.parametrize(
    ("order", "sign"),
    [("newest", 1), ("oldest", -1)],
)
def test_order_is_by_the_moment_and_undated_comes_last(shelf: Assistant, order: Order, sign: int) -> None:
    _, found = listed(shelf.library.database, Sought(order=order))
    dated = [newest_first(article.published) for article in found if article.published]
    assert dated == sorted(dated, key=lambda moment: sign * moment)
    assert found[-1].article_id == "kiosk"


def test_last_taken_in_comes_first(shelf: Assistant) -> None:
    _, found = listed(shelf.library.database, Sought(order="latest in"))
    times = [article.ingested for article in found]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_pages_together_are_the_whole_list(shelf: Assistant, size: int) -> None:
    total, whole = listed(shelf.library.database)
    pages = [listed(shelf.library.database, limit=size, offset=offset) for offset in range(0, total, size)]
    assert [article for _, found in pages for article in found] == whole
    assert {count for count, _ in pages} == {total}


def test_versions_passages_and_copies_are_counted(shelf: Assistant) -> None:
    _, found = listed(shelf.library.database)
    for article in found:
        assert article.versions == len(shelf.versions(article.article_id))
        assert article.chunks == len(shelf.library.chunks_of(article.article_id))
        assert article.carried_by == shelf.carried_by(shelf.article(article.article_id))
    assert {a.article_id: [c.article_id for c in a.carried_by] for a in found if a.carried_by} == {"harbour": ["copy"], "copy": ["harbour"]}


def test_languages_come_with_the_commonest_first(shelf: Assistant) -> None:
    assert languages(shelf.library.database) == ("en", "fr")


def test_fate_names_what_goes_and_where_it_came_from(shelf: Assistant) -> None:
    fate = fate_of(shelf.library.database, shelf.library.home, "library")
    assert (fate.title, fate.versions, fate.chunks, fate.answers, fate.ours) == ("Library lends violins", 2, 1, 0, False)
    assert Path(fate.came_from).read_text(encoding="utf-8").endswith("45 instruments for $9,400.\n")
    with pytest.raises(NoSuchArticle):
        fate_of(shelf.library.database, shelf.library.home, "never")


def test_what_is_out_of_search_says_whether_a_hand_took_it_out(library_of: Callable[[dict[str, str]], Assistant], tmp_path: Path) -> None:
    made = library_of(THREE)
    remove(made.stores, "harbour")
    (tmp_path / "articles" / "orchard.md").unlink()
    sync(made.stores, [])
    total, found = out_of_search(made.library.database, limit=5)
    assert (total, {article.article_id: article.by_hand for article in found}) == (2, {"harbour": True, "orchard": False})
    purge(made.stores, ["harbour"])
    assert [article.article_id for article in out_of_search(made.library.database, limit=5)[1]] == ["orchard"]
    with pytest.raises(NoSuchArticle):
        fate_of(made.library.database, made.library.home, "harbour")


@pytest.mark.parametrize(
    ("old", "new", "counted"),
    [
        ("A b c.", "A b c.", (0, 0, 0)),
        ("One two three four five.", "One two three six five.", (1, 1, 1)),
        ("One two three.", "One two three. Four five six, seven.", (1, 0, 4)),
        ("Ten men came on Monday. It rained.", "Ten women came on Tuesday. It rained.", (2, 2, 2)),
    ],
)
def test_changes_are_counted_in_words_and_places(old: str, new: str, counted: tuple[int, int, int]) -> None:
    assert tally(differences(old, new)) == counted


def test_days_count_what_the_list_holds(shelf: Assistant) -> None:
    _, all_of_it = listed(shelf.library.database)
    dated = [article.published[:10] for article in all_of_it if article.published]
    assert {day.isoformat(): n for day, n in days(shelf.library.database).items()} == {day: dated.count(day) for day in dated}
    assert sum(days(shelf.library.database, Sought(words="skell")).values()) == sum(
        article.published is not None for article in listed(shelf.library.database, Sought(words="skell"))[1]
    )


@pytest.mark.parametrize(
    ("first", "last", "unit", "bars"),
    [
        (date(2025, 1, 10), date(2025, 1, 10), "day", 1),
        (date(2024, 12, 30), date(2025, 3, 1), "day", 62),
        (date(2024, 12, 30), date(2025, 3, 2), "month", 4),
        (date(2020, 1, 31), date(2025, 2, 1), "month", 62),
        (date(2020, 1, 31), date(2025, 3, 1), "year", 6),
        (date(9998, 1, 1), date(9999, 12, 31), "month", 24),
    ],
)
def test_timeline_is_by_day_month_or_year_as_few_enough_fit(first: date, last: date, unit: str, bars: int) -> None:
    found, made = timeline({first: 2, last: 3})
    assert (found, len(made)) == (unit, bars)
    assert (made[0].count, made[-1].count) == ((3, 3) if bars == 1 else (2, 3))


@given(st.dictionaries(st.dates(date(1700, 1, 1), date(2199, 12, 31)), st.integers(1, 9), min_size=1))
def test_bars_of_a_timeline_follow_each_other_and_lose_nothing(counts: dict[date, int]) -> None:
    _, bars = timeline(counts)
    assert sum(bar.count for bar in bars) == sum(counts.values())
    assert all(one.last.toordinal() + 1 == other.first.toordinal() for one, other in pairwise(bars))
    assert bars[0].first <= min(counts)
    assert max(counts) <= bars[-1].last
