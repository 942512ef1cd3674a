"""What a library must hold, as plain Python: files go in, passes turn one state into the next; it knows nothing of the code under test.

The rules are those of the documents: identity, versions, registered sources, what is removed by hand stays out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace


def digest(text: str) -> str:
    """How an article's version, and the id of one that has none, come from words."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Told:
    """What one file says; ``text`` None is a file that cannot be read. ``word`` stands in no other text."""

    id: str | None
    title: str
    text: str | None
    outlet: str
    published: str
    word: str

    def page(self) -> str:
        """The file."""
        if self.text is None:
            return ""
        fields = {"id": self.id, "title": self.title, "source": self.outlet, "published": self.published}
        return "\n".join(["---", *(f"{key}: {value}" for key, value in fields.items() if value), "---", self.text, ""])


@dataclass(frozen=True)
class Held:
    """An article that is in search, or was."""

    told: Told
    location: str
    path: str

    @property
    def version(self) -> str:
        return digest(self.told.text or "")


Files = Mapping[str, Mapping[str, Told]]


@dataclass(frozen=True)
class State:
    """A whole state: what is live, removed by hand and purged, every text that stays readable, the registered sources, the turns kept."""

    live: Mapping[str, Held] = field(default_factory=dict)
    withheld: Mapping[str, Held] = field(default_factory=dict)
    purged: frozenset[str] = frozenset()
    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()
    turns: int = 0

    def searched(self) -> frozenset[tuple[str, str]]:
        """Ids and versions that may be found."""
        return frozenset((id, held.version) for id, held in self.live.items())


def synced(state: State, files: Files, locations: Sequence[str] = (), *, prune: bool = False) -> State:
    """After a pass over these sources, or all registered ones; a source that is not in ``files`` is missing."""
    placed: dict[str, Held] = {}
    doubtful: set[tuple[str, str]] = set()
    reconciled: set[str] = set()
    for location in locations or sorted(state.sources):
        gave = False
        for path, told in sorted(files.get(location, {}).items()):
            if told.text is None:
                doubtful.add((location, path))
                continue
            gave = True
            placed.setdefault(told.id or digest(f"{location}\n{path}"), Held(told, location, path))
        if gave or prune:
            reconciled.add(location)
    live = {
        id: held
        for id, held in state.live.items()
        if id in placed or held.location not in reconciled or (held.location, held.path) in doubtful
    }
    live |= {id: held for id, held in placed.items() if id not in state.withheld and id not in state.purged}
    return replace(state, live=live, texts={**state.texts, **_texts(live)}, sources=state.sources | frozenset(locations))


def removed(state: State, id: str) -> State:
    """After ``remove``."""
    return replace(
        state,
        live={other: held for other, held in state.live.items() if other != id},
        withheld={**state.withheld, id: state.live[id]},
    )


def put_back(state: State, id: str) -> State:
    """After ``remove --undo``."""
    return replace(
        state,
        live={**state.live, id: state.withheld[id]},
        withheld={other: held for other, held in state.withheld.items() if other != id},
    )


def without(state: State, ids: Iterable[str]) -> State:
    """After ``purge``: nothing of these articles is left but that they were purged, as a version without words."""
    gone = frozenset(ids)
    return replace(
        state,
        live={id: held for id, held in state.live.items() if id not in gone},
        withheld={id: held for id, held in state.withheld.items() if id not in gone},
        purged=state.purged | gone,
        texts={key: text for key, text in state.texts.items() if key[0] not in gone} | {(id, ""): "" for id in gone},
    )


def _texts(live: Mapping[str, Held]) -> dict[tuple[str, str], str]:
    return {(id, held.version): held.told.text or "" for id, held in live.items()}


def words_of(state: State) -> Iterable[tuple[str, str]]:
    """The word that finds each live article, and its id."""
    return ((held.told.word, id) for id, held in state.live.items())
