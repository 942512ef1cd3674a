"""The chat page: a question, what happens while it is answered, the answer, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from time import perf_counter

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.records import (
    Answer,
    Citation,
    Event,
    Filters,
    Found,
    Overview,
    Passage,
    Searched,
    Seconds,
    Sentence,
    TimeAsked,
    Turn,
    Writing,
    Wrote,
)
from rag.text.spoken import time_in_words
from rag.ui import components, session, words
from rag.ui.drawer import open_drawer
from rag.ui.escape import escape
from rag.ui.filters import clear_filters, filter_chips, filter_menu
from rag.ui.keep import keep_button
from rag.ui.masthead import masthead
from rag.ui.session import Ask, Shown
from rag.ui.views import answer_view, cited_places, passages_view, places, sentences_view

# Seconds; each drawing mounts the component anew.
_REDRAWN_AFTER = 0.15


def chat_page(assistant: Assistant, *, library: st.Page, evaluate: st.Page) -> None:
    """Draw the page, with links to the others; an error that a reader can act on is one line on it."""
    try:
        _page(assistant, library, evaluate)
    except NewsdeskError as error:
        session.wait_for(None)
        st.error(escape(str(error)))


def _page(assistant: Assistant, library: st.Page, evaluate: st.Page) -> None:
    overview = assistant.overview()
    session.restore(assistant)
    typed = st.chat_input("Ask the articles", disabled=overview.articles == 0, submit_mode="disable")
    if typed is not None:
        session.wait_for(Ask(typed))
    filters = _masthead(overview, library, evaluate)
    if overview.articles == 0:
        _no_library(library)
        return
    filter_chips(filters)
    # Emptied as soon as a question waits; left alone, the suggestions would fade beside the answer until it is done.
    front = st.empty()
    ask = session.waiting()
    if not ask and not session.turns():
        with front.container(key="front"):
            _front(assistant, overview)
    fresh = session.take("fresh")
    for index, shown in enumerate(session.turns()):
        with st.container(key=f"turn-{index}"):
            _turn(assistant, shown, index, fresh=index == fresh)
    if used := words.usage(session.usage()):
        st.caption(f"This conversation: {escape(used)}")
    if trouble := session.take("trouble"):
        st.warning(escape(str(trouble)))
    if ask:
        with st.container(key=f"turn-{len(session.turns())}"):
            _respond(assistant, ask, filters)


def _masthead(overview: Overview, library: st.Page, evaluate: st.Page) -> Filters:
    with masthead():
        st.page_link(library, label="Library", icon=":material/newsmode:")
        st.page_link(evaluate, label="Evaluate", icon=":material/rule:")
        filters = filter_menu(overview) if overview.articles else Filters()
        if session.turns() or session.waiting():
            st.button("New chat", icon=":material/edit_square:", key="new-chat", on_click=session.new_chat)
    return filters


def _no_library(library: st.Page) -> None:
    with st.container(key="front"):
        st.header("No library yet", anchor=False)
        st.markdown("Newsdesk answers from articles that you give it. Drop files on the library page:")
        st.page_link(library, label="Add articles", icon=":material/add:")
        st.markdown("or name the folder that holds them, on the command line:")
        st.code("newsdesk sync FOLDER", language=None)
        st.markdown("Nothing leaves this computer.")
        st.button("Look again", icon=":material/refresh:")


def _front(assistant: Assistant, overview: Overview) -> None:
    st.header("Ask the articles.", anchor=False)
    st.markdown(
        "Every sentence of an answer opens the exact words it rests on. "
        "Where the articles disagree, both accounts are shown; what they do not say is not answered."
    )
    st.caption(escape(words.holdings(overview)))
    with st.spinner("Finding questions that these articles answer…"):
        suggestions = assistant.suggestions()
    with st.container(key="suggestions", gap="xsmall"):
        for number, question in enumerate(suggestions):
            st.button(escape(question), key=f"suggestion-{number}", width="stretch", on_click=session.wait_for, args=(Ask(question),))


def _turn(assistant: Assistant, shown: Shown, index: int, *, fresh: bool) -> None:
    answer = shown.answer
    _question(answer.question, words.scope(shown.filters), index, fresh=fresh)
    if answer.searched_as.strip() != answer.question.strip():
        _searched_as(answer, index)
    if answer.time:
        _time_chip(shown, answer.time, index)
    _answer(assistant, answer, index)
    if not any(citation.deleted for citation in answer.citations):
        keep_button(assistant, shown, index)
    if answer.model and (answer.incomplete or any(sentence.verdict != "supported" for sentence in answer.sentences)):
        st.button(
            "Answer with quotes instead",
            key=f"quotes-{index}",
            on_click=session.wait_for,
            args=(Ask(answer.question, answer.searched_as, index, False),),
        )
    if shown.filters and answer.status == "abstained" and not answer.passages:
        st.button("Clear the filters and ask again", key=f"widen-{index}", on_click=_widen, args=(answer.question, index))


def _question(text: str, scope: str, index: int, *, fresh: bool) -> None:
    components.draw({"kind": "question", "text": text, "note": scope, "scroll": fresh}, key=f"question-{index}")


# A click on a chip redraws only the answer that it belongs to.
@st.fragment
def _answer(assistant: Assistant, answer: Answer, index: int) -> None:
    known = places(answer)
    opened = components.draw(answer_view(answer), key=f"answer-{index}")
    if opened in known:
        open_drawer(assistant, known[opened], cited_places(answer))


def _time_chip(shown: Shown, time: TimeAsked, index: int) -> None:
    """What was understood of the question's time; a click asks again without it."""
    with st.container(key=f"time-{index}"):
        st.button(
            escape(time_in_words(time)),
            key=f"any-time-{index}",
            icon=":material/close:",
            icon_position="right",
            help="Search articles of any day" if time.kind == "published" else "Let these days order nothing",
            on_click=session.wait_for,
            args=(Ask(shown.answer.question, shown.answer.searched_as if shown.reworded else None, index, any_time=True),),
        )


