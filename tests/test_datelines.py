"""The dateline before a report is no part of what it says, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag.assistant import Assistant
from rag.text.datelines import without_dateline


@pytest.mark.parametrize(
    ("text", "report"),
    [
        pytest.param("PORT ELLERY, Feb. 14 (Northmere Wire) - Police came.", "Police came.", id="place-day-agency"),
        pytest.param("MOSCOW (AP) — The talks ended.", "The talks ended.", id="agency"),
        pytest.param("SALEM, Mass. (Reuters) - A fire broke out.", "A fire broke out.", id="state"),
        pytest.param("WASHINGTON, D.C. — The office is open.", "The office is open.", id="capitals-of-a-state"),
        pytest.param("ST. LOUIS — “Come in,” she said.", "“Come in,” she said.", id="quotation-follows"),
        pytest.param("London (Reuters) - 40 people came.", "40 people came.", id="small-letters-with-an-agency"),
        pytest.param("MÜNCHEN, 3 March 2025 (dpa) – Der Zoo ist offen.", "Der Zoo ist offen.", id="umlaut"),
    ],
)
def test_report_begins_behind_its_dateline(text: str, report: str) -> None:
    assert without_dateline(text) == report


@pytest.mark.parametrize(
    "text",
    [
        "NASA - the agency that runs the probe - said no.",
        "NASA landed a probe - The crowd cheered.",
        "London - The city slept.",
        "The ferry (built in 1988) - Ardent - sank.",
        "1,204 people - Half the town - came.",
        "X-Ray machines were sold.",
        "A",
        "",
    ],
)
def test_nothing_else_is_a_dateline(text: str) -> None:
    assert without_dateline(text) == text


def test_quote_begins_behind_the_dateline_and_holds_the_articles_words(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    said = "Divers raised the ferry Ardent off Tarn Head on Monday."
    desk = library_of(
        {"a.md": f"---\ntitle: Ardent\nsource: Coast Echo\npublished: 2025-03-03\n---\n\nTARN HEAD, March 3 (Coast Wire) - {said}\n"}
    )
    answer = desk.ask("what did divers raise off Tarn Head?")
    [citation] = answer.citations
    assert (answer.answer, citation.quote) == (said, said)
    assert desk.article(citation.article_id).text[citation.start : citation.end] == said
