"""The chat page, run by Streamlit's own AppTest over a real library; what only a browser shows is in test_browser."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import answers_of
from streamlit.testing.v1 import AppTest

from rag.assistant import Assistant
from rag.errors import LibraryError
from rag.records import Answer, Citation, Filters, Origin, Overview, Seconds, Sentence, Span
from rag.settings import Settings
from rag.text.legible import legible
from rag.ui import words
from rag.ui.asks import Ask, held, hold
from rag.ui.escape import JOINER, escape
from rag.ui.views import Place, answer_view, article_view, places, segments

APP = Path(__file__).parent.parent / "app.py"
ASKED = "where did the attackers try to flee?"
UNANSWERABLE = "who won the chess olympiad in 1987?"
HOSTILE = "Costs $5 or $6, :red[alarm] <b>bold</b> ![x](https://evil.example/x.png) [go](https://evil.example) :smile: -> www.evil.example *stars*"

View = dict[str, Any]


def open_page(assistant: Assistant, **query: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.session_state["assistant"] = assistant
    page.query_params.update(query)
    return page.run()


def ask(page: AppTest, question: str) -> AppTest:
    return page.chat_input[0].set_value(question).run()


def views(page: AppTest, kind: str) -> list[View]:
    """What the component was given to draw; nothing else on the page shows article text."""
    drawn = [json.loads(element.proto.json) for element in page.get("bidi_component")]
    return [view for view in drawn if view["kind"] == kind]


def shown(label: str) -> str:
    """The text that markdown made by ``escape`` shows."""
    return re.sub(rf"\\([{re.escape(string.punctuation)}])", r"\1", label).replace(JOINER, "")


def button(page: AppTest, label: str) -> Any:
    return next(button for button in page.button if shown(button.label) == label)


@pytest.fixture(scope="module")
def answered(assistant: Assistant) -> AppTest:
    """A page on which one question has been answered; for reading only."""
    return ask(open_page(assistant), ASKED)


@pytest.fixture
def hostile(library_of: Callable[[dict[str, str]], Assistant]) -> Assistant:
    """An assistant over one article in which every field tries to be markup."""
    fields = {
        "id": "hostile",
        "title": HOSTILE,
        "source": HOSTILE,
        "author": HOSTILE,
        "published": "2025-01-01",
        "url": "javascript:alert(1)",
    }
    text = f"The harbour crane fell on Monday. {HOSTILE}.\n\nNobody was hurt, the harbour master said."
    return library_of({"hostile.jsonl": json.dumps(fields | {"text": text}) + "\n"})


def test_answer_shows_its_sentences_with_cards_of_stored_words(answered: AppTest, assistant: Assistant) -> None:
    [view] = views(answered, "answer")
    assert not answered.exception
    assert view["refusal"] is None
    assert view["sentences"]
    quotes = [quote for card in view["cited"] for quote in card["quotes"]]
    numbers = {chip["number"] for sentence in view["sentences"] for chip in sentence["chips"]}
    assert numbers == {quote["number"] for quote in quotes}
    [turn] = answers_of(assistant, answered.query_params["c"])
    for quote in quotes:
        place = places(turn)[quote["open"]]
        assert assistant.article(place.article_id, place.version).text[place.start : place.end] == quote["quote"]


def test_cited_and_also_found_share_no_article(answered: AppTest, assistant: Assistant) -> None:
    [view] = views(answered, "answer")
    [turn] = answers_of(assistant, answered.query_params["c"])
    known = places(turn)
    cited = [known[card["open"]].article_id for card in view["cited"]]
    found = [known[item["open"]].article_id for item in view["found"]]
    assert len(cited) == len(set(cited))
    assert not set(cited) & set(found)
    assert view["found_open"] is False


def test_refusal_cites_nothing_and_calls_its_passages_related(assistant: Assistant) -> None:
    page = ask(open_page(assistant), UNANSWERABLE)
    [view] = views(page, "answer")
    assert view["refusal"]
    assert view["sentences"] == view["cited"] == []
    assert view["found_heading"] == "Related, not an answer"
    assert not any("number" in item for item in view["found"])


def test_follow_up_shows_what_was_searched_and_searches_the_edit(assistant: Assistant) -> None:
    page = ask(ask(open_page(assistant), ASKED), "and when?")
    searched = page.text_area[0].value
    assert searched != "and when?"
    assert searched in [turn.searched_as for turn in answers_of(assistant, page.query_params["c"])]
    page.text_area[0].set_value("When did the attack on the concert hall take place?")
    button(page, "Search again").click().run()
    *_, edited = answers_of(assistant, page.query_params["c"])
    assert (edited.question, edited.searched_as) == ("and when?", "When did the attack on the concert hall take place?")
    assert len(views(page, "answer")) == 3


def test_question_that_stands_alone_shows_no_searched_as(answered: AppTest) -> None:
    assert not answered.text_area


def test_filters_that_exclude_everything_say_so_and_can_be_cleared(assistant: Assistant) -> None:
    page = open_page(assistant)
    page.date_input(key="since").set_value(date(2100, 1, 1)).run()
    assert button(page, "from 1 January 2100")
    ask(page, ASKED)
    [view] = views(page, "answer")
    assert "filter" in view["refusal"]
    assert view["found"] == []
    button(page, "Clear the filters and ask again").click().run()
    assert page.date_input(key="since").value is None
    assert [view["refusal"] is None for view in views(page, "answer")] == [False, True]


def test_outlet_filter_is_a_chip_that_removes_it(assistant: Assistant) -> None:
    page = open_page(assistant)
    outlet = assistant.overview().outlets[0]
    page.multiselect(key="outlets").set_value([outlet]).run()
    ask(page, ASKED)
    [turn] = answers_of(assistant, page.query_params["c"])
    assert {passage.source for passage in turn.passages} <= {outlet}
    button(page, outlet).click().run()
    assert page.multiselect(key="outlets").value == []


def test_no_library_names_the_command(tmp_path: Path) -> None:
    page = open_page(Assistant(Settings(home=tmp_path)))
    assert "newsdesk sync FOLDER" in [code.value for code in page.code]
    assert page.chat_input[0].disabled
    assert not page.exception


def test_an_empty_library_offers_the_sample_articles(tmp_path: Path, assistant: Assistant) -> None:
    opened = Assistant(Settings(home=tmp_path), embedder=assistant.embedder)
    page = open_page(opened)
    button(page, "Try it with sample articles").click().run(timeout=180)
    assert not page.exception
    assert opened.overview().articles == assistant.overview().articles
    assert not page.chat_input[0].disabled


def test_suggestions_are_answered(assistant: Assistant) -> None:
    page = open_page(assistant)
    labels = [shown(button.label) for button in page.button if (button.key or "").startswith("suggestion-")]
    assert labels == assistant.suggestions()
    assert labels
    for label in labels:
        page = open_page(assistant)
        button(page, label).click().run()
        [view] = views(page, "answer")
        assert view["refusal"] is None, label


def test_new_chat_is_empty_and_leaves_the_old_one_at_its_address(assistant: Assistant) -> None:
    page = ask(open_page(assistant), ASKED)
    address = page.query_params["c"]
    button(page, "New chat").click().run()
    assert "c" not in page.query_params
    assert not views(page, "answer")
    assert len(answers_of(assistant, address)) == 1


def test_reload_restores_the_conversation(answered: AppTest, assistant: Assistant) -> None:
    reloaded = open_page(assistant, c=answered.query_params["c"])
    assert views(reloaded, "answer") == views(answered, "answer")
    assert [view["text"] for view in views(reloaded, "question")] == [ASKED]


def test_page_loaded_again_goes_on_with_the_question_that_was_being_answered(assistant: Assistant) -> None:
    begun = Ask(ASKED, filters=Filters(since=date(2024, 3, 1)))
    hold(None, "5" * 32, begun)
    reloaded = open_page(assistant, c="5" * 32)
    assert [view["text"] for view in views(reloaded, "question")] == [ASKED]
    assert len(views(reloaded, "answer")) == 1
    # A second page that had taken it up too keeps no second answer.
    turn = assistant.conversations.opened("5" * 32).turns[0]
    assert (turn.turn_id, turn.filters) == (begun.turn_id, begun.filters)
    assistant.conversations.add("5" * 32, turn)
    assert len(assistant.conversations.opened("5" * 32).turns) == 1
    assert held(None, "5" * 32) is None


def test_nobody_goes_on_with_the_question_of_another(assistant: Assistant) -> None:
    hold("ann", "6" * 32, Ask(ASKED))
    assert not views(open_page(assistant, c="6" * 32), "question")


@pytest.mark.parametrize("address", ["0" * 32, "../../etc/passwd", "A" * 32, ""], ids=["unknown", "path", "wrong-alphabet", "empty"])
def test_address_without_conversation_opens_the_front_page(assistant: Assistant, address: str) -> None:
    page = open_page(assistant, c=address)
    assert not page.exception
    assert not views(page, "question")


@pytest.mark.parametrize("question", ["x" * 5000, "   "], ids=["too-long", "blank"])
def test_bad_question_is_one_line_and_the_page_lives_on(assistant: Assistant, question: str) -> None:
    page = ask(open_page(assistant), question)
    [error] = page.error
    assert "question" in error.value
    assert "\n" not in error.value
    assert not page.exception
    assert views(ask(page, ASKED), "answer")


def test_library_error_is_one_line(assistant: Assistant) -> None:
    class Broken:
        def overview(self) -> Overview:
            raise LibraryError("The library was made by *another* model.\nRun `newsdesk sync --rebuild`.")

    page = AppTest.from_file(str(APP), default_timeout=60)
    page.session_state["assistant"] = Broken()
    page.run()
    assert [shown(error.value) for error in page.error] == ["The library was made by *another* model. Run `newsdesk sync --rebuild`."]
    assert not page.exception


def test_hostile_article_reaches_the_page_as_text_only(hostile: Assistant) -> None:
    page = ask(open_page(hostile), "When did the harbour crane fall?")
    [view] = views(page, "answer")
    [card] = view["cited"]
    assert card["title"] == HOSTILE
    elsewhere = [element.value for kind in (page.markdown, page.caption, page.title, page.header) for element in kind]
    assert not [text for text in elsewhere if "alarm" in text]
    page.multiselect(key="outlets").set_value([hostile.overview().outlets[0]]).run()
    assert [b.label for b in page.button if shown(b.label) == HOSTILE] == [escape(HOSTILE)]
    assert article_view(hostile.article("hostile"), Place("hostile", "", 0, 5), [])["link"] is None


@given(st.text())
def test_escape_shows_every_character_and_nothing_else(text: str) -> None:
    assert shown(escape(text)) == legible(" ".join(text.replace(JOINER, "").split())) or JOINER in text


@given(st.text(alphabet=string.punctuation + "ab $\n"))
def test_escape_leaves_no_mark_bare(text: str) -> None:
    bare = re.sub(rf"\\[{re.escape(string.punctuation)}]", "", escape(text))
    assert not set(bare) & set(string.punctuation)
    assert "\n" not in bare


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=5))
def test_segments_are_the_text_and_the_focus_is_whole(text: str, ends: list[tuple[int, int]]) -> None:
    focus, *others = [Span(min(pair), max(pair)) for pair in ends]
    pieces = segments(text, focus, others)
    assert "".join(piece for piece, _ in pieces) == text
    assert "".join(piece for piece, kind in pieces if kind == "focus") == text[focus.start : focus.end]


def test_every_key_of_a_view_opens_a_place() -> None:
    also = (Origin("b", "1", "The Courier", 3, 8), Origin("c", "1", None, 0, 5))
    citation = Citation(1, "a", "1", "Title", "The Lantern", "2025-03-05", None, 0, 5, "quote", also)
    answer = Answer("q", "q", "answered", "quote", (Sentence("quote", "quoted", (1,)),), (citation,), (), Seconds(None, None, None, 0.1))
    view = answer_view(answer)
    keys = set(re.findall(r'"open": "(\w+)"', json.dumps(view)))
    assert keys == set(places(answer))
    assert [other["label"] for other in view["cited"][0]["quotes"][0]["also"]] == ["The Courier", "another article"]


def test_doubted_sentence_carries_the_reason() -> None:
    answer = Answer(
        "q",
        "q",
        "answered",
        "",
        (Sentence("Made up.", "unsupported", (), "no cited words"),),
        (),
        (),
        Seconds(None, None, None, 0.1),
        model="m",
    )
    [sentence] = answer_view(answer)["sentences"]
    assert (sentence["flag"], sentence["reason"]) == ("Not supported by the articles", "no cited words")


@pytest.mark.parametrize(
    ("url", "quote", "link"),
    [
        ("https://a.example/x", "fled west", "https://a.example/x#:~:text=fled%20west"),
        ("https://a.example/x#top", "a-b, c & d", "https://a.example/x#top:~:text=a%2Db%2C%20c%20%26%20d"),
        (
            "http://a.example",
            "one two three four five six seven\neight nine",
            "http://a.example#:~:text=one%20two%20three%20four%20five%20six,eight%20nine",
        ),
        ("http://a.example", "  ", "http://a.example"),
        ("javascript:alert(1)", "x", None),
        ("data:text/html,x", "x", None),
        ("//a.example/x", "x", None),
        ("https:///x", "x", None),
        ("https://[broken", "x", None),
        ("https://a.example/\nx", "x", None),
        (None, "x", None),
    ],
    ids=["plain", "fragment", "paragraphs", "no-quote", "script", "data", "no-scheme", "no-host", "malformed", "line-end", "none"],
)
def test_link_to_the_original(url: str | None, quote: str, link: str | None) -> None:
    assert words.original(url, quote) == link


def test_words_for_days_counts_and_scopes() -> None:
    assert words.day("2024-03-22T19:58:00Z") == "22 March 2024"
    assert words.day("last spring") == "last spring"
    assert words.day(None) == ""
    assert words.count(1, "article") == "1 article"
    assert words.count(1240, "article") == "1,240 articles"
    assert words.scope(Filters()) == ""
    assert words.scope(Filters(since=date(2025, 3, 1), outlets=("A", "B"))) == "from 1 March 2025 · A, B"
    assert words.scope(Filters(outlets=("A", "B", "C", "D"))) == "4 outlets"
