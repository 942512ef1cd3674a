"""Which of the texts that are searched are copies of each other: kept as articles come and go, and asked for by article.

A pair depends on its two texts alone, so it is the same whatever was synced first; a pass compares what is new with the texts that share a band with
it. Everything here can be made anew from the texts. It does not know what is shown of a group.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.records import Carrier
from rag.store.database import Database
from rag.text.copies import RULES, Reduced, Sketch, bands, is_copy, may_be_copy, reduce, sketch
from rag.text.moments import moment

# Of a text that more articles carry, the first so many are looked at when it is found.
MOST_IN_A_GROUP = 100
# Reduced texts that a pass keeps at hand, some 60 KB each.
_AT_HAND = 1_000
_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Regrouping:
    """What a pass changes: signatures that go, those that come (id, version, keys), and pairs of ids that are copies.

    With ``rules`` all that there was goes, and the library records by which rules it was made.
    """

    gone: Sequence[int] = ()
    new: Sequence[tuple[int, str, tuple[int, ...]]] = ()
    pairs: Sequence[tuple[int, int]] = ()
    rules: str | None = None

    def __bool__(self) -> bool:
        return bool(self.gone or self.new or self.rules)


def regroup(
    database: Database,
    *,
    put: Mapping[str, tuple[str, str]] = {},
    remove: Collection[str] = (),
    anew: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Regrouping:
    """What must change so that signatures and pairs are those of the texts searched after a pass; writes nothing.

    ``put`` gives version and text by article id, ``remove`` names articles that leave search; ``anew`` compares everything again. Texts that have no
    signature yet, as in a library of an older release, are taken in too. The caller holds the writer lock.
    """
    with database.reading() as db:
        live = {
            id: version for id, version in db.execute("SELECT article_id, version FROM articles WHERE removed IS NULL") if id not in remove
        }
        live |= {id: version for id, (version, _) in put.items()}
        wanted = set(live.values())
        made_by = db.execute("SELECT value FROM meta WHERE key = 'copies'").fetchone()
        stale = anew or made_by is None or made_by[0] != RULES
        held = {version: id for id, version in db.execute("SELECT id, version FROM signatures")}
        if stale:
            held = {}
        gone = [id for version, id in held.items() if version not in wanted]
        texts = _Texts(db, dict(put.values()))
        first = max(held.values(), default=0) + 1
        new = sorted(wanted - held.keys())
        signed = []
        for place, version in enumerate(new):
            signed.append((first + place, version, bands(texts.text(version))))
            on_progress(place + 1, len(new))
        kept = {id: version for version, id in held.items() if version in wanted}
        pairs = list(_pairs(db, signed, kept, texts))
    return Regrouping(gone, signed, pairs, RULES if stale else None)


def write_regrouping(db: sqlite3.Connection, change: Regrouping) -> None:
    """Carry it out, inside a transaction that is open."""
    if change.rules:
        for table in ("signatures", "bands", "copies"):
            db.execute(f"DELETE FROM {table}")
        db.execute("INSERT INTO meta VALUES ('copies', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (change.rules,))
    for id in change.gone:
        (keys,) = db.execute("SELECT keys FROM signatures WHERE id = ?", (id,)).fetchone()
        db.executemany("DELETE FROM bands WHERE key = ? AND signature = ?", [(int(key), id) for key in np.frombuffer(keys, dtype="<i8")])
        db.execute("DELETE FROM copies WHERE (one, other) IN (SELECT other, one FROM copies WHERE one = ?)", (id,))
        db.execute("DELETE FROM copies WHERE one = ?", (id,))
        db.execute("DELETE FROM signatures WHERE id = ?", (id,))
    db.executemany(
        "INSERT INTO signatures VALUES (?, ?, ?)",
        [(id, version, np.array(keys, dtype="<i8").tobytes()) for id, version, keys in change.new],
    )
    db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", ((key, id) for id, _, keys in change.new for key in keys))
    db.executemany(
        "INSERT OR IGNORE INTO copies VALUES (?, ?)", [row for one, other in change.pairs for row in ((one, other), (other, one))]
    )


def forget_unsearched(db: sqlite3.Connection) -> None:
    """Signatures and pairs of texts that no searched article has go, inside a transaction that is open."""
    sql = "SELECT id FROM signatures WHERE version NOT IN (SELECT version FROM articles WHERE removed IS NULL)"
    write_regrouping(db, Regrouping(gone=[row[0] for row in db.execute(sql).fetchall()]))


def catch_up(database: Database, *, on_progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Give signatures to the texts that have none, as in a library of an older release; the caller holds the writer lock."""
    if change := regroup(database, on_progress=on_progress):
        with database.writing() as db:
            write_regrouping(db, change)


