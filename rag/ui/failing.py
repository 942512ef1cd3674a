"""The prompts of a run that did not pass: why, what was answered, and the way to ask them in the chat."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import streamlit as st

from rag.evaluate.checks import Checked
from rag.evaluate.report import why
from rag.evaluate.runs import Result, Run
from rag.ui import session, words
from rag.ui.asks import Ask
from rag.ui.escape import escape

SHOWN = 50
OUTCOMES = {True: (":material/check:", "held"), False: (":material/close:", "broken"), None: (":material/remove:", "not measured")}


def failing_view(run: Run, key: tuple[str | int | None, ...], *, chat: st.Page) -> None:
    """The first of them, and how many more there are."""
    results, total = _failing(run, key)
    if not total:
        return
    st.subheader(f"Failing ({total:,})", anchor=False)
    for number, result in enumerate(results):
        with st.container(key=f"failing-{number}", gap="xsmall"):
            _failed(result, number, chat)
    if total > len(results):
        st.caption(f"and {total - len(results):,} more; the downloads hold them all")


@st.cache_resource(max_entries=4, show_spinner="Reading the results…")
def _failing(_run: Run, key: tuple[str | int | None, ...]) -> tuple[list[Result], int]:
    """As many results as are shown, and how many there are."""
    missed = (result for result in _run.results() if result.status in ("failed", "error"))
    shown = list(itertools.islice(missed, SHOWN))
    return shown, len(shown) + sum(1 for _ in missed)


# Opening one prompt draws that prompt alone.
@st.fragment
def _failed(result: Result, number: int, chat: st.Page) -> None:
    label = f"**{escape(result.case['question'])}**"
    details = st.expander(label, type="compact", key=f"details-{number}-{result.id}-{result.repeat}", on_change="rerun")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if not details.open:
            st.caption(escape(why(result)), width="stretch")
        asked = st.button("Open in the chat", key=f"to-chat-{number}", icon=":material/chat_bubble:", type="tertiary")
    if details.open:
        with details:
            _details(result)
    if asked:
        session.new_chat(_ask(result))
        st.switch_page(chat)


def _ask(result: Result) -> Ask:
    """The question, searched as the run searched it: the turns before it are not in the new conversation."""
    question = str(result.case["question"])
    searched_as = str(result.answer["searched_as"]) if result.answer and result.case.get("history") else None
    return Ask(question, searched_as)


def _details(result: Result) -> None:
    answer = result.answer
    for turn in result.case.get("history", ()):
        st.caption(escape(f"Before it: {words.meta(turn['question'], turn.get('answer'))}"))
    if answer is not None:
        if answer["searched_as"] != result.case["question"]:
            st.caption(escape(f"Searched as: {answer['searched_as']}"))
        st.text(answer["answer"])
        for citation in answer["citations"]:
            st.caption(escape(words.meta(f"{citation['number']}", citation["title"], citation["source"], words.day(citation["published"]))))
    _checks(result.checked)
    if result.ranking:
        widths = {"title": st.column_config.TextColumn(width="medium"), "text": st.column_config.TextColumn(width="large")}
        st.dataframe(_passages(result), hide_index=True, height=240, column_config=widths)


def _checks(checked: Iterable[Checked]) -> None:
    lines = []
    for check in checked:
        icon, outcome = OUTCOMES[check.passed]
        asserted = f"{check.type}{f' “{check.value}”' if check.value else ''}"
        lines.append(f"{icon} {outcome} · {escape(words.meta(asserted, check.reason))}")
    st.markdown("  \n".join(lines))


def _passages(result: Result) -> list[dict[str, object]]:
    """The ranking as rows; an empty cell is a search that did not find the passage, or a prompt that does not say where its answer is."""
    return [
        {
            "rank": rank,
            "title": found.title,
            "score": round(found.score, 4),
            "BM25": None if found.bm25 is None else round(found.bm25, 2),
            "cosine": None if found.cosine is None else round(found.cosine, 3),
            "holds it": {True: "yes", False: "no", None: ""}[found.relevant],
            "outlet": found.source,
            "text": found.text,
        }
        for rank, found in enumerate(result.ranking, start=1)
    ]
