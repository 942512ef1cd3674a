"""HTTP over real sockets: the same answers as the command's, events in order, and nobody served who should not be."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from samples import HARBOUR, THREE

import rag.cli.commands
from rag.api import door
from rag.assistant import Assistant
from rag.cli import main
from rag.settings import Settings
from tests.served import served
from tests.test_written import DETAINED, TRUE, says
from tests.wire import Server

RECALL = "What is the cause of the recall at FairBasket?"
KEY = "0123456789abcdef-KEY"


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    """The sample corpus, served without a key."""
    with served(lambda: assistant, assistant.settings) as address:
        yield address


@pytest.fixture
def command(assistant: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """What the command prints as JSON over the same library."""
    monkeypatch.setenv("NEWSDESK_HOME", str(assistant.settings.home))
    monkeypatch.setattr(rag.cli.commands, "Assistant", lambda settings: assistant)

    def run(*argv: str) -> Any:
        assert main([*argv, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def asked(address: str, question: str, **more: Any) -> Any:
    """The answer over HTTP."""
    said = httpx.post(f"{address}/ask", json={"question": question, **more}, timeout=60)
    assert said.status_code == 200, said.text
    return said.json()


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "seconds"}


def events_of(said: httpx.Response) -> Iterator[tuple[str, Any]]:
    """The events of a stream as they come, read as the standard has it: fields in lines, an empty line after each event."""
    fields: dict[str, str] = {}
    for line in said.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            assert name not in fields
            fields[name] = value
        else:
            yield fields["event"], json.loads(fields["data"])
            fields = {}
    assert not fields, "the last event is whole"


def streamed(address: str, question: str, **more: Any) -> list[tuple[str, Any]]:
    with httpx.stream(
        "POST", f"{address}/ask", json={"question": question, **more}, headers={"Accept": "text/event-stream"}, timeout=60
    ) as said:
        assert said.status_code == 200
        assert said.headers["content-type"].startswith("text/event-stream")
        return list(events_of(said))


def is_problem(said: httpx.Response, status: int) -> str:
    """The sentence of a problem."""
    assert said.status_code == status, said.text
    assert said.headers["content-type"] == "application/problem+json"
    body = said.json()
    assert set(body) == {"title", "status", "detail"}
    assert body["status"] == status
    assert "Traceback" not in said.text
    assert "\n" not in body["detail"]
    return str(body["detail"])


# The same as the command


def test_answer_is_the_commands(address: str, command: Callable[..., Any]) -> None:
    for question in (RECALL, "how tall is Kilimanjaro?", "hello"):
        assert timeless(asked(address, question)) == timeless(command("ask", question))


def test_filters_are_the_commands(address: str, command: Callable[..., Any]) -> None:
    filters = {"since": "2025-01-01", "until": "2025-12-31", "outlets": ["northmere wire"]}
    question = "how many homes were evacuated in the flood?"
    answer = asked(address, question, filters=filters)
    argv = ["--since", "2025-01-01", "--until", "2025-12-31", "--outlet", "northmere wire"]
    assert timeless(answer) == timeless(command("ask", question, *argv))
    assert {citation["source"] for citation in answer["citations"]} == {"Northmere Wire"}


def test_follow_up_leans_on_the_turns_before(address: str, assistant: Assistant) -> None:
    history = [{"question": "Who runs the brewery in Cinder Lane?"}, {"question": "What about beer prices?", "answer": "They rose."}]
    answer = asked(address, "And how much was it?", history=history)
    assert answer["searched_as"] != answer["question"] == "And how much was it?"
    assert asked(address, "And how much was it?", history=history, searched_as=RECALL)["searched_as"] == RECALL


def test_days_of_a_question_can_be_taken_off(address: str, command: Callable[..., Any]) -> None:
    question = "What was reported about the flood in March 2025?"
    assert asked(address, question)["time"]
    answer = asked(address, question, any_time=True)
    assert answer["time"] is None
    assert timeless(answer) == timeless(command("ask", question, "--any-time"))


def test_search_is_the_commands(address: str, command: Callable[..., Any]) -> None:
    said = httpx.get(f"{address}/search", params={"q": "sea mine in the harbour", "limit": 2, "since": "2024-01-01"})
    assert said.json() == command("search", "sea mine in the harbour", "--limit", "2", "--since", "2024-01-01")
    assert len(said.json()) == 2


def test_pages_of_articles_are_the_commands_list(address: str, command: Callable[..., Any]) -> None:
    listed = command("list")
    pages = [httpx.get(f"{address}/articles", params={"limit": 20, "offset": offset}).json() for offset in range(0, len(listed) + 20, 20)]
    assert [article for page in pages for article in page["articles"]] == listed
    assert {page["total"] for page in pages} == {len(listed)}


def test_articles_are_narrowed_by_day_outlet_and_title(address: str, command: Callable[..., Any]) -> None:
    listed = command("list")
    found = httpx.get(f"{address}/articles", params={"outlet": "northmere wire", "since": "2025-02-01", "until": "2025-06-30"}).json()
    meant = [a for a in listed if a["source"] == "Northmere Wire" and "2025-02-01" <= a["published"][:10] <= "2025-06-30"]
    assert found == {"total": len(meant), "articles": meant}
    assert meant
    found = httpx.get(f"{address}/articles", params={"q": "WEND flood"}).json()["articles"]
    assert found == [a for a in listed if {"wend", "flood"} <= set(re.findall(r"\w+", a["title"].lower()))]
    assert found


def test_article_is_the_commands(address: str, command: Callable[..., Any], assistant: Assistant) -> None:
    version = assistant.article("flood-wend-peak").version
    for params in ({}, {"version": version}):
        assert httpx.get(f"{address}/articles/flood-wend-peak", params=params).json() == command("show", "flood-wend-peak")
    assert "flood-wend-peak" in is_problem(httpx.get(f"{address}/articles/flood-wend-peak", params={"version": "0"}), 404)


def test_any_id_is_data(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    odd = ["desk/2025 #7?x=1", "C:\\news", "a//b", "Zürich & 50%"]
    files = {f"{n}.md": HARBOUR.replace("id: harbour", f"id: {json.dumps(id)}") for n, id in enumerate(odd)}
    assistant = library_of(files)
    with served(lambda: assistant, assistant.settings) as address:
        for id in odd:
            assert httpx.get(f"{address}/articles/{_quoted(id)}").json()["article_id"] == id
        for id in ("..%2F..%2Fetc%2Fpasswd", "%00", "%FF", "'%20OR%201=1", "x" * 5000, "%2F%2Fexample.org", "a%0Ab%0A"):
            assert "holds no article" in is_problem(httpx.get(f"{address}/articles/{id}"), 404)


def _quoted(id: str) -> str:
    return "".join(f"%{byte:02X}" for byte in id.encode())


# Events


def test_events_come_in_order_and_end_in_the_answer(address: str) -> None:
    events = streamed(address, RECALL)
    names = [name for name, _ in events]
    answer = events[-1][1]
    assert names == ["searched", "passages", *["sentence"] * len(answer["sentences"]), "answer"]
    assert timeless(answer) == timeless(asked(address, RECALL))
    assert events[0][1]["searched_as"] == answer["searched_as"]
    found = [(p["article_id"], p["start"]) for p in events[1][1]["passages"]]
    assert sorted(found) == sorted((p["article_id"], p["start"]) for p in answer["passages"])
    sentences = [data for name, data in events if name == "sentence"]
    assert [data["sentence"] for data in sentences] == answer["sentences"]
    assert [citation for data in sentences for citation in data["citations"]] == answer["citations"]


def test_refusal_has_no_sentences(address: str) -> None:
    events = streamed(address, "how tall is Kilimanjaro?")
    assert [name for name, _ in events] == ["searched", "passages", "answer"]
    assert events[-1][1]["status"] == "abstained"


def test_question_that_is_none_is_a_status_also_for_events(address: str) -> None:
    for accept in ("application/json", "text/event-stream"):
        said = httpx.post(f"{address}/ask", json={"question": " "}, headers={"Accept": accept})
        assert "question is empty" in is_problem(said, 400)


# With a chat model, which takes its time


@pytest.fixture
def writing(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Callable[..., Any]]]:
    """A model's server that writes slowly, and what serves the sample corpus with it."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with Server("openai", says(*[TRUE] * 20, slow=0.05)) as server:

        def serve(**settings: Any) -> Any:
            s = Settings(
                home=assistant.settings.home,
                model="openai:test",
                model_url=server.url,
                model_retries=0,
                model_seconds=5,
                cached_answers=0,
                **settings,
            )
            opened = Assistant(s, embedder=assistant.embedder, reader=assistant.reader)
            return served(lambda: opened, s)

        yield server, serve


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
def test_client_that_hangs_up_stops_the_work(writing: tuple[Server, Callable[..., Any]], accept: str) -> None:
    server, serve = writing
    body = json.dumps({"question": DETAINED})
    head = f"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    with serve(api_at_once=1) as address:
        with socket.create_connection(_place(address), 10) as connection:
            connection.sendall(f"{head}\r\n\r\n{body}".encode())
            end = time.monotonic() + 30
            while not server.requests:
                assert time.monotonic() < end, "the model was not asked"
                time.sleep(0.01)
            time.sleep(0.3)
        assert server.client_left.wait(10)
        _free_again(address)


