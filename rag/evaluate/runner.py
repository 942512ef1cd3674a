"""From a suite and settings to a report: library under test, questions asked, results kept, figures; the one call of command and page."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rag.assistant import Assistant
from rag.errors import UsageError
from rag.evaluate.answers import read_answers
from rag.evaluate.cases import Case, Suite
from rag.evaluate.compare import compare
from rag.evaluate.execute import Examiner, checks_digest, examine_all
from rag.evaluate.measures import Line, measure
from rag.evaluate.report import Report
from rag.evaluate.runs import Run, RunInfo, new_id, now, start_run
from rag.evaluate.workbench import evaluations, open_library
from rag.models.embeddings import Embedder
from rag.settings import CHECKOUT, Settings
from rag.store.publish import Progress

# Where things lie and who asks says nothing of the answers, and does not belong in a file that is passed on.
_LEFT_OUT = {"home", "prompts", "api_key", "api_at_once", "api_seconds", "readers", "editors"} | {
    name for name in Settings.model_fields if name.startswith("signin_")
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a suite is run; ``resume`` goes on with a run that was cut off."""

    repeat: int = 1
    jobs: int = 1
    only: str | None = None
    changed: tuple[str, ...] = ()
    answers: Path | None = None
    resume: Run | None = None


def run_suite(
    suite: Suite, settings: Settings, options: Options = Options(), *, embedder: Embedder | None = None, on_progress: Progress | None = None
) -> Report:
    """Run the prompts and keep the results; ``on_progress`` also tells of the asking.

    Killed at any moment, what was answered is kept, and ``resume`` goes on. Raises UsageError and what opening the library raises.
    """
    assistant = open_library(suite, settings, embedder=embedder, on_progress=on_progress)
    run = _run(suite, assistant, options)
    with run.held():
        return _asked(run, suite, assistant, options, on_progress)


def _asked(run: Run, suite: Suite, assistant: Assistant, options: Options, on_progress: Progress | None) -> Report:
    """Ask what the run does not hold yet, and finish it."""
    run.mend()
    done = {(line.id, repeat) for line, repeat in _kept(run)}
    work = [(case, repeat) for repeat in range(options.repeat) for case in suite.cases if (case.id, repeat) not in done]
    given = None if options.answers is None else read_answers(options.answers, suite)
    if given is None and work:
        # The first question loads the model, which is no part of answering it.
        assistant.embedder.warm()
    lines = [line for line, _ in _kept(run)]
    examiner = Examiner(assistant, given=given)
    for number, result in enumerate(run.add(examine_all(examiner, work, jobs=options.jobs)), start=1):
        lines.append(result.line)
        if on_progress is not None:
            on_progress("asking", len(done) + number, len(done) + len(work))
    run.finish()
    return make_report(run, lines)


def make_report(run: Run, lines: Sequence[Line] | None = None) -> Report:
    """The figures of a run that is kept."""
    lines = run.lines() if lines is None else lines
    return Report(run, lines, measure(lines))


def compared(report: Report, earlier: Run) -> Report:
    """A report beside an earlier run."""
    return dataclasses.replace(report, comparison=compare(earlier.lines(), report.lines))


def runs_folder(settings: Settings) -> Path:
    """Where runs are kept."""
    return evaluations(settings) / "runs"


def suite_digest(suite: Suite) -> str:
    """What is asked and asserted, as a digest."""
    digest = hashlib.sha256()
    for case in suite.cases:
        digest.update(f"{case.id} {checks_digest(case)}\n".encode())
    return digest.hexdigest()[:16]


def only_matching(suite: Suite, filters: Sequence[str]) -> Suite:
    """The prompts that all filters leave: ``key=value`` of the metadata, or a regular expression in description or question.

    Raises UsageError when none is left.
    """
    cases = [case for case in suite.cases if all(_matches(case, wanted) for wanted in filters)]
    if not cases:
        raise UsageError(f"No prompt of {suite.path} matches {' and '.join(filters)}.")
    return dataclasses.replace(suite, cases=tuple(cases))


def only_failing(suite: Suite, earlier: Run) -> Suite:
    """The prompts that did not pass in an earlier run; raises UsageError when all did."""
    failing = {line.id for line in earlier.lines() if line.status in ("failed", "error")}
    cases = tuple(case for case in suite.cases if case.id in failing)
    if not cases:
        raise UsageError(f"No prompt of {suite.path} failed in run {earlier.info.id}.")
    return dataclasses.replace(suite, cases=cases)


def with_settings(settings: Settings, changes: Sequence[str]) -> Settings:
    """The settings with ``name=value`` put in place; raises UsageError for an unknown name or a bad value."""
    update: dict[str, Any] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals or name not in Settings.model_fields or name in _LEFT_OUT:
            known = ", ".join(sorted(Settings.model_fields.keys() - _LEFT_OUT))
            raise UsageError(f"--with {change}: give setting=value; the settings are {known}.")
        update[name] = value
    try:
        return Settings(**(settings.model_dump() | update))
    except ValidationError as error:
        item = error.errors()[0]
        raise UsageError(f"--with {'.'.join(map(str, item['loc']))}={item['input']}: {item['msg']}.") from error


def _matches(case: Case, wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    if equals and re.fullmatch(r"[\w-]+", key):
        return str(case.metadata.get(key, "")).casefold() == value.casefold()
    try:
        return re.search(wanted, f"{case.description}\n{case.question}", re.I) is not None
    except re.error as error:
        raise UsageError(f"--filter {wanted}: neither key=value nor a regular expression ({error}).") from error


def _run(suite: Suite, assistant: Assistant, options: Options) -> Run:
    if options.resume is not None:
        _check_resumable(options.resume, assistant.settings, options)
        return options.resume
    overview = assistant.overview()
    info = RunInfo(
        id=new_id(),
        started=now(),
        finished=None,
        suite=suite.path.name if suite.path.is_absolute() else suite.path.as_posix(),
        suite_digest=suite_digest(suite),
        prompts=len(suite.cases),
        only=options.only,
        settings=_described(assistant.settings),
        articles=overview.articles,
        chunks=overview.chunks,
        version=version("newsdesk"),
        commit=_commit(),
        repeat=options.repeat,
        jobs=options.jobs,
        answers_from=None if options.answers is None else options.answers.name,
        changed=options.changed,
    )
    return start_run(evaluations_of(assistant) / "runs", info)


def evaluations_of(assistant: Assistant) -> Path:
    """The folder of evaluations that a library under test lies in."""
    return assistant.settings.home.parent.parent


def _check_resumable(run: Run, settings: Settings, options: Options) -> None:
    if dict(run.info.settings) != _described(settings) or run.info.repeat != options.repeat:
        raise UsageError(f"Run {run.info.id} was made with other settings: set them back to resume it, or run without --resume.")


def _described(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude=_LEFT_OUT)


def _kept(run: Run) -> Iterator[tuple[Line, int]]:
    return ((result.line, result.repeat) for result in run.results())


def _commit() -> str | None:
    """The checkout's commit, with ``-dirty`` where files differ from it; None outside a checkout."""
    try:
        done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=CHECKOUT, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
