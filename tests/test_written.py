"""Answers that a chat model writes, over real sockets: checked, refused, replaced, broken off, counted and kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from rag.answer.generate import Draft
from rag.assistant import Assistant
from rag.models.chat import Piece
from rag.records import Answer, Found, Searched, Turn, Writing, Wrote, answer_from_dict, answer_to_json
from rag.settings import Settings
from tests.wire import Reply, Server

DETAINED = "How many people have been detained over the Crocus City Hall attack?"
TRUE = "So far 11 people have been detained over the Crocus City Hall shooting."
FALSE = "So far 17 people have been detained over the Crocus City Hall shooting."
INVENTED = "The minister of tourism resigned in tears over the price of pineapples."
REFUSAL = "NOT_IN_THE_ARTICLES"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")


Open = Callable[..., Assistant]


@pytest.fixture
def opened(assistant: Assistant) -> Open:
    """The sample library with a chat model behind a server of this machine."""

    def make(server: Server, **settings: Any) -> Assistant:
        s = Settings(home=assistant.settings.home, model="openai:test", model_url=server.url, model_retries=0, model_seconds=5, **settings)
        return Assistant(s, embedder=assistant.embedder, reader=assistant.reader)

    return make


def passage_of(body: dict[str, Any], words: str) -> str:
    """The id under which the prompt gives the passage that holds the words."""
    prompt = body["messages"][-1]["content"]
    return next(match[1] for match in re.finditer(r"<passage (\w+)>(.*?)</passage>", prompt, re.S) if words in match[2])


def says(*sentences: str, words: str = "Eleven people have been detained", **reply: Any) -> Callable[[dict[str, Any]], Reply]:
    """A model that writes the sentences, each with the marker of the passage that holds the words."""

    def answer(body: dict[str, Any]) -> Reply:
        if "rewrite" in body["messages"][0]["content"]:
            return Reply(DETAINED)
        id = passage_of(body, words)
        return Reply(" ".join(f"{sentence[:-1]} [{id}]." for sentence in sentences), **reply)

    return answer


def test_a_written_answer_is_checked_and_cites_exact_words(opened: Open) -> None:
    with Server("openai", says(TRUE, FALSE, INVENTED, input_tokens=900, output_tokens=60)) as server:
        assistant = opened(server, price_input=1.0, price_output=10.0, cached_answers=0)
        events = list(assistant.stream(DETAINED))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert [type(event) for event in events[:2]] == [Searched, Found]
    assert any(isinstance(event, Writing) and event.text for event in events)
    assert [event.sentence for event in events if isinstance(event, Wrote)] == list(answer.sentences)
    assert [sentence.text for sentence in answer.sentences] == [TRUE, FALSE, INVENTED]
    assert [sentence.verdict for sentence in answer.sentences] == ["supported", "partly", "unsupported"]
    assert INVENTED not in answer.answer
    assert "[" not in answer.answer
    for citation in answer.citations:
        assert assistant.article(citation.article_id, citation.version).text[citation.start : citation.end] == citation.quote
    assert answer.model == "openai:test"
    assert answer.usage
    assert (answer.usage.read, answer.usage.written) == (900, 60)
    assert answer.usage.cost == pytest.approx((900 + 600) / 1e6)
    assert answer.seconds.write
    assert answer_to_json(answer)["usage"] == {"read": 900, "written": 60, "cost": answer.usage.cost}


def test_what_is_not_borne_out_can_be_removed(opened: Open) -> None:
    with Server("openai", says(TRUE, INVENTED)) as server:
        answer = opened(server, unsupported="remove", cached_answers=0).ask(DETAINED)
    assert [sentence.text for sentence in answer.sentences] == [TRUE]
    assert answer.notice == "1 sentence that the articles do not bear out left out."


def test_when_nothing_stands_the_answer_is_quoted(opened: Open) -> None:
    with Server("openai", says(INVENTED)) as server:
        answer = opened(server).ask(DETAINED)
    assert answer.model is None
    assert {sentence.verdict for sentence in answer.sentences} == {"quoted"}
    assert answer.notice
    assert "quoted instead" in answer.notice
    assert answer.usage


@pytest.mark.parametrize("text", [REFUSAL, f"{REFUSAL}.", f"**{REFUSAL}**", f" {REFUSAL}\n"])
def test_the_model_may_refuse(opened: Open, text: str) -> None:
    with Server("openai", [Reply(text)]) as server:
        events = list(opened(server).stream(DETAINED))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.status == "abstained"
    assert answer.answer.startswith("The articles do not say.")
    assert not any(isinstance(event, Writing) and event.text for event in events)


@pytest.mark.parametrize(
    ("reply", "notice"),
    [
        (Reply(status=401), "OPENAI_API_KEY"),
        (Reply(status=500), "fault of its own"),
        (Reply(""), "wrote nothing"),
    ],
)
def test_a_model_that_fails_leaves_the_quoted_answer(opened: Open, reply: Reply, notice: str) -> None:
    with Server("openai", [reply]) as server:
        answer = opened(server).ask(DETAINED)
    assert answer.status == "answered"
    assert "Eleven people" in answer.answer
    assert answer.notice
    assert notice in answer.notice


def test_a_model_that_is_down_leaves_the_quoted_answer(assistant: Assistant) -> None:
    settings = Settings(home=assistant.settings.home, model="openai:test", model_url="http://127.0.0.1:9", model_retries=0)
    answer = Assistant(settings, embedder=assistant.embedder, reader=assistant.reader).ask(DETAINED)
    assert answer.notice
    assert "cannot be reached" in answer.notice
    assert answer.sentences[0].verdict == "quoted"


def test_what_came_before_a_break_is_kept(opened: Open) -> None:
    with Server("openai", says(TRUE, FALSE, cut_after=len(TRUE) + 30)) as server:
        answer = opened(server).ask(DETAINED)
    assert answer.incomplete
    assert answer.sentences[0].text == TRUE
    assert answer.notice
    assert "broke off" in answer.notice
    assert answer_from_dict(asdict(answer)) == answer


def test_the_same_question_is_written_once(opened: Open, tmp_path: Path) -> None:
    with Server("openai", says(TRUE)) as server:
        assistant = opened(server)
        first, second = assistant.ask(DETAINED), assistant.ask(DETAINED)
        assert len(server.requests) == 1
        assert (first.cached, second.cached) == (False, True)
        assert second.sentences == first.sentences
        assert second.usage
        assert second.usage.read == 0
        assert opened(server, model_temperature=0.5).ask(DETAINED).cached is False


def test_the_day_has_a_limit(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    small = library_of(
        {"a.md": "# Detentions\n\nEleven people have been detained so far over the shooting at Crocus City Hall, the police said.\n"}
    )
    with Server("openai", says(TRUE, input_tokens=90, output_tokens=20)) as server:
        s = small.settings.model_copy(update={"model": "openai:test", "model_url": server.url, "daily_tokens": 100, "cached_answers": 0})
        assistant = Assistant(s, embedder=small.embedder, reader=small.reader)
        assert assistant.ask(DETAINED).model == "openai:test"
        answer = assistant.ask(DETAINED)
    assert answer.model is None
    assert answer.notice
    assert "NEWSDESK_DAILY_TOKENS" in answer.notice


def test_what_is_stopped_counts_for_the_day(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    small = library_of({"a.md": "# Detentions\n\nEleven people have been detained so far over the shooting at Crocus City Hall.\n"})
    with Server("openai", says(TRUE, TRUE, words="Eleven people have been detained", slow=0.02)) as server:
        s = small.settings.model_copy(update={"model": "openai:test", "model_url": server.url})
        assistant = Assistant(s, embedder=small.embedder, reader=small.reader)
        for event in (events := assistant.stream(DETAINED)):
            if isinstance(event, Wrote):
                break
        events.close()
    assert assistant.ledger.tokens_today() > len(TRUE) / 4


def test_a_follow_up_is_rewritten_by_the_model(opened: Open) -> None:
    with Server("openai", says(TRUE)) as server:
        answer = opened(server, cached_answers=0).ask(
            "and how many of them?", history=[Turn("Who attacked Crocus City Hall?", "Nobody knows.")]
        )
    assert answer.searched_as == DETAINED


def test_a_follow_up_falls_back_to_the_offline_way(opened: Open, assistant: Assistant) -> None:
    history = [Turn("Who was detained over the Crocus City Hall attack?")]
    with Server("openai", [Reply(status=500)]) as server:
        answer = opened(server).ask("and how many of them?", history=history)
    assert answer.searched_as == assistant.ask("and how many of them?", history=history).searched_as


@pytest.mark.parametrize(
    ("question", "task"), [("Summarise the story about the almond biscuits", "Summarise"), ("The latest on the ferry", "newest")]
)
def test_summary_and_latest_are_written_too(opened: Open, question: str, task: str) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        prompt = body["messages"][-1]["content"]
        assert task in prompt
        id, text = re.search(r"<passage (\w+)>.*?\n\n(.*?)\n</passage>", prompt, re.S).groups()
        return Reply(f"{text.split('.')[0]} [{id}].")

    with Server("openai", answer) as server:
        written = opened(server).ask(question)
    assert written.model == "openai:test"
    assert (written.sentences[0].verdict, written.sentences[0].reason) == ("supported", None)


def test_quotes_are_always_to_be_had(opened: Open) -> None:
    with Server("openai", says(TRUE)) as server:
        assert opened(server).ask(DETAINED, write=False).sentences[0].verdict == "quoted"
        assert server.requests == []


def test_anthropic_may_cite_by_itself(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")

    def answer(body: dict[str, Any]) -> Reply:
        blocks = body["messages"][-1]["content"]
        texts = [block["source"]["data"] for block in blocks if block["type"] == "document"]
        assert not any("<passage" in block.get("text", "") for block in blocks)
        place = next(i for i, text in enumerate(texts) if "Eleven people have been detained" in text)
        return Reply(citations=((TRUE, place, 0, 40, texts[place][:40]),))

    with Server("anthropic", answer) as server:
        s = Settings(home=assistant.settings.home, model="anthropic:test", model_url=server.url, model_retries=0, native_citations=True)
        written = Assistant(s, embedder=assistant.embedder, reader=assistant.reader).ask(DETAINED)
    assert [(sentence.text, sentence.verdict) for sentence in written.sentences] == [(TRUE, "supported")]


def pieces(text: str, size: int) -> Iterator[Piece]:
    return (Piece(text[at : at + size]) for at in range(0, len(text), size))


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize(
    ("text", "drafted"),
    [
        (
            "It burned [ab12]. Mr. Sampaio said so. [c3d4][ab12] Then it rained",
            [("It burned.", (0,)), ("Mr. Sampaio said so.", (1, 0)), ("Then it rained", ())],
        ),
        ("**It burned**[ab12, c3d4].\n- It rained. [efff] [7]\n", [("It burned.", (0, 1)), ("It rained.", ())]),
        ("# Fire\n\nIt burned 【ab12】.", [("Fire", ()), ("It burned.", (0,))]),
        ("It “burned”. [AB12] Done!", [("It “burned”.", (0,)), ("Done!", ())]),
        ("It burned. [ab12] NOT_IN_THE_ARTICLES", [("It burned.", (0,))]),
        ("<b>It</b> burned [ab12].", [("<b>It</b> burned.", (0,))]),
        ("Это неправда [ab12]. 火事でした。", [("Это неправда.", (0,)), ("火事でした。", ())]),
        ("...", []),
    ],
)
def test_a_stream_is_cut_into_sentences_with_markers(text: str, drafted: list[tuple[str, tuple[int, ...]]], size: int) -> None:
    draft = Draft(["ab12", "c3d4"])
    found = [sentence for piece in pieces(text, size) for sentence in draft.feed(piece)] + draft.finish()
    assert [(sentence.text, sentence.cited) for sentence in found] == drafted


def test_native_citations_become_markers() -> None:
    draft = Draft(["ab12", "c3d4"])
    found = draft.feed(Piece("It burned.")) + draft.feed(Piece("", (1,))) + draft.feed(Piece(" It rained.", (0, 9))) + draft.finish()
    assert [(sentence.text, sentence.cited) for sentence in found] == [("It burned.", (1,)), ("It rained.", (0,))]