def _free_again(address: str) -> None:
    end = time.monotonic() + 10
    while httpx.get(f"{address}/search", params={"q": "flood"}, timeout=30).status_code != 200:
        assert time.monotonic() < end, "the place of the client that left is free again"
        time.sleep(0.05)


def test_one_more_than_may_be_is_told_to_come_again(writing: tuple[Server, Callable[..., Any]]) -> None:
    _, serve = writing
    with serve(api_at_once=1) as address:
        with httpx.stream("POST", f"{address}/ask", json={"question": DETAINED}, headers={"Accept": "text/event-stream"}) as said:
            events = events_of(said)
            names = [next(events)[0] for _ in range(3)]
            for one_more in (
                httpx.post(f"{address}/ask", json={"question": RECALL}),
                httpx.get(f"{address}/search", params={"q": "x"}),
                httpx.get(f"{address}/articles"),
            ):
                assert "try again" in is_problem(one_more, 503)
                assert one_more.headers["retry-after"] == "1"
            assert httpx.get(f"{address}/health").status_code == 200
        assert names == ["searched", "passages", "writing"]
        _free_again(address)
        assert asked(address, DETAINED, quotes=True)["model"] is None


def test_answer_that_takes_too_long_is_given_up(writing: tuple[Server, Callable[..., Any]]) -> None:
    server, serve = writing
    with serve(api_seconds=1) as address:
        assert "NEWSDESK_API_SECONDS" in is_problem(httpx.post(f"{address}/ask", json={"question": DETAINED}, timeout=30), 504)
        assert server.client_left.wait(10)
        name, data = streamed(address, DETAINED)[-1]
    assert (name, data["status"]) == ("error", 504)


