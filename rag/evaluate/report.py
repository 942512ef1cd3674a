"""A run as JSON, JUnit, CSV and lines for the terminal; the page for the browser is in page.py."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

from rag.errors import UsageError
from rag.evaluate.calibration import reliability, risk_curve
from rag.evaluate.compare import Comparison
from rag.evaluate.measures import Line, Measure, confident
from rag.evaluate.page import write_page
from rag.evaluate.runs import Result, Run
from rag.evaluate.statistics import Estimate

# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run with its figures, and how it compares where it was compared."""

    run: Run
    lines: Sequence[Line]
    measures: Sequence[Measure]
    comparison: Comparison | None = None


def write_report(path: Path, report: Report) -> None:
    """Write the form that the suffix names: .json, .xml (JUnit), .csv or .html; raises UsageError for another or a folder that cannot be written."""
    writers = {".json": _write_json, ".xml": _write_junit, ".csv": _write_csv, ".html": _write_html}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise UsageError(f"{path}: an output is .json, .xml (JUnit), .csv or .html.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer(file, report)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}).") from error


def report_head(report: Report) -> dict[str, Any]:
    """All but the results: the run, the figures, the curves and the comparison."""
    pairs = confident(report.lines)
    return {
        "schema": 1,
        "run": dataclasses.asdict(report.run.info),
        "counts": counts(report.lines),
        "measures": [dataclasses.asdict(measure) for measure in report.measures],
        "risk_curve": [dataclasses.asdict(point) for point in risk_curve(pairs)],
        "reliability": [dataclasses.asdict(held) for held in reliability(confident(report.lines, "first_if_answered"))],
        "comparison": None if report.comparison is None else dataclasses.asdict(report.comparison),
    }


def counts(lines: Iterable[Line]) -> dict[str, int]:
    """How many results passed, failed, were not measured, or ended in an error."""
    found = {"passed": 0, "failed": 0, "not measured": 0, "error": 0}
    for line in lines:
        found[line.status] += 1
    return found


def _write_json(file: IO[str], report: Report) -> None:
    """Result by result, so that a large run does not stand in memory; passages without their texts."""
    head = json.dumps(report_head(report), ensure_ascii=False, indent=1)
    file.write(head.removesuffix("\n}") + ',\n "results": [')
    for number, result in enumerate(report.run.results()):
        whole = dataclasses.asdict(result)
        whole["ranking"] = [found | {"text": ""} for found in whole["ranking"]]
        file.write((",\n  " if number else "\n  ") + json.dumps(whole, ensure_ascii=False))
    file.write("\n ]\n}\n")


def _write_junit(file: IO[str], report: Report) -> None:
    """One test case a result; what was not measured is skipped, with the reason."""
    found, info = counts(report.lines), report.run.info
    attributes = {"tests": sum(found.values()), "failures": found["failed"], "errors": found["error"], "skipped": found["not measured"]}
    suite = ElementTree.Element(
        "testsuite", {"name": _xml(info.suite), "timestamp": info.started, **{k: str(v) for k, v in attributes.items()}}
    )
    for result in report.run.results():
        seconds = result.scores.get("seconds") or 0.0
        name = f"{result.case.get('description') or result.case['question']} [{result.id}]"
        case = ElementTree.SubElement(suite, "testcase", {"classname": _xml(info.suite), "name": _xml(name), "time": f"{seconds:.3f}"})
        tag = {"failed": "failure", "error": "error", "not measured": "skipped"}.get(result.status)
        if tag:
            ElementTree.SubElement(case, tag, {"message": _xml(why(result))}).text = _xml(_said(result))
    ElementTree.indent(suite)
    file.write('<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n")


def _write_csv(file: IO[str], report: Report) -> None:
    """A row a result; an empty cell is what was not measured."""
    names = list(dict.fromkeys(name for line in report.lines for name in line.scores))
    writer = csv.writer(file)
    writer.writerow(["id", "repeat", "status", "description", "question", "why", "answer", *names])
    for result in report.run.results():
        row = [
            result.id,
            result.repeat,
            result.status,
            result.case.get("description", ""),
            result.case["question"],
            why(result),
            _said(result),
        ]
        scores = [result.scores.get(name) for name in names]
        writer.writerow([*(_cell(item) for item in row), *("" if score is None else f"{score:.6g}" for score in scores)])


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value[:1] else value


def _write_html(file: IO[str], report: Report) -> None:
    write_page(file, report_head(report), report.run.results())


def why(result: Result) -> str:
    """Why a result did not pass, in one line; empty when it did."""
    if result.error:
        return result.error
    wanted = False if result.status == "failed" else None
    reasons = [f"{c.type}{f' “{c.value}”' if c.value else ''}: {c.reason}" for c in result.checked if c.passed is wanted]
    return "; ".join(reasons) if result.status != "passed" else ""


def _said(result: Result) -> str:
    return "" if result.answer is None else str(result.answer["answer"])


def _xml(text: str) -> str:
    return _NOT_XML.sub("�", text)


# The terminal


def table(measures: Sequence[Measure], beside: Sequence[Measure] | None = None) -> Iterator[str]:
    """Lines of figures by group; ``beside`` is another run's, in a second column."""
    other = {measure.name: measure.estimate for measure in beside or ()}
    unknown: list[str] = []
    for group, members in itertools.groupby(measures, key=lambda measure: measure.group):
        rows = list(members)
        known = [m for m in rows if m.estimate.n or (m.name in other and other[m.name].n)]
        unknown += [m.label for m in rows if m not in known]
        if known:
            yield f"\n{group}"
        for m in known:
            columns = [figure(m.estimate, m.unit), *([figure(other[m.name], m.unit)] if m.name in other else [])]
            yield f"  {m.label:58}" + "".join(f"{column:38}" for column in columns).rstrip()
    if unknown:
        yield f"\nnot measured: {'; '.join(unknown)}"


def figure(estimate: Estimate, unit: str) -> str:
    """A figure with its interval and n."""
    if estimate.value is None:
        return "not measured"
    digits = 0 if unit == "ms" else 3
    interval = "" if estimate.low is None or estimate.high is None else f" [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
    return f"{estimate.value:.{digits}f}{' ms' if unit == 'ms' else ''}{interval} n = {estimate.n}"


def comparison_lines(comparison: Comparison, *, most: int = 10) -> Iterator[str]:
    """The verdict, then what got worse and better."""
    for word, changes in (("worse", comparison.worse), ("better", comparison.better)):
        if changes:
            yield f"\n{word} ({len(changes)})"
            yield from (f"  {change.id}  {change.question}" for change in changes[:most])
            if len(changes) > most:
                yield f"  … and {len(changes) - most} more"
    left_out = "; ".join(f"{count} {reason}" for reason, count in comparison.left_out.items())
    if left_out:
        yield f"\nwithout a pair: {left_out}"
    if comparison.latency_ratio is not None:
        yield f"\ntime for a question: {comparison.latency_ratio:.2f} times the earlier run's (median over prompts)"
    yield f"\n{comparison.verdict}"
