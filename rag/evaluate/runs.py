"""Runs as they are kept: a description, and a line of JSON for each prompt, appended as it is answered; it runs nothing.

A run that was cut off has no ``finished``, and goes on where it stopped. An output file of ``newsdesk eval -o`` is read as a run too,
so that a baseline can lie in a repository.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rag.errors import UsageError
from rag.evaluate.checks import Checked, Status
from rag.evaluate.measures import Line
from rag.evaluate.scores import Scores

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What was run, on what, and when (ISO 8601, UTC); ``finished`` is None while it is under way or cut off.

    ``only`` names a filter, ``changed`` the settings that differ for this run alone, ``answers_from`` a file of another system's answers.
    """

    id: str
    started: str
    finished: str | None
    suite: str
    suite_digest: str
    prompts: int
    only: str | None
    settings: Mapping[str, Any]
    articles: int
    chunks: int
    version: str
    commit: str | None
    repeat: int
    jobs: int
    answers_from: str | None
    changed: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it can serve as the last run of its prompts: all of them, as set, answered by Newsdesk."""
        return self.finished is not None and not (self.only or self.answers_from or self.changed)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage of the ranking; ``relevant`` is None where the prompt does not say which passages hold the answer."""

    article_id: str
    title: str
    source: str | None
    published: str | None
    start: int
    end: int
    text: str
    score: float
    bm25: float | None
    cosine: float | None
    relevant: bool | None


@dataclass(frozen=True, slots=True)
class Result:
    """One prompt, answered: ``case`` and ``answer`` are in the form of the file and of the public contract; ``answer`` is None on an error."""

    id: str
    repeat: int
    status: Status
    case: Mapping[str, Any]
    checked: tuple[Checked, ...]
    scores: Scores
    answer: Mapping[str, Any] | None
    ranking: tuple[Found, ...]
    error: str | None
    checks: str

    @property
    def line(self) -> Line:
        """What measures and comparisons need of it."""
        description, question = str(self.case.get("description", "")), str(self.case["question"])
        return Line(self.id, description, question, self.status, self.scores, self.checks, self.case.get("metadata", {}))


class Run:
    """One run in its folder."""

    def __init__(self, folder: Path, info: RunInfo) -> None:
        self.folder = folder
        self.info = info

    @property
    def results_file(self) -> Path:
        """A line of JSON for each result, in the order of the prompts."""
        return self.folder / "results.jsonl"

    def add(self, results: Iterable[Result]) -> Iterator[Result]:
        """Write each result as it comes, and pass it on."""
        with self.results_file.open("a", encoding="utf-8") as file:
            for result in results:
                file.write(json.dumps(dataclasses.asdict(result), ensure_ascii=False) + "\n")
                file.flush()
                yield result

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only one process at a time adds to a run; raises UsageError in a second one."""
        lock = FileLock(self.folder / "lock", timeout=0)
        try:
            with lock:
                yield
        except Timeout as error:
            raise UsageError(f"Run {self.info.id} is under way in another process: wait for it, or stop it.") from error

    def results(self) -> Iterator[Result]:
        """The results so far, one at a time: ten thousand of them with their passages would not fit in memory."""
        if self.folder.is_file():
            whole = json.loads(self.folder.read_text(encoding="utf-8"))
            yield from (_to_result(item) for item in whole["results"])
        elif self.results_file.exists():
            with self.results_file.open(encoding="utf-8") as file:
                yield from (_to_result(json.loads(line)) for line in file if line.endswith("\n"))

    def lines(self) -> list[Line]:
        """Every result without its answer."""
        return [result.line for result in self.results()]

    def mend(self) -> None:
        """Take off a last line that a killed process left half written."""
        if self.results_file.exists():
            raw = self.results_file.read_bytes()
            whole = raw.rfind(b"\n") + 1
            if whole != len(raw):
                os.truncate(self.results_file, whole)

    def finish(self) -> None:
        """Mark the run as complete."""
        self.info = dataclasses.replace(self.info, finished=now())
        _write_info(self.folder, self.info)


def start_run(folder: Path, info: RunInfo) -> Run:
    """A new run under ``folder``."""
    path = folder / info.id
    path.mkdir(parents=True)
    _write_info(path, info)
    return Run(path, info)


def new_id() -> str:
    """A run's name, which sorts by time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"


def now() -> str:
    """Now, as runs write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def list_runs(folder: Path) -> list[Run]:
    """The runs under a folder, newest first; what is no run is left out."""
    found = []
    for path in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []:
        if (path / "run.json").is_file():
            found.append(_read(path))
    return found


def find_run(folder: Path, name: str) -> Run:
    """A finished run by its id or the beginning of it, or a JSON file that ``eval -o`` wrote.

    Raises UsageError when there is none.
    """
    if Path(name).suffix == ".json":
        return _read_output(Path(name))
    runs = [run for run in list_runs(folder) if run.info.finished]
    found = next((run for run in runs if run.info.id.startswith(name)), None)
    if found is None:
        held = ", ".join(run.info.id for run in runs[:5]) or "none"
        raise UsageError(f"There is no finished run {name!r}; the newest are: {held}. A run can also be a JSON file that `eval -o` wrote.")
    return found


def last_run(folder: Path, suite: str) -> Run:
    """The newest whole run of a file of prompts; raises UsageError when there is none."""
    found = next((run for run in list_runs(folder) if run.info.is_whole and Path(run.info.suite).name == Path(suite).name), None)
    if found is None:
        raise UsageError(f"{suite} has no finished run yet to compare with: run `newsdesk eval {suite}` first.")
    return found


def interrupted_run(folder: Path, suite_digest: str) -> Run:
    """The newest run of the same prompts that was cut off; raises UsageError when there is none."""
    found = next((run for run in list_runs(folder) if not run.info.finished and run.info.suite_digest == suite_digest), None)
    if found is None:
        raise UsageError("No interrupted run of these prompts (as they are now) is there to resume.")
    return found


def info_from_dict(given: Mapping[str, Any]) -> RunInfo:
    """The description of a run, as ``run.json`` and outputs hold it; unknown keys of later releases are left out."""
    names = {field.name for field in dataclasses.fields(RunInfo)}
    kept = {key: value for key, value in given.items() if key in names}
    return RunInfo(**(kept | {"changed": tuple(kept.get("changed", ()))}))


def _read(path: Path) -> Run:
    try:
        return Run(path, info_from_dict(json.loads((path / "run.json").read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path / 'run.json'} is damaged ({error}): delete the folder {path}.") from error


def _read_output(path: Path) -> Run:
    try:
        return Run(path, info_from_dict(json.loads(path.read_text(encoding="utf-8"))["run"]))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name a run, or a JSON file that `newsdesk eval -o` wrote.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{path} is no output of `newsdesk eval -o`.") from error


def _write_info(folder: Path, info: RunInfo) -> None:
    part = folder / "run.json.part"
    part.write_text(json.dumps({"schema": SCHEMA} | dataclasses.asdict(info), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(folder / "run.json")


def _to_result(given: Mapping[str, Any]) -> Result:
    checked = tuple(Checked(**item) for item in given["checked"])
    return Result(**(dict(given) | {"checked": checked, "ranking": tuple(Found(**item) for item in given["ranking"])}))
