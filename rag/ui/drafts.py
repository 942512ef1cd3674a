"""Test prompts that are proposed from the articles, one at a time: a person accepts, edits or skips each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.evaluate.drafts import Draft, drafts, edited, fact_of
from rag.evaluate.prompt_file import append_prompt, line_of_prompt
from rag.ui import session
from rag.ui.escape import escape
from rag.ui.keep import place

DRAFTING, TROUBLE = "drafting", "drafting-trouble"


@dataclass
class Drafting:
    """Where one session stands: the proposal that is shown, None after the last, and what comes after it."""

    left: Iterator[Draft]
    draft: Draft | None = None
    number: int = 0
    accepted: int = 0


# Accepting one proposal draws the next alone.
@st.fragment
def drafts_view(assistant: Assistant) -> None:
    """The proposal to decide on, or the button that begins."""
    drafting = st.session_state.get(DRAFTING)
    if trouble := session.take(TROUBLE):
        st.error(escape(str(trouble)))
    if drafting is None:
        st.markdown(
            "Newsdesk can propose test prompts from sentences of the articles. Accept, edit or skip each; "
            f"what you accept is written to {escape(place(assistant.settings.prompts_file, assistant.settings))}."
        )
        st.button("Propose prompts", icon=":material/edit_note:", type="primary", on_click=_begin, args=(assistant,))
        return
    if drafting.draft is None:
        st.markdown("Nothing more can be asked of these articles with confidence.")
    else:
        _proposal(assistant, drafting, drafting.draft)
    if drafting.accepted:
        st.caption(f"{drafting.accepted:,} accepted")


def _proposal(assistant: Assistant, drafting: Drafting, draft: Draft) -> None:
    question, fact = _keys(drafting)
    with st.container(key="draft"):
        st.markdown(f"> {escape(draft.quote)}")
        st.caption(escape(f"{draft.title} — {draft.why}"))
        st.text_area("Question", draft.question, key=question, height="content")
        if draft.kind == "unanswerable":
            st.markdown(":material/block: The articles should not answer this.")
        else:
            st.text_input("The answer should hold", fact_of(draft), key=fact)
        with st.container(horizontal=True, gap="xsmall"):
            st.button("Accept", icon=":material/check:", type="primary", on_click=_accept, args=(assistant, drafting, draft))
            st.button("Skip", icon=":material/skip_next:", on_click=_go_on, args=(assistant, drafting))


def _keys(drafting: Drafting) -> tuple[str, str]:
    """Each proposal has fields of its own, so that none begins with what was typed for the one before."""
    return f"draft-question-{drafting.number}", f"draft-fact-{drafting.number}"


def _begin(assistant: Assistant) -> None:
    try:
        session.must_be_editor()
        drafting = Drafting(drafts(list(assistant.library.articles())))
    except NewsdeskError as error:
        st.session_state[TROUBLE] = str(error)
        return
    st.session_state[DRAFTING] = drafting
    _go_on(assistant, drafting)


def _go_on(assistant: Assistant, drafting: Drafting) -> None:
    """To the next proposal that the file does not hold yet."""
    path = assistant.settings.prompts_file
    drafting.number += 1
    try:
        drafting.draft = next((draft for draft in drafting.left if not line_of_prompt(path, draft.prompt)), None)
    except NewsdeskError as error:
        st.session_state[TROUBLE] = str(error)
        st.session_state.pop(DRAFTING, None)


def _accept(assistant: Assistant, drafting: Drafting, draft: Draft) -> None:
    question, fact = _keys(drafting)
    try:
        session.must_be_editor()
        prompt = edited(draft, st.session_state[question].strip(), st.session_state[fact].strip() if fact in st.session_state else None)
        append_prompt(assistant.settings.prompts_file, prompt)
    except NewsdeskError as error:
        st.session_state[TROUBLE] = str(error)
        return
    drafting.accepted += 1
    _go_on(assistant, drafting)
