"""The Evaluate page: test prompts are run as ``newsdesk eval`` runs them, their results read, new ones drafted; it computes no figure."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError, UsageError
from rag.evaluate.cases import Suite
from rag.evaluate.datasets import read_suite
from rag.evaluate.runner import Options, only_matching, run_suite, suite_digest, with_settings
from rag.evaluate.runs import Run
from rag.settings import CHECKOUT, Settings
from rag.ui import session
from rag.ui.drafts import drafts_view
from rag.ui.escape import escape
from rag.ui.keep import place
from rag.ui.masthead import masthead
from rag.ui.progress import Progress
from rag.ui.results import BEGUN, NO_RUN, choose, results_view

SAMPLE = CHECKOUT / "corpus" / "prompts.yaml"
FILE, ONLY, CHANGE, REQUEST = "evaluate-file", "evaluate-only", "evaluate-change", "evaluate-request"
# Two runs at a time would share the processor, and two that go on with the same run would write into one file.
_RUNNING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Request:
    """A run to make: of a file of prompts, or the rest of one that was interrupted."""

    file: Path | None = None
    only: str | None = None
    change: str | None = None
    resume: Run | None = None


def evaluate_page(assistant: Assistant, *, chat: st.Page) -> None:
    """Draw the page, with a link to the chat; an error that a person can act on is one line on it."""
    with masthead():
        st.page_link(chat, label="Chat", icon=":material/chat_bubble:")
    files = prompt_files(assistant.settings)
    # Taken off before the run begins, so that a run that was interrupted does not begin again by itself.
    request = session.take(REQUEST)
    assert request is None or isinstance(request, Request)
    if not session.may_change():
        st.caption("Editors run test prompts and write them.")
        with st.container(key="evaluate"):
            results_view(assistant, chat=chat, go_on=None)
        return
    runs, drafts = st.tabs(["Runs", "Draft prompts"], key="evaluate-tabs")
    with drafts:
        if request is None:
            drafts_view(assistant)
        else:
            st.caption("A run is under way.")
    with runs:
        _form(assistant.settings, files, busy=request is not None)
        # What was shown before would fade beside the progress.
        below = st.empty()
        if request is not None:
            with below.container():
                _carry_out(assistant, files, request)
        if trouble := session.take("evaluate-trouble"):
            st.error(escape(str(trouble)))
        with below.container(key="evaluate"):
            results_view(assistant, chat=chat, go_on=lambda run: _ask_for(Request(resume=run)))


def prompt_files(settings: Settings) -> list[Path]:
    """The person's own test prompts, then the sample's: those that are there."""
    return [path for path in dict.fromkeys((settings.prompts_file, SAMPLE)) if path.is_file()]


def _form(settings: Settings, files: Sequence[Path], *, busy: bool) -> None:
    if not files:
        st.info(
            "There are no test prompts yet. Keep answers of the chat, or accept drafts: "
            f"they are written to {escape(place(settings.prompts_file, settings))}."
        )
        return
    with st.form("evaluate-form", border=False):
        st.selectbox(
            "Test prompts", files, format_func=lambda path: _named(path, settings), key=FILE, disabled=busy, persist_state="session"
        )
        left, right = st.columns(2)
        left.text_input(
            "Only prompts that match",
            key=ONLY,
            placeholder="split=dev, or words",
            help="A `key=value` of the metadata, or a regular expression that is looked for in description and question.",
            disabled=busy,
            persist_state="session",
        )
        right.text_input(
            "Compare with a changed setting",
            key=CHANGE,
            placeholder="passages=12",
            help="The prompts are run twice: as set, and with this `setting=value`.",
            disabled=busy,
            persist_state="session",
        )
        st.form_submit_button("Run", type="primary", icon=":material/play_arrow:", on_click=_submit, disabled=busy)


def _named(path: Path, settings: Settings) -> str:
    return str(path.relative_to(CHECKOUT)) if path == SAMPLE else place(path, settings)


def _submit() -> None:
    given = st.session_state
    _ask_for(Request(given[FILE], given[ONLY].strip() or None, given[CHANGE].strip() or None))


def _ask_for(request: Request) -> None:
    st.session_state[REQUEST] = request


def _carry_out(assistant: Assistant, files: Sequence[Path], request: Request) -> None:
    """Run with progress, choose the new run, and draw the page again; a reader who leaves interrupts it, and what was answered is kept."""
    if not _RUNNING.acquire(blocking=False):
        st.session_state["evaluate-trouble"] = "Another run is under way in this process: wait until it has ended."
        st.rerun()
    try:
        session.must_be_editor()
        progress = Progress("evaluate", "Reading the prompts…")
        st.session_state[BEGUN] = request.resume.info.id if request.resume else NO_RUN
        if request.resume is None:
            run, beside = _run(assistant, request, progress)
        else:
            run, beside = _resume(assistant, files, request.resume, progress), None
        choose(run.info.id, beside.info.id if beside else NO_RUN)
        session.take(BEGUN)
    except NewsdeskError as error:
        session.take(BEGUN)
        st.session_state["evaluate-trouble"] = str(error)
    finally:
        _RUNNING.release()
    st.rerun()


def _run(assistant: Assistant, request: Request, progress: Progress) -> tuple[Run, Run | None]:
    """The run to look at, and the run as set that a changed setting is compared with."""
    assert request.file is not None
    suite = read_suite(request.file)
    if request.only:
        suite = only_matching(suite, [request.only])
    if not request.change:
        return run_suite(suite, assistant.settings, Options(only=request.only), embedder=assistant.embedder, on_progress=progress).run, None
    # Before the first run: a wrong name must not cost one.
    changed = with_settings(assistant.settings, [request.change])
    first = run_suite(suite, assistant.settings, Options(only=request.only), embedder=assistant.embedder, on_progress=progress)
    return _with(suite, assistant, changed, Options(only=request.only, changed=(request.change,)), progress), first.run


def _with(suite: Suite, assistant: Assistant, changed: Settings, options: Options, progress: Progress) -> Run:
    same = changed.embedding_model == assistant.settings.embedding_model
    return run_suite(suite, changed, options, embedder=assistant.embedder if same else None, on_progress=progress).run


def _resume(assistant: Assistant, files: Sequence[Path], run: Run, progress: Progress) -> Run:
    info = run.info
    suite = _suite_of(run, files)
    changed = with_settings(assistant.settings, info.changed)
    return _with(suite, assistant, changed, Options(info.repeat, info.jobs, info.only, info.changed, None, run), progress)


def _suite_of(run: Run, files: Sequence[Path]) -> Suite:
    """The prompts that a run was made of, as they are now; raises UsageError when no file holds the same ones."""
    for path in files:
        suite = read_suite(path)
        if run.info.only:
            with suppress(UsageError):  # where nothing matches, the digest below does not either
                suite = only_matching(suite, run.info.only.split(" and "))
        if suite_digest(suite) == run.info.suite_digest and run.info.answers_from is None:
            return suite
    raise UsageError(f"Run {run.info.id} cannot go on here, since no file above holds its prompts any more: run them again.")
