"""One turn of the conversation: the question and how to ask it otherwise, the answer and what it rests on, what the reader thinks of it."""

from __future__ import annotations

import streamlit as st

from rag.assistant import Assistant
from rag.conversation import Exchange
from rag.records import Answer, TimeAsked
from rag.text.spoken import time_in_words
from rag.ui import components, session, words
from rag.ui.asks import Ask
from rag.ui.drawer import open_drawer
from rag.ui.escape import escape
from rag.ui.filters import clear_filters
from rag.ui.thumbs import judgement
from rag.ui.views import View, announcement, answer_view, cited_places, places

_EDIT = "edit"


def draw_turn(assistant: Assistant, turn: Exchange, index: int, *, fresh: bool) -> None:
    """Draw a turn that was answered; the last one is brought into view, and a ``fresh`` one said to screen readers."""
    answer = turn.answer
    _question(turn, index, announcement(answer, turn.turn_id) if fresh else None)
    # Where the answer was being written: a block here would keep what was drawn then, beside the answer, as long as questions to ask next are looked for.
    st.empty()
    if answer.searched_as.strip() != answer.question.strip():
        _searched_as(turn, index)
    if answer.time:
        _time_chip(turn, answer.time, index)
    _answer(assistant, answer, index)
    judgement(assistant, turn.turn_id, index)
    if answer.model and (answer.incomplete or any(sentence.verdict != "supported" for sentence in answer.sentences)):
        st.button(
            "Answer with quotes instead",
            key=f"quotes-{index}",
            on_click=session.wait_for,
            args=(Ask(answer.question, answer.searched_as, index, False),),
        )
    if turn.filters and answer.status == "abstained" and not answer.passages:
        st.button("Clear the filters and ask again", key=f"widen-{index}", on_click=_widen, args=(answer.question, index))


def _question(turn: Exchange, index: int, said: View | None) -> None:
    if st.session_state.get("editing") == turn.turn_id:
        _edit(turn, index)
        return
    scroll = turn.turn_id if turn is session.turns()[-1] and not session.waiting() else None
    view = {
        "kind": "question",
        "text": turn.answer.question,
        "note": words.scope(turn.filters),
        "scroll": scroll,
        "edit": _EDIT,
        "announcement": said,
    }
    if components.draw(view, key=f"question-{index}") == _EDIT:
        st.session_state.editing = turn.turn_id
        st.rerun()


def _edit(turn: Exchange, index: int) -> None:
    """The question in an input, in its place."""
    text = f"question-text-{turn.turn_id}"
    later = len(session.turns()) - index - 1
    goes = f": the {words.count(later, 'question')} after it {'goes' if later == 1 else 'go'} too" if later else ""
    with st.form(f"question-form-{turn.turn_id}", border=False):
        st.text_area(f"Ask this instead{goes}", turn.answer.question, key=text, height="content")
        with st.container(horizontal=True, gap="xsmall"):
            st.form_submit_button("Ask", type="primary", on_click=_ask_instead, args=(index, text))
            st.form_submit_button("Cancel", on_click=_cancel)


def _ask_instead(index: int, text: str) -> None:
    """Ask what was typed after the turns before it; until it is answered, nothing goes."""
    st.session_state.editing = None
    session.wait_for(Ask(st.session_state[text], instead_of=tuple(turn.turn_id for turn in session.turns()[index:])))


def _cancel() -> None:
    st.session_state.editing = None


# A click on a chip redraws only the answer that it belongs to.
@st.fragment
def _answer(assistant: Assistant, answer: Answer, index: int) -> None:
    known = places(answer)
    opened = components.draw(answer_view(answer), key=f"answer-{index}")
    if opened in known:
        open_drawer(assistant, known[opened], cited_places(answer))


def _time_chip(turn: Exchange, time: TimeAsked, index: int) -> None:
    """What was understood of the question's time; a click asks again without it."""
    with st.container(key=f"time-{index}"):
        st.button(
            escape(time_in_words(time)),
            key=f"any-time-{index}",
            icon=":material/close:",
            icon_position="right",
            help="Search articles of any day" if time.kind == "published" else "Let these days order nothing",
            on_click=session.wait_for,
            args=(Ask(turn.answer.question, turn.answer.searched_as if turn.reworded else None, index, any_time=True),),
        )


def _searched_as(turn: Exchange, index: int) -> None:
    answer = turn.answer
    label = f"Searched as: {escape(answer.searched_as)}"
    opened, text = f"edit-{turn.turn_id}", f"edit-text-{turn.turn_id}"
    with (
        st.popover(label, icon=":material/edit:", type="tertiary", wrap=True, key=opened, on_change="rerun"),
        st.form(f"edit-form-{turn.turn_id}", border=False),
    ):
        st.text_area("Search for this instead", answer.searched_as, key=text)
        st.form_submit_button("Search again", type="primary", on_click=_search_again, args=(answer.question, index, text, opened))


def _search_again(question: str, index: int, text: str, opened: str) -> None:
    """Ask once more with the reader's wording, as it would have been asked after the turns before it."""
    st.session_state[opened] = False
    session.wait_for(Ask(question, st.session_state[text].strip() or None, index))


def _widen(question: str, index: int) -> None:
    clear_filters()
    session.wait_for(Ask(question, after=index))
