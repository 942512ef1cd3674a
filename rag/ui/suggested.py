"""Questions that one may ask with a click, on the front page and after an answer; the assistant has answered each of them before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import sleep

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rag.assistant import Assistant
from rag.records import Filters
from rag.ui import session
from rag.ui.asks import Ask
from rag.ui.escape import escape

SEARCH = "follow-ups-search"
# Looking for questions takes all cores: the browser first draws what is there already, which on the front page is the whole page.
_FRONT_WAITS, _ANSWER_WAITS = 1.2, 0.3
_STEP_SECONDS = 0.1


@dataclass
class _Search:
    """A search for what to ask next after the turn ``after``; it goes on where a click ended it."""

    after: str
    filters: Filters
    tries: Iterator[str | None]
    found: list[str] = field(default_factory=list)
    begun: bool = False


def opening_view(assistant: Assistant) -> None:
    """Questions about the library."""
    with st.spinner("Finding questions that these articles answer…"):
        place = st.empty()
        tries = assistant.suggesting()
        # Where they are known already there is nothing to try.
        if next(tries, "known") != "known":
            _wait(_FRONT_WAITS, place.empty)
        for _ in tries:
            # A click is heeded at a call of Streamlit's, so there is one between tries.
            place.empty()
        suggestions = assistant.suggestions()
    with st.container(key="suggestions", gap="xsmall"):
        for number, question in enumerate(suggestions):
            _offer(question, f"suggestion-{number}")


def following_view(assistant: Assistant, filters: Filters) -> None:
    """Questions that go on from the last turn, each as soon as it was answered."""
    search = _search(assistant, filters)
    title = st.empty()
    if not search.begun:
        search.begun = True
        _wait(_ANSWER_WAITS, lambda: _name(title, search))
    for number in range(assistant.settings.follow_ups):
        while number == len(search.found):
            # A click is heeded at a call of Streamlit's, so there is one before each try.
            _name(title, search)
            try:
                tried = next(search.tries)
            except StopIteration:
                return
            if tried:
                search.found.append(tried)
        _name(title, search)
        _offer(search.found[number], f"follow-up-{number}")


def _wait(seconds: float, heed: Callable[[], object]) -> None:
    """Let the browser draw; ``heed`` is a call of Streamlit's, at which a click ends the run."""
    for _ in range(round(seconds / _STEP_SECONDS)):
        heed()
        sleep(_STEP_SECONDS)


def _search(assistant: Assistant, filters: Filters) -> _Search:
    turns = session.turns()
    search: _Search | None = st.session_state.get(SEARCH)
    if search is None or (search.after, search.filters) != (turns[-1].turn_id, filters):
        search = _Search(turns[-1].turn_id, filters, assistant.follow_ups([turn.answer for turn in turns], filters))
        st.session_state[SEARCH] = search
    return search


def _name(title: DeltaGenerator, search: _Search) -> None:
    title.caption("Ask next" if search.found else "\u00a0")


def _offer(question: str, key: str) -> None:
    st.button(escape(question), key=key, width="stretch", on_click=session.wait_for, args=(Ask(question),))
