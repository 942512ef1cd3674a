"""The chip that says what was understood of a question's time, and the notes beside quotes, on the chat page."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from samples import answers_of

from rag.assistant import Assistant
from tests.test_page import ask, button, open_page, shown, views

NEWS = "\n".join(
    json.dumps({"id": f"a{n}", "title": f"Ferry {n}", "published": day, "text": text})
    for n, (day, text) in enumerate(
        [
            ("2026-11-18", "The ferry Gull struck the quay of Skell on Tuesday. The ferry lost a rudder."),
            ("2025-03-04", "The ferry Gull struck a whale off Skell on Sunday. The ferry lost an anchor."),
        ]
    )
)


def test_chip_names_the_days_and_a_click_asks_again_without_them(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    opened = library_of({"news.jsonl": NEWS})
    opened.settings = opened.settings.model_copy(update={"today": date(2026, 11, 27)})
    page = ask(open_page(opened), "What was reported last week about the ferry Gull?")
    assert not page.exception
    chip = button(page, "Published 16 to 22 November 2026")
    [view] = views(page, "answer")
    assert all(card["title"] == "Ferry 0" for card in view["cited"])
    assert "“Tuesday”: Tuesday 17 November 2026" in [note for card in view["cited"] for quote in card["quotes"] for note in quote["notes"]]
    page = chip.click().run()
    assert not page.exception
    assert [shown(b.label) for b in page.button].count("Published 16 to 22 November 2026") == 1
    first, second = answers_of(opened, page.query_params["c"])
    assert first.time is not None
    assert second.time is None