# Who is let in


def test_key_is_asked_for_everywhere_but_where_supervisors_ask(assistant: Assistant) -> None:
    settings = Settings(home=assistant.settings.home, api_key=KEY)
    assert KEY not in f"{settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    with served(lambda: assistant, settings) as address:
        for path in ("/search?q=x", "/articles", "/articles/flood-wend-peak", "/docs", "/openapi.json", "/nothing"):
            for given in (
                {},
                {"Authorization": f"Bearer {KEY}x"},
                {"Authorization": f"Basic {KEY}"},
                {"Authorization": "Bearer ключ".encode()},
            ):
                said = httpx.get(f"{address}{path}", headers=given)
                assert KEY not in is_problem(said, 401)
                assert said.headers["www-authenticate"] == "Bearer"
        for path in ("/health", "/ready"):
            assert httpx.get(f"{address}{path}").json() == {"status": "ok"}
        # Whoever has the key may come from anywhere.
        known = {"Authorization": f"bearer {KEY}", "Host": "news.example", "Origin": "https://news.example"}
        assert httpx.get(f"{address}/articles", headers=known).status_code == 200
        assert httpx.get(f"{address}/nothing", headers=known).status_code == 404


@pytest.mark.parametrize("key", ["", "short", "with a space in it", "schlüssel-schlüssel"])
def test_key_that_is_none_is_refused_without_being_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    monkeypatch.setenv("NEWSDESK_API_KEY", key)
    assert main(["list", "--verbose"]) == 2
    said = capsys.readouterr().err
    assert "api_key" in said
    assert not key or key not in said


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:8501"}, 200),
        ({"Host": "LOCALHOST"}, 200),
        ({"Host": "127.0.0.1:1"}, 200),
        ({"Host": "[::1]:8501"}, 200),
        ({"Host": "localhost:8501", "Origin": "http://localhost:8501"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "localhost.evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:8501"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
        ({"Host": "localhost:8501", "Origin": "http://evil.example"}, 403),
        ({"Host": "localhost:8501", "Origin": "http://localhost:3000"}, 403),
        ({"Host": "localhost:8501", "Origin": "null"}, 403),
        ({"X-Forwarded-For": "203.0.113.9"}, 403),
        ({"X-Forwarded-For": "127.0.0.1"}, 403),
        ({"X-Forwarded-Proto": "https"}, 403),
        ({"Forwarded": "for=127.0.0.1"}, 403),
        ({"X-Real-IP": "127.0.0.1"}, 403),
        ({"Via": "1.1 proxy"}, 403),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else str(value),
)
def test_without_a_key_only_this_computer_is_answered(address: str, headers: dict[str, str], status: int) -> None:
    for said in (
        httpx.get(f"{address}/articles", headers=headers),
        httpx.post(f"{address}/ask", headers=headers, json={"question": "hello"}),
    ):
        assert said.status_code == status
        assert "access-control-allow-origin" not in said.headers
        if status == 403:
            assert "NEWSDESK_API_KEY" in is_problem(said, 403)


def test_two_hosts_are_none(address: str) -> None:
    assert b" 40" in _raw(address, b"GET /api/articles HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n").split(b"\r\n")[0]


def test_proxy_that_says_nothing_of_itself_and_speaks_http_1_0_is_not_local(address: str) -> None:
    said = _raw(address, b"GET /api/articles HTTP/1.0\r\nHost: 127.0.0.1:8501\r\nConnection: close\r\n\r\n")
    assert b" 403 " in said.split(b"\r\n")[0]
    assert b"through a proxy" in said


# Bounds


def test_body_is_bounded(address: str) -> None:
    # Stated beforehand, and found out on the way.
    assert "256,000 bytes" in is_problem(httpx.post(f"{address}/ask", json={"question": "x" * 256_000}), 413)
    assert "256,000 bytes" in is_problem(httpx.post(f"{address}/ask", content=iter([b"x" * 64_000] * 5)), 413)
    said = _raw(address, b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n{")
    assert b" 413 " in said.split(b"\r\n")[0]


def test_body_that_does_not_come_is_not_waited_for(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_SECONDS", 0.3)
    said = _raw(address, b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
    assert b" 408 " in said.split(b"\r\n")[0]


def test_history_question_and_page_are_bounded(address: str, assistant: Assistant) -> None:
    too_long = "x" * (assistant.settings.max_question_chars + 1)
    for body in (
        {"question": too_long},
        {"question": "x", "searched_as": too_long},
        {"question": "x", "history": [{"question": "x"}] * 101},
    ):
        is_problem(httpx.post(f"{address}/ask", json=body), 400)
    for params in (
        {"limit": 0},
        {"limit": 1001},
        {"offset": -1},
        {"offset": "9" * 5000},
        {"since": "yesterday"},
        {"outlet": "The Daily Nothing"},
    ):
        is_problem(httpx.get(f"{address}/articles", params=params), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{not json",
        b"[]",
        b'"question"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"question": ' + b"9" * 5000 + b"}",
        b'{"question": 7}',
        b'{"question": null}',
        b'{"question": NaN}',
        b'{"question": "\\ud800"}',
        b'{"question": "x", "\\ud800": 1}',
        b'{"question": "x", "filter": {}}',
        b'{"question": "x", "quotes": "yes"}',
        b'{"question": "x", "filters": {"since": 20250101}}',
        b'{"question": "x", "filters": {"since": "2025-02-30"}}',
        b'{"question": "x", "filters": {"since": "2025-02-02", "until": "2025-01-01"}}',
        b'{"question": "x", "filters": {"outlets": ["\\ud800"]}}',
        b'{"question": "x", "history": "before"}',
        b'{"question": "x", "history": [{"answer": "no question"}]}',
    ],
    ids=lambda body: body[:60].decode(errors="replace"),
)
def test_body_that_is_none_is_named(address: str, body: bytes) -> None:
    said = httpx.post(f"{address}/ask", content=body, headers={"Content-Type": "application/json"})
    assert said.status_code in (200, 400)
    if said.status_code == 400:
        assert len(is_problem(said, 400)) < 400
    else:
        # Half a surrogate pair is no text; as on the command line, it is read as a question mark.
        assert b'"\\ud800"' in body


def test_form_of_another_site_is_no_question(address: str) -> None:
    said = httpx.post(f"{address}/ask", content=b'{"question": "hello"}', headers={"Content-Type": "text/plain"})
    assert "Content-Type: application/json" in is_problem(said, 400)


def test_odd_questions_are_answered(address: str) -> None:
    for question in ('"', "?", "AND OR NOT", "título: 'x' -y *", "a\0b", "🌊" * 50, "chunks_fts:x ^y {z}"):
        assert asked(address, question)["status"] in ("answered", "abstained")
        httpx.get(f"{address}/search", params={"q": question}).raise_for_status()


def test_unknown_addresses_and_methods_are_problems(address: str) -> None:
    assert "/api/docs" in is_problem(httpx.get(f"{address}/nothing"), 404)
    assert is_problem(httpx.put(f"{address}/ask"), 405)
    assert "POST" in httpx.put(f"{address}/ask").headers["allow"]


# What it says of itself


def test_without_a_library_it_says_how_to_begin(tmp_path: Path, assistant: Assistant) -> None:
    settings = Settings(home=tmp_path / "none")
    empty = Assistant(settings, embedder=assistant.embedder, reader=assistant.reader)
    with served(lambda: empty, settings) as address:
        assert httpx.get(f"{address}/health").status_code == 200
        reason = is_problem(httpx.get(f"{address}/ready"), 503)
        assert "newsdesk sync" in reason
        assert str(tmp_path) not in reason
        for accept in ("application/json", "text/event-stream"):
            said = httpx.post(f"{address}/ask", json={"question": RECALL}, headers={"Accept": accept})
            assert "`newsdesk sync FOLDER`" in is_problem(said, 503)
        for path in ("/search?q=x", "/articles", "/articles/x"):
            is_problem(httpx.get(f"{address}{path}"), 503)
    assert not settings.home.exists()


def test_library_of_another_model_is_a_conflict(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    assistant = library_of(THREE)
    with assistant.library.database.writing() as db:
        db.execute("UPDATE meta SET value = 'another@0' WHERE key = 'model'")
    with served(lambda: assistant, assistant.settings) as address:
        assert "another@0" in is_problem(httpx.post(f"{address}/ask", json={"question": "What fell into the harbour?"}), 409)
        assert "newsdesk sync" in is_problem(httpx.get(f"{address}/ready"), 503)


def test_failure_that_nobody_foresaw_says_nothing_of_itself(assistant: Assistant) -> None:
    def fail() -> Assistant:
        raise ZeroDivisionError("secret")

    with served(fail, assistant.settings) as address:
        assert "secret" not in is_problem(httpx.get(f"{address}/articles"), 500)


def test_page_of_the_api_names_all_and_loads_nothing(address: str) -> None:
    said = httpx.get(f"{address}/docs")
    assert "default-src 'none'" in said.headers["content-security-policy"]
    schema = httpx.get(f"{address}/openapi.json").json()
    assert set(schema["paths"]) == {"/ask", "/search", "/articles", "/articles/{article_id}", "/health", "/ready"}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} /api{path}" in said.text
            assert all(f"<code>{parameter['name']}</code>" in said.text for parameter in operation.get("parameters", []))
    assert re.findall(r"""(?:src|href)=["']?([^"' >]+)""", said.text) == ["/api/openapi.json"]
    assert not re.search(r"<script|<link|@import|url\(", said.text)


# At the same time


def test_two_ask_at_once(address: str) -> None:
    questions = [RECALL, "who won the lottery?"] * 3
    alone = {question: timeless(asked(address, question)) for question in questions[:2]}
    start = threading.Barrier(len(questions))

    def ask(question: str) -> Any:
        start.wait()
        return timeless(asked(address, question))

    with ThreadPoolExecutor(len(questions)) as pool:
        assert list(pool.map(ask, questions)) == [alone[question] for question in questions]


def _place(address: str) -> tuple[str, int]:
    url = httpx.URL(address)
    assert url.port
    return url.host, url.port


def _raw(address: str, request: bytes) -> bytes:
    """What comes back for the very bytes of a request, until the server closes."""
    with socket.create_connection(_place(address), 10) as connection:
        connection.sendall(request)
        connection.settimeout(10)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)
