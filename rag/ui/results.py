"""What came of the runs: one is chosen, its figures are shown, and how it compares with an earlier one."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.evaluate.compare import Change, Comparison
from rag.evaluate.measures import Measure
from rag.evaluate.report import Report, counts, figure, write_report
from rag.evaluate.runner import compared, make_report, runs_folder
from rag.evaluate.runs import Run, RunInfo, list_runs
from rag.evaluate.statistics import Estimate
from rag.ui import session, words
from rag.ui.escape import escape
from rag.ui.failing import failing_view

# BEGUN is the run that is under way, to be shown if it is cut off; NO_RUN while its id is not known.
RUN, BESIDE, BEGUN = "evaluate-run", "evaluate-beside", "evaluate-begun"
# None would be a field that nothing was chosen in yet.
NO_RUN = ""
FORMS = {"HTML": ".html", "JSON": ".json", "JUnit": ".xml", "CSV": ".csv"}
MOST_CHANGES = 10


def choose(run: str, beside: str = NO_RUN) -> None:
    """Let the page show the run of that id the next time it is drawn."""
    st.session_state.update({RUN: run, BESIDE: beside})


def results_view(assistant: Assistant, *, chat: st.Page, go_on: Callable[[Run], None] | None) -> None:
    """The runs that are kept, the newest first, and one of them whole; without ``go_on``, one that was interrupted stays so."""
    try:
        _results(assistant, chat, go_on)
    except NewsdeskError as error:
        st.error(escape(str(error)))


def _results(assistant: Assistant, chat: st.Page, go_on: Callable[[Run], None] | None) -> None:
    runs = {run.info.id: run for run in list_runs(runs_folder(assistant.settings))}
    if not runs:
        return
    begun = session.take(BEGUN)
    if begun is not None:
        choose(str(begun) or next(iter(runs)))
    st.divider()
    run = runs[st.selectbox("Run", list(runs), format_func=lambda id: _label(runs[id].info), key=RUN, persist_state="session")]
    if run.info.finished is None:
        _interrupted(_report(run, _key(run)), go_on)
        return
    # By the time and not by the id: of two runs of the same second, either may be compared with the other.
    earlier = [id for id, other in runs.items() if other is not run and other.info.finished and other.info.started <= run.info.started]
    beside = st.selectbox(
        "Compare with",
        [NO_RUN, *earlier],
        format_func=lambda id: _label(runs[id].info) if id else "No other run",
        key=BESIDE,
        persist_state="session",
        disabled=not earlier,
    )
    _whole(run, runs.get(beside))
    failing_view(run, _key(run), chat=chat)


def _whole(run: Run, beside: Run | None) -> None:
    """A finished run but for its prompts."""
    report = _report(run, _key(run))
    if beside is None:
        _headline(report)
        _figures(report.measures, None)
        return
    report = _compared(report, beside, (*_key(run), *_key(beside)))
    _headline(report)
    if report.comparison is not None:
        _comparison(report.comparison)
    _figures(report.measures, _report(beside, _key(beside)).measures)


Key = tuple[str | int | None, ...]


def _key(run: Run) -> Key:
    """What changes when a run does."""
    size = run.results_file.stat().st_size if run.results_file.exists() else 0
    return run.folder.as_posix(), run.info.finished, size


# Intervals are resampled, and results hold every passage: neither is done again for a click.
@st.cache_resource(max_entries=8, show_spinner="Reading the results…")
def _report(_run: Run, key: Key) -> Report:
    return make_report(_run)


@st.cache_resource(max_entries=8, show_spinner="Comparing…")
def _compared(_report: Report, _earlier: Run, key: Key) -> Report:
    return compared(_report, _earlier)


def _label(info: RunInfo) -> str:
    started = f"{datetime.fromisoformat(info.started).astimezone():%d %b %Y, %H:%M}"
    notes = (None if info.finished else "interrupted", *info.changed, info.only, info.answers_from)
    return words.meta(started, *notes, info.suite, words.count(info.prompts, "prompt"), info.commit)


def _interrupted(report: Report, go_on: Callable[[Run], None] | None) -> None:
    info, found = report.run.info, counts(report.lines)
    st.header("Interrupted", anchor=False)
    st.markdown(
        f"{sum(found.values()):,} of {info.prompts * info.repeat:,} answered before it stopped; {found['passed']:,} of them passed."
    )
    if go_on is not None:
        st.button("Go on", icon=":material/play_arrow:", on_click=go_on, args=(report.run,))


def _headline(report: Report) -> None:
    info, found = report.run.info, counts(report.lines)
    st.header(f"{found['passed']:,} of {sum(found.values()):,} passed", anchor=False)
    others = [
        f"{count:,} {'ended in an error' if status == 'error' else status}"
        for status, count in found.items()
        if count and status != "passed"
    ]
    asked = f"{words.count(info.prompts, 'prompt')}{f', {info.repeat} times each' if info.repeat > 1 else ''}"
    st.caption(escape(words.meta(*others, asked, info.only, *info.changed)))
    st.caption(
        escape(words.meta(f"{words.count(info.articles, 'article')} in {words.count(info.chunks, 'chunk')}", f"run {info.id}", info.commit))
    )


def _comparison(comparison: Comparison) -> None:
    st.subheader("Compared with the earlier run", anchor=False)
    st.markdown(f"**{escape(comparison.verdict)}**")
    for word, changes in (("Worse", comparison.worse), ("Better", comparison.better)):
        if changes:
            st.markdown("\n".join(_changes(word, changes)))
    left_out = "; ".join(f"{count} {reason}" for reason, count in comparison.left_out.items())
    if left_out:
        st.caption(escape(f"Without a pair: {left_out}."))
    if comparison.latency_ratio is not None:
        st.caption(f"Time for a question: {comparison.latency_ratio:.2f} times the earlier run's (median over prompts).")


def _changes(word: str, changes: Sequence[Change]) -> Iterator[str]:
    yield f"{word} ({len(changes)})"
    yield from (f"- {escape(change.question)}" for change in changes[:MOST_CHANGES])
    if len(changes) > MOST_CHANGES:
        yield f"- and {len(changes) - MOST_CHANGES:,} more"


def _figures(measures: Sequence[Measure], beside: Sequence[Measure] | None) -> None:
    """A table for each group; what neither run measured is named below."""
    st.subheader("Figures", anchor=False)
    st.caption("With 95 % intervals over the prompts; n is how many prompts a figure rests on.")
    other = {measure.name: measure.estimate for measure in beside or ()}
    unknown: list[str] = []
    for group, members in itertools.groupby(measures, key=lambda measure: measure.group):
        rows = list(members)
        known = [m for m in rows if m.estimate.n or (m.name in other and other[m.name].n)]
        unknown += [m.label for m in rows if m not in known]
        if known:
            heads = [group.capitalize(), "This run", *(["Earlier run"] if beside else [])]
            cells = [[m.label, *(_figure(e, m) for e in (m.estimate, *([other[m.name]] if m.name in other else [])))] for m in known]
            st.markdown(_table(heads, cells))
    if unknown:
        st.caption(escape(f"Not measured: {'; '.join(unknown)}."))


def _figure(estimate: Estimate, measure: Measure) -> str:
    """A figure that breaks before its n, if anywhere."""
    return figure(estimate, measure.unit).replace("n = ", "n\u00a0=\u00a0")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Our own words and numbers, so not escaped: what is copied from a table holds no invisible marks."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _downloads(report: Report) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="evaluate-downloads"):
        st.caption("Download", width="content")
        for form, suffix in FORMS.items():
            st.download_button(form, partial(written, report, suffix), f"{report.run.info.id}{suffix}", on_click="ignore", type="tertiary")


def written(report: Report, suffix: str) -> bytes:
    """The report in one form; made when it is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"report{suffix}"
        write_report(path, report)
        return path.read_bytes()
