"""Nearest neighbours are the true ones, whichever way they are found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from samples import THREE

import rag.store.neighbours as neighbours
from rag.assistant import Assistant
from rag.records import Filters
from rag.store.folders import FolderIndex
from rag.store.rows import Index

ASKED = ("What did the harbour master say about shore power?", "How many people died in the attack?", "When does the ferry sail?")
FILTERS = (
    pytest.param(Filters(), id="all"),
    pytest.param(Filters(since=date(2025, 1, 1)), id="since"),
    pytest.param(Filters(until=date(2025, 1, 31)), id="until"),
    pytest.param(Filters(since=date(2025, 1, 1), until=date(2025, 3, 1), outlets=("Marrowshire Courier",)), id="all three"),
    pytest.param(Filters(outlets=("No such paper",)), id="nothing passes"),
)


def _index(assistant: Assistant) -> Index:
    return assistant.stores.indexes.reader(assistant.library.meta()["generation"])


def _nearest(assistant: Assistant, question: str, filters: Filters, limit: int = 8, whole: bool = True) -> list[tuple[str, float]]:
    vector, name = assistant.embedder.embed([question])[0], assistant.embedder.name
    return neighbours.nearest(assistant.library, lambda: _index(assistant), vector, model=name, filters=filters, limit=limit, whole=whole)


def _true(assistant: Assistant, question: str, filters: Filters) -> list[str]:
    """Ids by brute force over every chunk that passes, by the fields of the library's own rows."""
    days = [filters.since and int(f"{filters.since:%Y%m%d}"), filters.until and int(f"{filters.until:%Y%m%d}")]
    rows = {
        id: digest
        for id, (digest, day, outlet) in assistant.library.chunk_rows().items()
        if (not days[0] or (day is not None and day >= days[0]))
        and (not days[1] or (day is not None and day <= days[1]))
        and (not filters.outlets or outlet in filters.outlets)
    }
    vectors = assistant.library.vectors(assistant.embedder.name, list(rows.values())) if rows else np.zeros((0, 384))
    similar = vectors @ assistant.embedder.embed([question])[0]
    return sorted(rows, key=dict(zip(rows, -similar, strict=True)).__getitem__)


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize(
    ("few", "looked_through", "whole"),
    [
        pytest.param(2_000, 0, True, id="the whole library"),
        pytest.param(2_000, 0, False, id="compared"),
        pytest.param(-1, 2_000, False, id="looked through"),
        pytest.param(-1, 0, True, id="Chroma's"),
    ],
)
def test_each_way_finds_the_true_nearest(
    assistant: Assistant, filters: Filters, few: int, looked_through: int, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "_FEW", few)
    monkeypatch.setattr(neighbours, "_WHOLE", few)
    monkeypatch.setattr(neighbours, "_LOOKED_THROUGH", looked_through)
    for question in ASKED:
        found, wanted = _nearest(assistant, question, filters, whole=whole), _true(assistant, question, filters)[:8]
        assert [id for id, _ in found] == wanted
        assert [cosine for _, cosine in found] == sorted((cosine for _, cosine in found), reverse=True)
        chromas = _index(assistant).nearest(assistant.embedder.embed([question])[0], filters=filters, limit=8)
        assert dict(chromas) == pytest.approx(dict(found), abs=1e-4)


def test_the_ways_are_taken_by_how_many_chunks_pass(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[tuple[Filters, int]]()

    def spy(index: FolderIndex, vector: np.ndarray, *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        asked.append((filters, limit))
        return plain(index, vector, filters=filters, limit=limit)

    plain, since = FolderIndex.nearest, Filters(since=date(2025, 1, 1))
    monkeypatch.setattr(FolderIndex, "nearest", spy)
    _nearest(assistant, ASKED[0], Filters())
    assert not asked, "a small library is compared whole"
    _nearest(assistant, ASKED[0], Filters(), whole=False)
    _nearest(assistant, ASKED[0], since, whole=False)
    assert asked == [(Filters(), 8)]
    monkeypatch.setattr(neighbours, "_WHOLE", 5)
    monkeypatch.setattr(neighbours, "_FEW", 5)
    _nearest(assistant, ASKED[0], since)
    assert asked[1][0] == Filters()
    assert asked[1][1] > 8
    monkeypatch.setattr(neighbours, "_LOOKED_THROUGH", 5)
    _nearest(assistant, ASKED[0], since)
    assert asked[2:] == [(since, 8)]


@pytest.mark.parametrize("damage", ["DELETE FROM vectors", "UPDATE vectors SET vector = substr(vector, 1, 40)"])
def test_a_vector_that_is_missing_or_cut_short_is_found_in_the_index(
    library_of: Callable[[dict[str, str]], Assistant], damage: str
) -> None:
    opened = library_of(THREE)
    every = Filters(since=date(1990, 1, 1))
    whole = _nearest(opened, ASKED[0], every, whole=False)
    with opened.library.database.writing() as db:
        db.execute(f"{damage} WHERE embedded = (SELECT max(embedded) FROM chunks)")
    assert whole
    for way in (True, False):
        assert [id for id, _ in _nearest(opened, ASKED[0], every, whole=way)] == [id for id, _ in whole]
