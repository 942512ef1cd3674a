"""The headers of the web app and who may open its pages, asked of the real server: `newsdesk chat` as a process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from test_browser import served

from rag.settings import Settings
from rag.walls import inline_scripts, policy


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("walls"), NEWSDESK_HOSTS="news.example.org, two.example") as address:
        yield int(address.rpartition(":")[2])


def get(port: int, path: str, **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def directives(response: HTTPResponse) -> dict[str, str]:
    given = response.headers.get_all("Content-Security-Policy") or []
    assert len(given) == 1
    parts = (part.split(maxsplit=1) for part in given[0].split("; "))
    return {name: "".join(rest) for name, *rest in parts}


@pytest.mark.parametrize(
    "path", ["/", "/library", "/_stcore/health", "/_stcore/host-config", "/static/nothing", "/api/docs", "/api/nothing"]
)
def test_every_response_says_what_a_browser_may_do_with_it(port: int, path: str) -> None:
    response = get(port, path)
    said = directives(response)
    assert said["frame-ancestors"] == said["base-uri"] == "'none'"
    assert "'unsafe-inline'" not in said.get("script-src", "")
    assert "'unsafe-eval'" not in said.get("script-src", "")
    assert "http:" not in str(said)
    assert "https:" not in str(said)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Frame-Options"] == "DENY"


def test_the_page_of_the_api_keeps_its_own_stricter_policy(port: int) -> None:
    assert directives(get(port, "/api/docs"))["default-src"] == "'none'"


def test_the_script_in_the_page_is_the_one_that_the_policy_lets_run(port: int) -> None:
    response = get(port, "/")
    (digest,) = inline_scripts(response.read().decode())
    assert digest in directives(response)["script-src"]


def upgraded(port: int, host: str, origin: str | None) -> bool:
    """Whether the web socket of the pages opens."""
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: streamlit",
        *([f"Origin: {origin}"] if origin else []),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        status = connection.recv(100).split()[1]
    assert status in (b"101", b"403")
    return status == b"101"


@pytest.mark.parametrize(
    ("host", "origin", "opens"),
    [
        ("localhost:{port}", "http://localhost:{port}", True),
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", True),
        ("news.example.org", "https://news.example.org", True),
        ("two.example:8443", "https://two.example:8443", True),
        ("localhost:{port}", None, True),
        ("localhost:{port}", "http://evil.example", False),
        ("localhost:{port}", "http://localhost:1", False),
        ("localhost:{port}", "null", False),
        ("evil.example:{port}", "http://evil.example:{port}", False),
        ("localhost.evil.example:{port}", "http://localhost.evil.example:{port}", False),
        ("evil.example", None, False),
    ],
    ids=[
        "localhost",
        "address",
        "named",
        "named-port",
        "program",
        "other-site",
        "other-port",
        "sandboxed",
        "rebound",
        "prefix",
        "no-origin",
    ],
)
def test_only_pages_of_its_own_open_the_web_socket(port: int, host: str, origin: str | None, opens: bool) -> None:
    assert upgraded(port, host.format(port=port), origin and origin.format(port=port)) is opens


def test_another_name_is_told_what_to_set(port: int) -> None:
    response = get(port, "/", Host="evil.example")
    assert response.status == 403
    assert "NEWSDESK_HOSTS" in response.read().decode()
    assert get(port, "/", Host="news.example.org").status == 200


@pytest.mark.parametrize("host", ["a b", "x'; script-src *", "", "a\tb", "[::1"], ids=["space", "directive", "none", "tab", "half"])
def test_no_host_of_a_request_gets_words_into_the_policy(host: str) -> None:
    assert "connect-src 'self';" in policy(host, ())


@pytest.mark.parametrize("given", ["https://news.example", "news.example:80", "*"])
def test_bad_names_of_hosts_are_refused(given: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no names of hosts"):
        Settings(home=tmp_path, hosts=given)