def groups(database: Database, versions: Collection[str]) -> dict[str, tuple[Carrier, ...]]:
    """For each text its group: the articles that carry it or what is connected with it by copies, first published first; versions of no other are left out.

    A day without a time counts as its last moment, an unknown day as later than all; ties by id.
    """
    out: dict[str, tuple[Carrier, ...]] = {}
    with database.reading() as db:
        for version in versions:
            if version not in out:
                together = _connected(db, version)
                members = _members(db, together)
                if len(members) > 1:
                    out |= dict.fromkeys(together, members)
    return {version: out[version] for version in versions if version in out}


def carried_by(database: Database, versions: Collection[str] | None = None) -> dict[str, tuple[Carrier, ...]]:
    """For each article that is searched, the other articles whose text is a copy of its own; those without any are left out.

    With ``versions``, so many as a page shows, only articles with these texts are looked at.
    """
    pairs = "SELECT s.version, o.version FROM copies c JOIN signatures s ON s.id = c.one JOIN signatures o ON o.id = c.other"
    with database.reading() as db:
        if versions is None:
            pairs_of = db.execute(pairs).fetchall()
            rows = db.execute(f"SELECT {_CARRIER} WHERE a.removed IS NULL").fetchall()
        else:
            marks = ", ".join("?" * len(versions))
            pairs_of = db.execute(f"{pairs} WHERE s.version IN ({marks})", list(versions)).fetchall()
            near_by = json.dumps(sorted({*versions, *(other for _, other in pairs_of)}))
            rows = db.execute(
                f"SELECT {_CARRIER} WHERE a.removed IS NULL AND a.version IN (SELECT value FROM json_each(?))", (near_by,)
            ).fetchall()
    by_version: dict[str, list[Carrier]] = {}
    for carrier in (Carrier(*row) for row in rows):
        by_version.setdefault(carrier.version, []).append(carrier)
    near: dict[str, set[str]] = {version: {version} for version in by_version if versions is None or version in versions}
    for one, other in pairs_of:
        near.setdefault(one, {one}).add(other)
    found = {
        c.article_id: _ordered(o for v in near[own] for o in by_version.get(v, ()) if o != c)
        for own in near
        for c in by_version.get(own, ())
    }
    return {id: others for id, others in found.items() if others}


def disagreements(database: Database) -> int:
    """How many texts have another signature, or other copies, than their words give."""
    with database.reading() as db:
        held = {row[0]: (row[1], row[2]) for row in db.execute("SELECT version, id, keys FROM signatures")}
        live = {row[0] for row in db.execute("SELECT DISTINCT version FROM articles WHERE removed IS NULL")}
        texts = _Texts(db, {})
        signed = [(held[v][0], v, bands(texts.text(v))) for v in sorted(live & held.keys())]
        wrong = {v for _, v, keys in signed if np.array(keys, dtype="<i8").tobytes() != held[v][1]} | (live ^ held.keys())
        name = {id: v for v, (id, _) in held.items()}
        there = {frozenset(row) for row in db.execute("SELECT one, other FROM copies")}
        both = {(row[0], row[1]) for row in db.execute("SELECT one, other FROM copies")}
        meant = {frozenset(pair) for pair in _pairs(db, signed, {}, texts)}
        wrong |= {name.get(id, str(id)) for pair in there ^ meant for id in pair} | {
            name.get(a, str(a)) for a, b in both if (b, a) not in both
        }
        bound = {(row[0], row[1]) for row in db.execute("SELECT key, signature FROM bands")}
        wrong |= {name.get(id, str(id)) for _, id in bound ^ {(key, id) for id, _, keys in signed for key in keys}}
    return len(wrong)


