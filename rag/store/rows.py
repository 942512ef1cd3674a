"""What an index holds of a chunk and what all kinds of index share; it knows neither where one lies nor Chroma's client."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.records import Filters
from rag.store.checker import Verdict

# Gives the stored vectors of chunk ids.
VectorsOf = Callable[[Sequence[str]], NDArray[np.float32]]
# Rows done, rows in all.
Progress = Callable[[int, int], None]

# With Chroma's defaults (100, 100, 16) two builds of one library of 7,228 alike chunks find 0.96 of the true 50 nearest and not
# the same ones; with these 0.999, for 0.3 ms more a question.
CONFIGURATION: Any = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 400, "max_neighbors": 32}}
# Chroma refuses more than 5,461 rows a call; smaller batches let the progress line move.
AT_ONCE = 1000
CHECKED = 20


@dataclass(frozen=True, slots=True)
class Row:
    """What Chroma holds of a chunk; day is YYYYMMDD."""

    chunk_id: str
    day: int | None
    outlet: str | None

    def metadata(self) -> dict[str, int | str]:
        """The fields that filters compare; unknown ones are left out, so that no filter matches them."""
        return {key: value for key, value in (("day", self.day), ("outlet", self.outlet)) if value is not None} or {"day": 0}


@dataclass(frozen=True, slots=True)
class Base:
    """A generation that a new one may start from, and the chunk ids that it holds as far as the library knows."""

    generation: str
    ids: Set[str]


class Index(Protocol):
    """One generation, opened for reading; every method raises LibraryError where it cannot be read."""

    generation: str

    def nearest(self, vector: NDArray[np.float32], *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """Chunk ids and cosine similarities of the nearest neighbours, best first, ties by id."""

    def ids(self) -> set[str]:
        """Every chunk id in it."""

    def stored(self, ids: Sequence[str]) -> dict[str, tuple[dict[str, Any], NDArray[np.float32]]]:
        """Fields and vector of rows as they are held, by id; each id must be held."""

    def close(self) -> None:
        """Release what it holds open."""


class Place(Protocol):
    """Where generations of one library lie: folders of this machine, or collections of a server."""

    def open(self, generation: str) -> Index:
        """A generation for reading; raises LibraryError when it is missing, unfinished or damaged."""

    def is_sound(self, generation: str) -> bool:
        """Whether a generation is there and finished, as far as can be seen without searching it; raises ServerError where nobody can say."""

    def build(self, rows: Mapping[str, Row], *, vectors: VectorsOf, base: Base | None, on_progress: Progress) -> str:
        """Write and check a new generation; see ``Indexes.build``."""

    def check(self, generation: str, rows: Mapping[str, Row], *, vectors: VectorsOf, whole: bool) -> Verdict:
        """What is wrong with a generation; see ``Indexes.check``."""

    def sealed(self, generation: str) -> str | None:
        """The digest of the vectors that a generation was made of; None where none was recorded."""

    def names(self) -> list[str]:
        """Every generation of the library that lies here, finished or not, in order; raises ServerError where nobody can say."""

    def drop(self, generation: str) -> None:
        """Delete a generation; one that is gone is no error."""

    def whereabouts(self) -> str:
        """In words, where they lie, and whether that place answers."""


def nearest_first(ids: Sequence[str], distances: Sequence[float]) -> list[tuple[str, float]]:
    """Ids and similarities out of cosine distances, best first, ties by id."""
    return sorted(((id, 1 - distance) for id, distance in zip(ids, distances, strict=True)), key=lambda found: (-found[1], found[0]))


def where(filters: Filters) -> Any:
    """Filters as Chroma compares them; None where nothing is left out."""
    found: list[dict[str, Any]] = []
    if filters.since:
        found.append({"day": {"$gte": int(filters.since.strftime("%Y%m%d"))}})
    if filters.until:
        # 0 stands for an unknown day, see Row.metadata.
        found += [{"day": {"$lte": int(filters.until.strftime("%Y%m%d"))}}, {"day": {"$gt": 0}}]
    if filters.outlets:
        found.append({"outlet": {"$in": list(filters.outlets)}})
    return None if not found else found[0] if len(found) == 1 else {"$and": found}


def parts(items: Sequence[str]) -> Iterable[Sequence[str]]:
    """As many at once as Chroma is given in a call."""
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def digest_of(ids: Sequence[str], vectors: VectorsOf) -> str:
    """SHA-256 of rows' ids and vectors, in the order given."""
    found = hashlib.sha256()
    for part in parts(ids):
        found.update("\n".join(part).encode())
        found.update(np.ascontiguousarray(vectors(part), dtype="<f4").tobytes())
    return found.hexdigest()
