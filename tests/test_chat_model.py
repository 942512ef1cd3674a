"""The chat model over real sockets: LangChain's own clients against servers that speak the providers' published protocols."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Literal

import pytest

from rag.errors import ChatModelError
from rag.models.chat import ChatModel, ChatOptions, Document, Message
from rag.records import Usage
from tests.wire import Reply, Server

PROTOCOLS = ("openai", "anthropic", "ollama")
Protocol = Literal["openai", "anthropic", "ollama"]
ASKED = [Message("system", "Answer briefly."), Message("user", "Who said so?")]
TEXT = "The harbour master said so. Fourteen ships — “all of them” — were waiting."


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{provider}_API_KEY", "k")


def model(server: Server, protocol: str, **options: float) -> ChatModel:
    return ChatModel(f"{protocol}:test-model", ChatOptions(url=server.url, seconds=options.pop("seconds", 5), retries=0, **options))


def written(protocol: Protocol, replies: Sequence[Reply], **options: float) -> str:
    with Server(protocol, replies) as server:
        return "".join(piece.text for piece in model(server, protocol, **options).stream(ASKED))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_words_come_in_pieces_and_usage_at_the_end(protocol: Protocol) -> None:
    with Server(protocol, [Reply(TEXT, input_tokens=321, output_tokens=45)]) as server:
        call = model(server, protocol, price_input=2.0, price_output=10.0).stream(ASKED)
        pieces = [piece.text for piece in call]
    assert len(pieces) > 3
    assert "".join(pieces) == TEXT
    assert call.usage == Usage(321, 45, pytest.approx((321 * 2 + 45 * 10) / 1e6))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_thinking_is_not_part_of_the_answer(protocol: Protocol) -> None:
    assert written(protocol, [Reply(TEXT, thinking="Let me see.")]) == TEXT


def test_thinking_inside_the_text_is_left_out() -> None:
    assert written("openai", [Reply(f"<think>Hm. <b></think>{TEXT} 3 < 4 <th")]) == f"{TEXT} 3 < 4 <th"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(status=401), "key"),
        (Reply(status=404), "knows no model 'test-model'"),
        (Reply(status=429), "no more requests for now"),
        (Reply(status=500), "a fault of its own"),
        (Reply(TEXT, malformed=True), "cannot be read"),
    ],
    ids=["wrong-key", "unknown-model", "rate-limit", "server-fault", "malformed"],
)
def test_fault_becomes_one_readable_line(protocol: Protocol, reply: Reply, says: str) -> None:
    with pytest.raises(ChatModelError, match=says) as caught:
        written(protocol, [reply])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("clean", [False, True], ids=["cut", "ended-early"])
def test_words_before_a_break_are_kept_and_the_break_is_told(protocol: Protocol, clean: bool) -> None:
    with Server(protocol, [Reply(TEXT, cut_after=30, clean=clean)]) as server:
        pieces: list[str] = []
        call = model(server, protocol).stream(ASKED)
        with pytest.raises(ChatModelError, match=r"broke off|cannot be reached"):
            pieces.extend(piece.text for piece in call)
    assert "".join(pieces)
    assert TEXT.startswith("".join(pieces))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_silent_server_is_left_after_the_set_time(protocol: Protocol) -> None:
    with pytest.raises(ChatModelError, match=r"silent for 0\.5 s"):
        written(protocol, [Reply(TEXT, stall_after=10)], seconds=0.5)


def test_server_that_minds_no_limit_is_left() -> None:
    with pytest.raises(ChatModelError, match="more than the 20 tokens"):
        written("openai", [Reply("word " * 2000)], tokens=20)


def test_empty_answer_is_empty() -> None:
    assert written("openai", [Reply("")]) == ""


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_listens(protocol: Protocol) -> None:
    with Server(protocol, [Reply(TEXT)]) as server:
        left = model(server, protocol)
    with pytest.raises(ChatModelError, match="cannot be reached at http://127"):
        list(left.stream(ASKED))


def test_rate_limit_is_tried_again_by_the_client() -> None:
    with Server("openai", [Reply(status=429), Reply(TEXT)]) as server:
        patient = ChatModel("openai:test-model", ChatOptions(url=server.url, retries=2))
        assert patient.complete(ASKED)[0] == TEXT
        assert len(server.requests) == 2


def test_native_citations_name_the_documents_that_were_sent() -> None:
    reply = Reply(citations=(("Ships waited. ", 0, 0, 5, "ships"), ("Violins are lent.", 1, 3, 9, "violin")))
    with Server("anthropic", [reply]) as server:
        call = model(server, "anthropic").stream(ASKED, documents=[Document("A", "ships"), Document("B", "my violin")])
        pieces = list(call)
    assert "".join(piece.text for piece in pieces) == "Ships waited. Violins are lent."
    assert [document for piece in pieces for document in piece.documents] == [0, 1]
    blocks = server.requests[0].body["messages"][-1]["content"]
    assert [block["source"]["data"] for block in blocks if block["type"] == "document"] == ["ships", "my violin"]


def test_unknown_provider_says_how_a_model_is_named() -> None:
    with pytest.raises(ChatModelError, match="no provider 'nosuch'"):
        list(ChatModel("nosuch:model").stream(ASKED))


def test_missing_package_says_what_to_install() -> None:
    with pytest.raises(ChatModelError, match="pip install langchain langchain-mistralai"):
        list(ChatModel("mistralai:model").stream(ASKED))


def test_missing_key_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ChatModelError, match="OPENAI_API_KEY"):
        list(ChatModel("openai:model").stream(ASKED))


def test_module_imports_no_provider() -> None:
    code = "import sys, rag.models.chat; print([m for m in ('langchain', 'langchain_core', 'openai', 'anthropic', 'ollama') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