_CARRIER = "a.article_id, a.version, v.source, v.published FROM articles a JOIN versions v USING (article_id, version)"


class _Texts:
    """Texts by version, those of a pass first, and in reduced form as long as they are at hand."""

    def __init__(self, db: sqlite3.Connection, given: Mapping[str, str]) -> None:
        self._db = db
        self._given = given
        self.sketch: Callable[[str], Sketch] = cache(lambda version: sketch(self.text(version)))
        self.reduced: Callable[[str], Reduced] = lru_cache(_AT_HAND)(lambda version: reduce(self.text(version)))

    def text(self, version: str) -> str:
        if version in self._given:
            return self._given[version]
        row = self._db.execute(
            "SELECT text FROM versions JOIN articles USING (article_id, version) WHERE version = ? LIMIT 1", (version,)
        ).fetchone()
        # A library that lost the text of a version still takes in others; `doctor` names the loss.
        return str(row[0]) if row else ""


def _pairs(
    db: sqlite3.Connection, new: Sequence[tuple[int, str, tuple[int, ...]]], held: Mapping[int, str], texts: _Texts
) -> Iterator[tuple[int, int]]:
    """Pairs of ids, one of them new at least, whose texts share a band and are copies; ``held`` are those that stay."""
    version = {id: version for id, version, _ in new}
    met = _shared([keys for _, _, keys in new])
    earlier: dict[int, list[int]] = {}
    for id, own, keys in new:
        near = {other for key in keys if key in met for other in earlier.setdefault(key, [])}
        if held:
            marks = ", ".join("?" * len(keys))
            near |= {row[0] for row in db.execute(f"SELECT DISTINCT signature FROM bands WHERE key IN ({marks})", keys)} & held.keys()
        for other in sorted(near):
            name = version.get(other) or held[other]
            # Texts from one template meet by the hundred, so the cheap question comes first.
            if may_be_copy(texts.sketch(own), texts.sketch(name)) and is_copy(texts.reduced(own), texts.reduced(name)):
                yield (other, id)
        for key in keys:
            if key in met:
                earlier[key].append(id)


def _shared(keys: Iterable[tuple[int, ...]]) -> set[int]:
    """The keys that occur more than once; most do not, and need no list of who has them."""
    flat: NDArray[np.int64] = np.array([key for own in keys for key in own], dtype=np.int64)
    values, counts = np.unique(flat, return_counts=True)
    return set(values[counts > 1].tolist())


def _connected(db: sqlite3.Connection, version: str) -> set[str]:
    """The versions that pairs lead to from one, itself among them."""
    row = db.execute("SELECT id FROM signatures WHERE version = ?", (version,)).fetchone()
    if row is None:
        return {version}
    reached, edge = {row[0]}, [row[0]]
    while edge and len(reached) < MOST_IN_A_GROUP:
        marks = ", ".join("?" * len(edge))
        edge = [
            r[0]
            for r in db.execute(f"SELECT DISTINCT other FROM copies WHERE one IN ({marks}) ORDER BY other", edge)
            if r[0] not in reached
        ]
        reached |= set(edge)
    marks = ", ".join("?" * len(reached))
    return {version, *(r[0] for r in db.execute(f"SELECT version FROM signatures WHERE id IN ({marks})", sorted(reached)))}


def _members(db: sqlite3.Connection, versions: Collection[str]) -> tuple[Carrier, ...]:
    marks = ", ".join("?" * len(versions))
    rows = db.execute(f"SELECT {_CARRIER} WHERE a.removed IS NULL AND a.version IN ({marks})", sorted(versions))
    return _ordered(Carrier(*row) for row in rows)[:MOST_IN_A_GROUP]


def _ordered(members: Iterable[Carrier]) -> tuple[Carrier, ...]:
    return tuple(sorted(members, key=lambda c: (first_published(c.published), c.article_id)))


def first_published(published: str | None) -> float:
    """A key that sorts the earliest first: a day without a clock by its end, since copies came after a known hour; what is unknown last."""
    at = moment(published)
    return at.timestamp() + (_DAY if len(published or "") == len("2025-04-06") else 0) if at else float("inf")
