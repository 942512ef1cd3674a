"""``newsdesk eval``: reads its arguments, runs suites, prints and writes reports; it decides nothing about figures."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.assistant import Assistant
from rag.cli.arguments import LAST
from rag.cli.draft import print_drafts, review
from rag.errors import UsageError
from rag.evaluate.cases import Suite
from rag.evaluate.chunking.corpora import read_corpora
from rag.evaluate.chunking.lab import run_lab
from rag.evaluate.chunking.report import lab_json, lab_table
from rag.evaluate.datasets import read_suite
from rag.evaluate.drafts import drafts
from rag.evaluate.report import Report, comparison_lines, counts, report_head, table, why, write_report
from rag.evaluate.runner import Options, compared, only_failing, only_matching, run_suite, runs_folder, suite_digest, with_settings
from rag.evaluate.runs import Run, find_run, interrupted_run, last_run, list_runs
from rag.evaluate.schema import json_schema
from rag.evaluate.workbench import evaluations, open_library
from rag.models.embeddings import Embedder
from rag.records import Turn
from rag.settings import CHECKOUT, Settings, load_settings
from rag.terminal import Bars, print_json

log = logging.getLogger("rag")

FAILED = 100
_SHOWN = 20


def evaluate(args: argparse.Namespace) -> int:
    """Carry out ``newsdesk eval``; returns 100 when prompts failed, or with ``--fail-on worse`` when the verdict is worse."""
    settings = load_settings()
    if args.schema:
        print_json(json_schema())
        return 0
    if args.runs:
        return _list_runs(list_runs(runs_folder(settings)), as_json=args.json)
    if args.retrieval:
        return _compare_chunkings(args.retrieval, settings, as_json=args.json)
    if args.draft:
        return _draft(args, settings)
    suite, only = _suite(args, settings)
    if args.questions:
        for case in suite.cases:
            print_json(
                {"id": case.id, "question": case.question} | ({"history": [_turn(turn) for turn in case.history]} if case.history else {})
            )
        return 0
    return _run(args, settings, suite, only)


def _turn(turn: Turn) -> dict[str, str]:
    return {"question": turn.question} | ({"answer": turn.answer} if turn.answer else {})


def default_cases(settings: Settings) -> Path:
    """The developer's own prompts, else the sample's."""
    return settings.prompts_file if settings.prompts_file.exists() else CHECKOUT / "corpus" / "prompts.yaml"


def _suite(args: argparse.Namespace, settings: Settings) -> tuple[Suite, str | None]:
    """The prompts that the arguments leave, and the filter in words."""
    path = args.cases or default_cases(settings)
    suite = _with_sources(read_suite(path), args.source)
    words = list(args.filter)
    if args.filter:
        suite = only_matching(suite, args.filter)
    if args.filter_failing:
        earlier = _named(args.filter_failing, suite, settings)
        suite = only_failing(suite, earlier)
        words.append(f"failing in {earlier.info.id}")
    return suite, " and ".join(words) or None


def _with_sources(suite: Suite, sources: Sequence[Path]) -> Suite:
    return dataclasses.replace(suite, sources=(*suite.sources, *(source.resolve() for source in sources)))


def _draft(args: argparse.Namespace, settings: Settings) -> int:
    """From the articles of ``--source``, else of the served library."""
    if args.source:
        with Bars() as bars:
            assistant = open_library(_with_sources(Suite(Path("--source"), "", ()), args.source), settings, on_progress=bars.show)
    else:
        assistant = Assistant(settings)
    proposed = drafts(list(assistant.library.articles()))
    if args.json:
        return print_drafts(proposed, limit=args.limit or _SHOWN)
    if args.output and args.output[0].suffix.lower() not in (".yaml", ".yml"):
        raise UsageError(f"{args.output[0]}: accepted prompts go into a .yaml file.")
    return review(proposed, args.output[0] if args.output else settings.prompts_file, limit=args.limit)


def _named(name: str, suite: Suite, settings: Settings) -> Run:
    folder = runs_folder(settings)
    return last_run(folder, str(suite.path)) if name == LAST else find_run(folder, name)


def _run(args: argparse.Namespace, settings: Settings, suite: Suite, only: str | None) -> int:
    if args.changes and (args.baseline or args.answers or args.resume):
        raise UsageError("--with makes its own comparison: leave out --baseline, --answers and --resume.")
    for path in args.output:
        if path.suffix.lower() not in (".json", ".xml", ".csv", ".html"):
            raise UsageError(f"{path}: an output is .json, .xml (JUnit), .csv or .html.")
    # Looked up first, so that a wrong name does not cost a run, and so that this run is not its own baseline.
    baseline = _named(args.baseline, suite, settings) if args.baseline else None
    resume = interrupted_run(runs_folder(settings), suite_digest(suite)) if args.resume else None
    options = Options(args.repeat, args.jobs, only, (), args.answers, resume)
    embedder = Embedder(settings.embedding_model, cache=settings.models_folder, runtime=settings.runtime)
    first: Report | None = None
    report = _with_progress(suite, settings, options, embedder)
    if baseline is not None:
        report = compared(report, baseline)
    if args.changes:
        first, changed = report, with_settings(settings, args.changes)
        embedder = (
            embedder
            if changed.embedding_model == settings.embedding_model
            else Embedder(changed.embedding_model, cache=changed.models_folder, runtime=changed.runtime)
        )
        second = Options(args.repeat, args.jobs, only, tuple(args.changes))
        report = compared(_with_progress(suite, changed, second, embedder), first.run)
    for path in args.output:
        write_report(path, report)
    if args.json:
        print_json(report_head(report) | {"results": list(_short_results(report.run))})
    else:
        for line in _lines(suite, report, first):
            print(line)
    return _status(report, fail_on=args.fail_on)


def _with_progress(suite: Suite, settings: Settings, options: Options, embedder: Embedder) -> Report:
    stopped: list[int] = []

    def stop(number: int, frame: object) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    def show(stage: str, done: int, total: int) -> None:
        # Raised inside a callback of a compiled library, the first interrupt may be swallowed there.
        if stopped:
            raise KeyboardInterrupt
        bars.show(stage, done, total)

    before = signal.signal(signal.SIGINT, stop)
    try:
        with Bars() as bars:
            return run_suite(suite, settings, options, embedder=embedder, on_progress=show)
    except KeyboardInterrupt:
        log.error("newsdesk: interrupted; what was answered is kept, and the same command with --resume goes on.")
        raise
    finally:
        signal.signal(signal.SIGINT, before)


def _status(report: Report, *, fail_on: str) -> int:
    if fail_on == "worse":
        if report.comparison is None:
            raise UsageError("--fail-on worse needs something to compare with: add --baseline or --with.")
        return FAILED if report.comparison.verdict.startswith("Worse") else 0
    found = counts(report.lines)
    return FAILED if found["failed"] or found["error"] else 0


def _short_results(run: Run) -> Iterator[dict[str, Any]]:
    for result in run.results():
        answer = None if result.answer is None else result.answer["answer"]
        yield {"id": result.id, "question": result.case["question"], "status": result.status, "why": why(result), "answer": answer}


def _lines(suite: Suite, report: Report, first: Report | None) -> Iterator[str]:
    info, found = report.run.info, counts(report.lines)
    yield f"{suite.path}: {info.prompts} prompts over {info.articles} articles in {info.chunks} chunks{f', {info.only}' if info.only else ''}"
    yield ", ".join(f"{count} {status}" for status, count in found.items() if count or status == "passed")
    if first is None:
        yield from table(report.measures)
    else:
        yield f"\n  {'':58}{'as set':38}{', '.join(info.changed)}"
        yield from table(first.measures, report.measures)
    if found["failed"] or found["error"]:
        yield from _failing(report)
    if report.comparison is not None:
        yield from comparison_lines(report.comparison)
    yield f"\nrun {info.id}; `-o page.html` shows each prompt with its passages and citations"


def _failing(report: Report) -> Iterator[str]:
    """The first prompts that failed, and why, kept as lines only."""
    shown, total = list[str](), 0
    for result in report.run.results():
        if result.status in ("failed", "error"):
            total += 1
            if total <= _SHOWN:
                shown += [f"  {result.id}  {result.case['question']}", f"      {why(result)}"]
    yield f"\nfailing ({total})"
    yield from shown
    if total > _SHOWN:
        yield f"  … and {total - _SHOWN} more: --filter-failing runs them alone, -o writes them all"


def _list_runs(runs: Sequence[Run], *, as_json: bool) -> int:
    for run in runs:
        info = run.info
        if as_json:
            print_json({"id": info.id, "started": info.started, "finished": info.finished, "suite": info.suite, "prompts": info.prompts})
        else:
            notes = [note for note in (info.only, *info.changed, info.answers_from, None if info.finished else "interrupted") if note]
            print("\t".join([info.id, info.suite, f"{info.prompts} prompts", info.commit or "-", ", ".join(notes)]).rstrip())
    return 0


def _compare_chunkings(folder: Path, settings: Settings, *, as_json: bool) -> int:
    corpora = read_corpora(folder)
    apart = settings.model_copy(update={"home": evaluations(settings) / "chunking"})
    with Bars() as bars:
        report = run_lab(
            corpora,
            embedder=Embedder(settings.embedding_model, cache=settings.models_folder, runtime=settings.runtime),
            settings=apart,
            on_progress=bars.show,
        )
    if as_json:
        print_json(lab_json(report))
    else:
        print(lab_table(report))
    return 0
