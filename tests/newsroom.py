"""A newsroom at work on one library: random files and passes in real processes, each followed by a comparison with what must be held.

A sequence is what its seed makes it. An operation is a method named in ``OPERATIONS`` with its weight; it changes files, runs a pass, says
which whole states it may have led to, and leaves the one that it did lead to in ``state``.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from comparison import agrees, differences
from expected import Held, State, Told, put_back, removed, synced, without, words_of
from processes import Forks
from samples import keep

from rag.assistant import Assistant
from rag.models.embeddings import Embedder
from rag.records import Answer, Citation, Seconds, Sentence
from rag.settings import Settings
from rag.store.backup import backup, restore_backup
from rag.store.doctor import examine
from rag.store.purge import is_unfinished, purge
from rag.store.sync import remove, restore, sync

# Small chunks, so that short texts have several; the children get the same through their environment.
CHUNKING = {"chunk_tokens": 40, "header_tokens": 16}
ENVIRONMENT = {f"NEWSDESK_{name.upper()}": str(value) for name, value in CHUNKING.items()}
OPERATIONS: tuple[tuple[str, int], ...] = (
    ("sync_here", 5),
    ("sync_one_source", 2),
    ("sync_command", 2),
    ("sync_twice", 1),
    ("sync_prune", 1),
    ("sync_killed", 6),
    ("sync_by_two", 2),
    ("sync_by_two_one_killed", 1),
    ("sync_on_a_full_disk", 3),
    ("remove_by_hand", 2),
    ("undo_remove", 2),
    ("purge", 2),
    ("purge_killed", 2),
    ("converse", 1),
    ("back_up", 1),
    ("restore", 1),
    ("restore_killed", 1),
    ("repair_killed", 1),
)
_LETTERS = "bdgkptvz"
_OUTLETS = ("Skell Gazette", "Fjord Radio", "Northmere Wire")
_SUBJECTS = ("harbour", "library", "orchard", "ferry", "council", "school", "bridge", "theatre", "bakery", "station")
_DEEDS = ("was closed", "will open", "was sold", "burned down", "was painted", "is to move", "won a prize", "was flooded")
# Where a kill can be told to land, besides at a random moment.
_STAGES = (("embedding", 1), ("embedding", 2), ("indexing", 1), ("committing", 1), ("half committed", 1), ("committed", 1))


class Newsroom:
    """One library with two sources, in a folder of its own; ``disk`` says that the folder lies on a small disk that can be filled."""

    def __init__(self, root: Path, seed: int, forks: Forks, embedder: Embedder, *, disk: bool) -> None:
        self.root, self.seed, self.forks, self.disk = root, seed, forks, disk
        self.home = root / "home"
        self.choose = random.Random(seed)
        self.assistant = Assistant(Settings(home=self.home, **CHUNKING), embedder=embedder)
        self.files: dict[str, dict[str, Told]] = {}
        self.away: dict[str, dict[str, Told]] = {}
        self.state = State()
        self.whole: set[frozenset[tuple[str, str]]] = {frozenset()}
        self.texts: dict[tuple[str, str], str] = {}
        self.backed_up: State | None = None
        self.log: list[str] = []
        self.tally: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.reader: int | None = None
        self._words = iter(range(10**6))

    # A sequence

    def run(self, steps: int) -> None:
        """Random operations, each compared; with a reader in half of the sequences. Raises AssertionError that says how to replay it."""
        try:
            for name in ("a", "b"):
                self.files[str(self.root / name)] = {}
                for _ in range(self.choose.randint(2, 4)):
                    self._add(str(self.root / name))
            self.sync_first()
            if self.choose.random() < 0.5:
                self._start_reader()
            names, weights = zip(*((name, weight) for name, weight in OPERATIONS if self._possible(name)), strict=True)
            for name in self.choose.choices(names, weights, k=steps):
                self.step(name)
            self.finish()
        except BaseException as error:  # whatever it was, the seed and the steps must be said with it
            note = f"seed {self.seed}, replay with `python tests/soak.py --only {self.seed}`; steps:\n  " + "\n  ".join(self.log)
            raise AssertionError(f"{type(error).__name__}: {error}\n{note}") from error
        finally:
            if self.reader is not None:
                self._stop_reader()
            self.assistant.library.database.close()

    def step(self, name: str) -> None:
        """One operation, after some changes of files, and the comparison."""
        for _ in range(self.choose.randint(1, 3)):
            self._edit()
        self.log.append(name)
        getattr(self, name)()
        self.tally[name] += 1
        self._compare()

    def finish(self) -> None:
        """Whatever happened: a pass makes library and sources equal, and the doctor finds nothing."""
        for location in list(self.away):
            self._come_back(location)
        self.sync_here()
        self._compare()
        found = examine(self.assistant.stores)
        assert found == [], found
        if self.reader is not None:
            self._stop_reader()

    def _possible(self, name: str) -> bool:
        return self.disk or name != "sync_on_a_full_disk"

    def _compare(self, states: Sequence[State] = ()) -> None:
        found = differences(self.assistant, self.state)
        assert not found, f"after {self.log[-1]}: {'; '.join(found)}"

    def _lead_to(self, *states: State) -> State:
        """Take note of the whole states that an operation may show to a reader; returns the last."""
        self.whole |= {state.searched() for state in states}
        for state in states:
            self.texts |= state.texts
        return states[-1]

    def _settle(self, *states: State) -> int:
        """After something was cut off: exactly one of these states is what is held; returns which."""
        self._lead_to(*states)
        found = [number for number, state in enumerate(states) if agrees(self.assistant, state)]
        assert found, f"after {self.log[-1]} the library is none of the states before and after: " + " / ".join(
            "; ".join(differences(self.assistant, state)[:3]) for state in states
        )
        self.state = states[found[0]]
        return found[0]

    # Files

    def _word(self) -> str:
        number, letters = next(self._words), ""
        for _ in range(4):
            number, place = divmod(number, len(_LETTERS))
            letters += _LETTERS[place]
        return f"x{letters}x"

    def _told(self, id: str | None) -> Told:
        word, choose = self._word(), self.choose
        subject, deed = choose.choice(_SUBJECTS), choose.choice(_DEEDS)
        more = " ".join(f"Neighbour number {n} of the {choose.choice(_SUBJECTS)} said so." for n in range(choose.choice((0, 1, 1, 6))))
        text = f"The {subject} at {word} {deed} on Monday. {more}".strip()
        day = f"2025-{choose.randint(1, 12):02}-{choose.randint(1, 28):02}"
        return Told(id, f"The {subject} {deed}", text, choose.choice(_OUTLETS), choose.choice((day, day, "")), word)

    def _add(self, location: str) -> None:
        number = next(self._words)
        id = f"{Path(location).name}{number}" if self.choose.random() < 0.6 else None
        folder = self.choose.choice(("", "", "north/", "south/"))
        self._write(location, f"{folder}{number:04}.md", self._told(id))

    def _write(self, location: str, path: str, told: Told) -> None:
        self.files[location][path] = told
        file = Path(location) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(told.page(), encoding="utf-8")

    def _edit(self) -> None:
        """One change of a file or folder, which a later pass will find."""
        edits: list[tuple[Callable[[str], None], int]] = [
            (self._add, 4),
            (self._change, 4),
            (self._retitle, 1),
            (self._delete, 2),
            (self._move, 2),
            (self._rename_folder, 1),
            (self._copy, 2),
            (self._blank, 1),
            (self._go_away, 1),
        ]
        edit = self.choose.choices([edit for edit, _ in edits], [weight for _, weight in edits])[0]
        if self.away and self.choose.random() < 0.5:
            self._come_back(next(iter(self.away)))
        there = [location for location, files in sorted(self.files.items()) if files]
        if there:
            location = self.choose.choice(there)
            self.log.append(f"  {edit.__name__.strip('_')} in {Path(location).name}")
            self.tally[edit.__name__.strip("_")] += 1
            edit(location)

    def _some(self, location: str) -> str:
        return self.choose.choice(sorted(self.files[location]))

    def _change(self, location: str) -> None:
        path = self._some(location)
        self._write(location, path, self._told(self.files[location][path].id))

    def _retitle(self, location: str) -> None:
        path = self._some(location)
        told = self.files[location][path]
        self._write(location, path, replace(told, title=f"{told.title} again"[:80]))

    def _delete(self, location: str) -> None:
        path = self._some(location)
        del self.files[location][path]
        (Path(location) / path).unlink()

    def _move(self, location: str) -> None:
        path = self._some(location)
        told = self.files[location].pop(path)
        (Path(location) / path).unlink()
        self._write(location, f"moved/{next(self._words):04}.md", told)

    def _rename_folder(self, location: str) -> None:
        folders = sorted({path.split("/")[0] for path in self.files[location] if "/" in path})
        if folders:
            old, new = self.choose.choice(folders), f"folder{next(self._words)}"
            (Path(location) / old).rename(Path(location) / new)
            self.files[location] = {
                new + path.removeprefix(old) if path.startswith(f"{old}/") else path: told for path, told in self.files[location].items()
            }

    def _copy(self, location: str) -> None:
        """The same content under another name: rejected where it has an id, another article where it has none."""
        told = self.files[location][self._some(location)]
        if told.id is None:
            # Else two articles would be found by one word.
            told = replace(told, word="")
        self._write(location, f"{next(self._words):04}.md", told)

    def _blank(self, location: str) -> None:
        path = self._some(location)
        self._write(location, path, replace(self.files[location][path], text=None))

    def _go_away(self, location: str) -> None:
        """The source is not there for a while, or empty."""
        self.away[location] = self.files.pop(location)
        Path(location).rename(self.root / f"away-{Path(location).name}")
        if self.choose.random() < 0.5:
            Path(location).mkdir()

    def _come_back(self, location: str) -> None:
        self.files[location] = self.away.pop(location)
        if Path(location).is_dir():
            Path(location).rmdir()
        (self.root / f"away-{Path(location).name}").rename(location)

    # Passes

    def sync_first(self) -> None:
        self.log.append("sync_first")
        for location in self.files:
            self.state = self._lead_to(self.state, synced(self.state, self.files, [location]))
            sync(self.assistant.stores, [Path(location)])
        # How long a pass takes must be known before anything is killed: measuring it is a pass of its own.
        self.sync_command()
        self._compare()

    def sync_here(self) -> None:
        self.state = self._lead_to(self.state, self._after())
        sync(self.assistant.stores, [])

    def sync_one_source(self) -> None:
        location = self.choose.choice(sorted(self.state.sources))
        self.state = self._lead_to(self.state, self._after(location))
        sync(self.assistant.stores, [Path(location)])

    def sync_command(self) -> None:
        self.state = self._lead_to(self.state, self._after())
        began = time.monotonic()
        self._command("sync")
        self.seconds.append(time.monotonic() - began)

    def sync_twice(self) -> None:
        """The second pass finds nothing to do."""
        self.sync_here()
        self._compare()
        meta = self.assistant.library.meta()
        report = sync(self.assistant.stores, [])
        assert (report.added, report.changed, report.removed, report.embedded) == (0, 0, 0, 0), report
        assert self.assistant.library.meta() == meta

    def sync_prune(self) -> None:
        self.state = self._lead_to(self.state, self._after(prune=True))
        sync(self.assistant.stores, [], prune=True)

    def sync_killed(self) -> None:
        self._add_somewhere()
        after, counted = self._after(), self._vectors()
        stage = self.choose.choice((*_STAGES, None, None, None, None, None, "index", "index", "index"))
        die = stage if isinstance(stage, tuple) else None
        pid = self.forks.start(self.home, "sync", die=die)
        if stage is None:
            time.sleep(self.choose.uniform(0, 1.1) * self._typical())
        elif stage == "index":
            # As Chroma begins to write, or some way into it.
            self._wait_for_index(pid)
            time.sleep(self.choose.uniform(0, 0.3))
        status = self._kill(pid) if die is None else self.forks.join(pid)
        self._note_landing(status, before=self.state, after=after, counted=counted)

    def sync_by_two(self) -> None:
        """Two processes at once, over the same sources or each over its own."""
        one, other = self._pair()
        states = (self.state, self._after(*one), self._after(*other), self._after_both(one, other))
        self.state = self._lead_to(*states)
        pids = [self.forks.start(self.home, "sync", *locations) for locations in (one, other)]
        assert [self.forks.join(pid) for pid in pids] == [0, 0], self.forks.errors.read_text(encoding="utf-8")

    def sync_by_two_one_killed(self) -> None:
        """The one that is left ends its work, whoever held the lock."""
        self._add_somewhere()
        one, other = self._pair()
        both, left = self._after_both(one, other), self._after(*other)
        self._lead_to(self._after(*one))
        killed, ends = self.forks.start(self.home, "sync", *one), self.forks.start(self.home, "sync", *other)
        time.sleep(self.choose.uniform(0, 1.5) * self._typical())
        self._kill(killed)
        assert self.forks.join(ends) == 0, self.forks.errors.read_text(encoding="utf-8")
        self._settle(left, both)

    def sync_on_a_full_disk(self) -> None:
        """However much room is left: the pass says that the disk is full and changes nothing, or it is whole."""
        self._add_somewhere()
        after, filler = self._after(), self.root / "filler"
        room = self.choose.choice((0, 30_000, 120_000, 300_000, 500_000, 800_000))
        with filler.open("wb") as file:
            while (free := shutil.disk_usage(self.root).free) > room:
                try:
                    file.write(b"\0" * min(1 << 16, free - room))
                    file.flush()
                except OSError:
                    break
        status = self.forks.join(self.forks.start(self.home, "sync"))
        said = self.forks.errors.read_text(encoding="utf-8")
        assert status in (0, 1), said
        assert status == 0 or "full" in said or "Cannot use" in said, said
        question = next(iter(self.state.live.values())).told.title if self.state.live else None
        if question:
            assert self.assistant.search(question), "an open reader goes on while the disk is full"
        filler.unlink()
        landed = self._settle(self.state, after)
        assert status == 1 or landed == 1 or self.state == after, said
        self.tally[f"disk full: {'nothing changed' if landed == 0 else 'the pass was whole'}"] += 1

    def remove_by_hand(self) -> None:
        if self.state.live:
            id = self.choose.choice(sorted(self.state.live))
            self.state = self._lead_to(self.state, removed(self.state, id))
            if self.choose.random() < 0.3:
                self._command("remove", id)
            else:
                remove(self.assistant.stores, id)

    def undo_remove(self) -> None:
        if self.state.withheld:
            id = self.choose.choice(sorted(self.state.withheld))
            self.state = self._lead_to(self.state, put_back(self.state, id))
            restore(self.assistant.stores, id)

    def purge(self) -> None:
        if ids := self._to_be_purged():
            self.state = self._lead_to(without(self.state, ids))
            assert purge(self.assistant.stores, ids).finished

    def purge_killed(self) -> None:
        """What is left of it is ended by running it again, with the articles where it had not come to them."""
        if ids := self._to_be_purged():
            pid = self.forks.start(self.home, "purge", *ids, "--yes")
            time.sleep(self.choose.uniform(0, 1.2) * self._typical())
            self._kill(pid)
            landed = self._settle(self.state, without(self.state, ids))
            self.tally[f"purge killed: {('before the switch', 'after the switch')[landed]}"] += 1
            if not landed or is_unfinished(self.assistant.stores):
                self.state = self._lead_to(without(self.state, ids))
                assert purge(self.assistant.stores, () if landed else ids).finished

    def _to_be_purged(self) -> list[str]:
        ids = sorted(self.state.live | self.state.withheld)
        return self.choose.sample(ids, min(len(ids), self.choose.randint(1, 2)))

    def converse(self) -> None:
        """A turn is kept, whatever becomes of what it cites; its words go with an article that is purged."""
        if self.state.live:
            id = self.choose.choice(sorted(self.state.live))
            text, question = self.state.live[id].told.text or "", f"Turn {self.state.turns}?"
            cited = Citation(1, id, self.state.live[id].version, "", None, None, None, 0, 20, text[:20])
            said = Sentence(text[:20], "supported", (1,))
            answer = Answer(question, question, "answered", text[:20], (said,), (cited,), (), Seconds(None, None, None, 0.1))
            keep(self.assistant, "c" * 32, answer)
            self.state = replace(self.state, turns=self.state.turns + 1)

    def back_up(self) -> None:
        backup(self.assistant.library, self.root / "kept.zip", force=True)
        self.backed_up = self.state

    def restore(self) -> None:
        if self.backed_up:
            self.state = self._lead_to(self.state, self._as_backed_up())
            restore_backup(self.assistant.stores, self.root / "kept.zip", force=True)

    def _as_backed_up(self) -> State:
        """What was purged since stays out."""
        assert self.backed_up
        return without(self.backed_up, self.state.purged)

    def restore_killed(self) -> None:
        if self.backed_up:
            pid = self.forks.start(self.home, "restore", str(self.root / "kept.zip"), "--force")
            time.sleep(self.choose.uniform(0, 1.2) * self._typical())
            self._kill(pid)
            same = self.state == self._as_backed_up()
            landed = self._settle(self.state, self._as_backed_up())
            self.tally[f"restore killed: {'no difference' if same else ('before the switch', 'after the switch')[landed]}"] += 1

    def repair_killed(self) -> None:
        """Whatever it had made anew is what was there."""
        pid = self.forks.start(self.home, "doctor", "--repair")
        time.sleep(self.choose.uniform(0, 1.2) * self._typical())
        self._kill(pid)

    # What they share

    def _after(self, *locations: str, prune: bool = False) -> State:
        return synced(self.state, self.files, locations, prune=prune)

    def _after_both(self, one: Sequence[str], other: Sequence[str]) -> State:
        return synced(synced(self.state, self.files, one), self.files, other)

    def _pair(self) -> tuple[list[str], list[str]]:
        first, second = sorted(self.state.sources)
        return self.choose.choice((([], []), ([first], [second]), ([second], [first])))

    def _add_somewhere(self) -> None:
        """So that the pass has something to do and to embed."""
        if not self.files:
            self._come_back(next(iter(self.away)))
        self._add(self.choose.choice(sorted(self.files)))

    def _command(self, *argv: str) -> None:
        status = self.forks.join(self.forks.start(self.home, *argv))
        assert status == 0, (argv, status, self.forks.errors.read_text(encoding="utf-8"))

    def _typical(self) -> float:
        """Seconds of an undisturbed pass in a process of its own."""
        return sorted(self.seconds)[len(self.seconds) // 2]

    def _kill(self, pid: int) -> int:
        # A child that has ended is a zombie until it is joined, so its number is nobody else's.
        os.kill(pid, signal.SIGKILL)
        return self.forks.join(pid)

    def _generations(self) -> set[str]:
        folder = self.home / "chroma"
        return {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()

    def _wait_for_index(self, pid: int) -> None:
        before, end = self._generations(), time.monotonic() + 20
        while not self._generations() - before and time.monotonic() < end and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
            time.sleep(0.005)

    def _vectors(self) -> int:
        with self.assistant.library.snapshot() as db:
            return int(db.execute("SELECT count(*) FROM vectors").fetchone()[0])

    def _note_landing(self, status: int, *, before: State, after: State, counted: int) -> None:
        """How far the pass had come, by what it left behind."""
        meta = self.assistant.library.meta()
        begun = [self.home / "chroma" / name for name in self._generations() - {meta.get("generation"), meta.get("previous")}]
        landed = self._settle(before, after)
        if status == 0:
            where = "the pass had ended"
        elif before == after:
            where = "nothing to change"
        elif landed == 1:
            where = "after the switch"
        elif any((folder / "sealed.json").is_file() for folder in begun):
            where = "before the switch, index sealed"
        elif begun:
            where = "before the switch, index begun"
        else:
            where = f"before the switch, {'vectors kept' if self._vectors() > counted else 'nothing kept'}"
        self.tally[f"killed: {where}"] += 1

    # The reader

    def _start_reader(self) -> None:
        # Not on the disk that is to be filled.
        self.seen = self.forks.errors.with_name(f"seen-{self.seed}.jsonl")
        self.seen.unlink(missing_ok=True)
        self.reader = self.forks.read(self.home, self.seen, self.seed)
        self.tally["sequences with a reader"] += 1

    def _stop_reader(self) -> None:
        """End it and judge what it saw: every passage is of a known text, and each look shows one whole state."""
        assert self.reader is not None
        pid, self.reader = self.reader, None
        os.kill(pid, signal.SIGTERM)
        status = self.forks.join(pid)
        for line in self.seen.read_text(encoding="utf-8").splitlines() if self.seen.is_file() else ():
            self.tally["looks of readers"] += 1
            self._judge(json.loads(line))
        assert status in (0, -signal.SIGTERM), status

    def _judge(self, saw: dict[str, object]) -> None:
        assert "error" not in saw, f"the reader got {saw['error']}"
        articles = frozenset(tuple(pair) for pair in saw["articles"])
        assert articles in self.whole, f"the reader saw half a state: {sorted(articles)}"
        assert (saw["count"], saw["lacking"], saw["others"]) == (len(articles), 0, 0), f"the reader saw half a state: {saw}"
        for name in ("passages", "citations"):
            quoted = saw.get(name, [])
            for id, version, start, end, text in quoted:
                assert self.texts[id, version][start:end] == text, f"the reader got words that no version holds: {text!r}"
            if name == "passages":
                found = {(id, version) for id, version, *_ in quoted}
                assert any(found <= state for state in self.whole), f"a search mixed two states: {sorted(found)}"


__all__ = ["ENVIRONMENT", "OPERATIONS", "Held", "Newsroom", "words_of"]
