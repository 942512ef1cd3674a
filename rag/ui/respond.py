"""Answers the question that waits: what happens is shown, in words, as it happens, and the answer is kept; it draws no turn that was answered before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from time import perf_counter

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rag.assistant import Assistant
from rag.conversation import exchange, history
from rag.errors import NewsdeskError
from rag.records import Answer, Citation, Event, Filters, Found, Passage, Searched, Seconds, Sentence, TimeAsked, Waiting, Writing, Wrote
from rag.ui import components, session, words
from rag.ui.asks import Ask
from rag.ui.views import passages_view, sentences_view

# Seconds; each drawing mounts the component anew.
_REDRAWN_AFTER = 0.15


def respond(assistant: Assistant, ask: Ask, filters: Filters) -> None:
    """Answer, keep the turn and draw the page anew. A question that fails waits no more and costs nothing: the turns that it was to replace stay.

    Where the page went away before it was answered, it is asked once more under the filters that it was begun under.
    """
    filters = ask.filters or filters
    session.begin(replace(ask, filters=filters))
    stay = [turn for turn in session.turns() if turn.turn_id not in ask.instead_of]
    before = stay[: ask.after]
    view = {"kind": "question", "text": ask.question, "note": words.scope(filters), "scroll": "asked"}
    components.draw(view, key=f"question-{len(stay)}")
    live = st.empty()
    seen = _Seen(ask.question)
    if assistant.writer and ask.write:
        # A click begins the page anew, which ends this run; Streamlit's own stop would let nothing be kept or drawn after it.
        st.button("Stop", icon=":material/stop_circle:", key="stop", on_click=_stop, args=(assistant, seen, ask, filters, len(before)))
    events = assistant.stream(
        ask.question, history=history(before), filters=filters, searched_as=ask.searched_as, write=ask.write, any_time=ask.any_time
    )
    try:
        with live.container(), closing(events):
            answer = _watch(events, seen)
    except Exception:  # raised again below
        # Whatever failed, the next run must not fail on the same question again.
        session.wait_for(None)
        live.empty()
        raise
    session.wait_for(None)
    _keep(assistant, answer, ask, filters, len(before))
    st.rerun()


def _keep(assistant: Assistant, answer: Answer, ask: Ask, filters: Filters, before: int) -> None:
    turn = exchange(answer, turn_id=ask.turn_id, filters=filters, reworded=ask.searched_as is not None, leant_on=before)
    session.add(assistant, turn, instead_of=ask.instead_of)


def _stop(assistant: Assistant, seen: _Seen, ask: Ask, filters: Filters, before: int) -> None:
    """Keep the sentences that are whole, and ask nothing again."""
    session.wait_for(None)
    if seen.sentences:
        _keep(assistant, seen.stopped(assistant.settings.model), ask, filters, before)


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
    # First what stays: the words of the answer stand where they will be read, and what goes with the last of them goes from below.
    prose = st.empty()
    below = st.empty()
    stage = below.status("Opening the library…", type="compact")
    reading = stage.empty()
    for event in events:
        match event:
            case Waiting():
                stage.update(label=words.waiting(event.ahead))
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
                below.empty()
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