def _searched_as(answer: Answer, index: int) -> None:
    label = f"Searched as: {escape(answer.searched_as)}"
    opened, text = f"edit-{index}", f"edit-text-{index}"
    with (
        st.popover(label, icon=":material/edit:", type="tertiary", wrap=True, key=opened, on_change="rerun"),
        st.form(f"edit-form-{index}", border=False),
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


def _respond(assistant: Assistant, ask: Ask, filters: Filters) -> None:
    _question(ask.question, words.scope(filters), len(session.turns()), fresh=False)
    before = session.history(session.turns()[: ask.after])
    live = st.empty()
    seen = _Seen(ask.question)
    if assistant.writer and ask.write:
        # A click begins the page anew, which ends this run; Streamlit's own stop would let nothing be kept or drawn after it.
        st.button("Stop", icon=":material/stop_circle:", key="stop", on_click=_stop, args=(assistant, seen, filters, before))
    events = assistant.stream(
        ask.question, history=before, filters=filters, searched_as=ask.searched_as, write=ask.write, any_time=ask.any_time
    )
    try:
        with live.container(), closing(events):
            answer = _watch(events, seen)
    except Exception:
        # Whatever failed, the next run must not fail on the same question again.
        session.wait_for(None)
        live.empty()
        raise
    session.wait_for(None)
    session.add(assistant, Shown(answer, filters, tuple(before), reworded=ask.searched_as is not None))
    st.rerun()


def _stop(assistant: Assistant, seen: _Seen, filters: Filters, before: Sequence[Turn]) -> None:
    """Keep the sentences that are whole, and ask nothing again."""
    session.wait_for(None)
    if seen.sentences:
        session.add(assistant, Shown(seen.stopped(assistant.settings.model), filters, tuple(before)))


@dataclass
class _Seen:
    """What has come of an answer so far."""

    question: str
    searched_as: str = ""
    time: TimeAsked | None = None
    passages: tuple[Passage, ...] = ()
    sentences: list[Sentence] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    began: float = field(default_factory=perf_counter)
    drawn: int = 0
    drawn_at: float = 0.0

    def stopped(self, model: str | None) -> Answer:
        """The sentences that were whole when the reader stopped the answer."""
        return Answer(
            self.question,
            self.searched_as,
            "answered",
            " ".join(sentence.text for sentence in self.sentences if sentence.verdict != "unsupported"),
            tuple(self.sentences),
            tuple(self.citations),
            self.passages,
            Seconds(None, None, None, perf_counter() - self.began),
            model=model,
            notice="Stopped before its end.",
            incomplete=True,
            time=self.time,
        )


def _watch(events: Iterator[Event], seen: _Seen) -> Answer:
    """Show what happens, in words, as it happens; the answer is the last event."""
    stage = st.status("Opening the library…", type="compact")
    reading = stage.empty()
    prose = st.empty()
    for event in events:
        match event:
            case Searched():
                seen.searched_as, seen.time = event.searched_as, event.time
                stage.update(label=f"Searching {words.count(event.articles, 'article')}…")
            case Found():
                seen.passages = event.passages
                stage.update(label=f"Reading {words.count(len(event.passages), 'passage')}…", expanded=True)
                with reading:
                    components.draw(passages_view(event.passages))
            case Writing():
                stage.update(label="Writing, and checking each sentence…")
                if event.text:
                    _prose(prose, seen, event.text)
            case Wrote():
                seen.sentences.append(event.sentence)
                seen.citations.extend(event.citations)
                _prose(prose, seen, "")
            case Answer():
                return event
    raise NewsdeskError("The answer broke off before its end. Ask again.")


def _prose(place: DeltaGenerator, seen: _Seen, writing: str) -> None:
    """Draw what has come; words of a sentence in progress not more often than an eye follows."""
    if writing and perf_counter() - seen.drawn_at < _REDRAWN_AFTER:
        return
    seen.drawn, seen.drawn_at = seen.drawn + 1, perf_counter()
    view = {"kind": "sentences", "sentences": sentences_view(seen.sentences, seen.citations), "writing": writing}
    with place:
        # Streamlit takes the same data twice in one run for a mistake, hence the number.
        components.draw(view | {"drawn": seen.drawn})
