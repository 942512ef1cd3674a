"""Written conversations: the numbers, marks and sources of the page in every form, and nothing live in them, whatever an article says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt
from markdown_it.token import Token
from test_conversations import full

from rag.conversation import Conversation, Exchange, Feedback
from rag.export import FORMS, to_html, to_json, to_markdown, with_sources
from rag.export.markdown import escape
from rag.records import Answer, Citation, Filters, Passage, Seconds, Sentence, Span, answer_to_json
from rag.text.legible import legible
from rag.ui.views import answer_view

ASKED = "2026-11-27T12:40:05+00:00"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "![x](https://evil.example/x.png)",
    "[go](javascript:alert(1))",
    "[ref]: https://evil.example",
    "[ref]",
    "<javascript:alert(1)>",
    "<https://evil.example>",
    "https://evil.example www.evil.example a@evil.example",
    "# heading #",
    "text\n---",
    "text\n===",
    "1. item",
    "- item",
    "> quote",
    "    code",
    "```\ncode\n```",
    "`code` **bold** _em_ ~~struck~~",
    "| a | b |\n|---|---|",
    "&lt;b&gt; &#60;i&#62;",
    "\\[x](https://evil.example)\\",
    "line  \nbreak\\\nbreak",
    "\x00\x01\x1b[31m\u2028\u202e\ud800",
    "<!-- -->",
    "]]>",
    "{% raw %}",
    "$x$",
    "",
    " ",
)
ADDRESSES = (
    "javascript:alert(1)",
    "https://a.example/x?y=1&z=(2)",
    "https://a.example/<script>",
    'https://a.example/"onclick=alert(1)',
    "data:text/html,x",
    "https://[broken",
    "https://ä.example/ö`*_\\",
    None,
)

texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30), st.lists(st.sampled_from(HOSTILE), max_size=3).map(" ".join))
urls = st.one_of(st.sampled_from(ADDRESSES), st.text(max_size=20).map("https://a.example/".__add__), st.text(max_size=20))


def conversation(*answers: Answer, title: str = "Skell") -> Conversation:
    turns = tuple(
        Exchange(
            f"t{n}", answer, ASKED, Filters(date(2025, 1, 1), None, ("Skell Gazette",)), generation="g1", feedback=Feedback("wrong", "no")
        )
        for n, answer in enumerate(answers)
    )
    return Conversation("c" * 32, title, ASKED, ASKED, 1, turns)


def refusal(text: str) -> Answer:
    passage = Passage(
        "c1", "orchard", "v1", 0, 5, "Frost", (Span(0, 5),), 0.1, None, 0.2, "Frost ruins blossom", "Fjord Radio", "2025-05-02", None
    )
    return Answer("Who won?", "Who won?", "abstained", text, (), (), (passage, passage), Seconds(0.1, 0.1, None, 0.2))


@pytest.fixture
def told() -> Conversation:
    """A partly supported answer with all that an answer can have, one of which a source was purged, and a refusal."""
    struck = Sentence("Nobody was hurt.", "unsupported", (), "not in the cited words")
    first = full("What closed?")
    cited = replace(first.citations[0], author="Ines Vold", quote="The harbour\nclosed.", start=3, end=22)
    answered = replace(first, sentences=(*first.sentences, struck), citations=(cited,))
    gone = Citation(1, "lanterns", "", "", "Skell Gazette", "2025-03-03", None, 0, 0, "", deleted=True)
    purged = Answer("How many?", "How many?", "answered", "", (), (gone,), (), Seconds(None, None, None, 0.1))
    return conversation(answered, purged, refusal("The articles do not say."))


def tokens(markdown: str) -> list[Token]:
    """With HTML let in, tables and strikethrough."""
    parsed = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown)
    return [one for token in parsed for one in (token, *(token.children or ()))]


def shown(markdown: str) -> str:
    return " ".join("".join(token.content if token.type in ("text", "text_special") else " " for token in tokens(markdown)).split())


# What is said


def test_every_form_has_the_numbers_and_the_sources_of_the_page(told: Conversation) -> None:
    view = answer_view(told.turns[0].answer)
    numbers = [chip["number"] for sentence in view["sentences"] for chip in sentence["chips"]]
    page, marked = html.document_fromstring(to_html(told)), to_markdown(told)
    chips = page.xpath("//section[1]//a[@class='chip']")
    assert [chip.text for chip in chips][: len(numbers)] == [f"[{number}]" for number in numbers]
    for chip in chips:
        (source,) = page.xpath(f"//*[@id='{chip.get('href')[1:]}']")
        assert chip.text in source.text_content()
    wanted = [
        "Asked 27 November 2026, 12:40 UTC",
        "Searching only from 1 January 2025 · Skell Gazette",
        "Searched as: What closed? (harbour)",
        "Published 6 to 12 January 2025 (“last week”)",
        "Written by openai:test",
        "Note: cut short",
        "Only partly supported: a number differs",
        "Not supported by the articles: not in the cited words",
        "The articles may differ: ships",
        "14 according to Vold",
        "Crane falls",
        "Skell Gazette · by Ines Vold · 10 January 2025 · updated 11 January 2025 · carried by 2 outlets",
        "https://skell.example/a",
        "“Monday”: Monday 6 January 2025",
        "Carried by Wire (9 January 2025)",
        "Quoted from article harbour, version v1, characters 3 to 22",
        "Deleted: the article was purged",
        "Skell Gazette · 3 March 2025",
        "The articles do not say.",
        "Frost ruins blossom · Fjord Radio · 2 May 2025",
    ]
    texts = (shown(marked), " ".join(page.text_content().split()) + " ".join(page.xpath("//@href")))
    for text in texts:
        assert [words for words in wanted if words not in text] == []
        assert text.count("Frost ruins blossom") == 1
    assert page.xpath("//blockquote")[0].text_content() == "The harbour\nclosed."
    assert re.findall(r"^> .*$", marked, re.M) == ["> The harbour", "> closed."]
    assert [s.text_content() for s in page.xpath("//s")] == ["Nobody was hurt."]


def test_json_is_the_contract_of_each_answer_and_what_it_was_asked_under(told: Conversation) -> None:
    data = json.loads(to_json(told))
    assert (data["schema"], data["conversation_id"], data["title"], data["created"]) == (1, "c" * 32, "Skell", ASKED)
    for turn, out in zip(told.turns, data["turns"], strict=True):
        expected = json.loads(json.dumps(answer_to_json(turn.answer, id=turn.turn_id)))
        assert {key: out[key] for key in expected} == expected
        assert (out["asked"], out["generation"], out["reworded"]) == (ASKED, "g1", False)
        assert out["filters"] == {"since": "2025-01-01", "until": None, "outlets": ["Skell Gazette"]}
        assert out["feedback"] == {"verdict": "wrong", "note": "no"}


def test_copy_has_numbers_and_sources_in_full(told: Conversation) -> None:
    assert with_sources(told.turns[0].answer) == "\n".join(
        [
            "closed [1] (Only partly supported: a number differs) Nobody was hurt. (Not supported by the articles: not in the cited words)",
            "",
            "The articles may differ: ships",
            "- 14 according to Vold [1]",
            "",
            "Sources",
            "",
            "[1] Crane falls",
            "Skell Gazette · by Ines Vold · 10 January 2025 · updated 11 January 2025 · carried by 2 outlets",
            "“The harbour\nclosed.”",
            "https://skell.example/a",
        ]
    )
    assert with_sources(told.turns[2].answer) == "The articles do not say."


# What is not


def hostile(text: str, url: str | None) -> Conversation:
    cited = Citation(1, text, text, text, text, text, url, 0, 1, text, author=text)
    said = Answer(
        text,
        f"{text} again",
        "answered",
        text,
        (Sentence(text, "partly", (1,), text),),
        (cited,),
        (),
        Seconds(None, None, None, 0.1),
        notice=text,
    )
    return conversation(said, refusal(text), title=text)


@given(texts, urls)
@settings(max_examples=150, deadline=None)
def test_hostile_words_become_nothing_live_in_markdown(text: str, url: str | None) -> None:
    found = tokens(to_markdown(hostile(text, url)).encode("utf-8", "replace").decode())
    kinds = {token.type for token in found}
    assert not kinds & {
        "image",
        "html_block",
        "html_inline",
        "code_block",
        "code_inline",
        "fence",
        "table_open",
        "hr",
        "s_open",
        "ordered_list_open",
    }
    links = [str(token.attrs["href"]) for token in found if token.type == "link_open"]
    assert all(link.startswith(("https://", "http://")) for link in links)
    # One for the source, and no other.
    assert len(links) <= 1
    plain = tokens(to_markdown(hostile("plain", None)))
    assert [token.tag for token in found if token.type == "heading_open"] == [token.tag for token in plain if token.type == "heading_open"]


@given(st.one_of(texts, st.text(alphabet="\\`*_[]<>&~|$^#@:/.!()-+=1w ab", max_size=25)))
@settings(max_examples=200, deadline=None)
def test_escaped_markdown_shows_every_character(text: str) -> None:
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    assert shown(escape(text)) == " ".join(text.split())


@given(texts, urls)
@settings(max_examples=150, deadline=None)
def test_hostile_words_become_nothing_live_in_html(text: str, url: str | None) -> None:
    written = to_html(hostile(text, url))
    page = html.document_fromstring(written.encode("utf-8", "strict"))
    assert {element.tag for element in page.iter()} <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "section", "ol", "ul", "li", "a", "span", "bdi", "blockquote", "br", "s",
    }  # fmt: skip
    for element in page.iter():
        assert not [name for name in element.attrib if name.startswith("on") or name in ("src", "style", "srcset", "action")]
    for link in page.xpath("//@href"):
        assert link.startswith(("#turn-", "https://", "http://"))
    (style,) = page.xpath("//style")
    assert "url(" not in style.text
    assert "@import" not in style.text
    bare = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    assert page.xpath("//h1")[0].text_content() == legible(bare).replace("\r\n", "\n").replace("\r", "\n")


def test_policy_lets_no_script_and_nothing_from_elsewhere_in() -> None:
    page = html.document_fromstring(to_html(hostile("x", None)))
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'")


def test_every_form_is_the_same_again(told: Conversation) -> None:
    for form in FORMS.values():
        assert form(told) == form(told)
