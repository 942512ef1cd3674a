"""A small web site on 127.0.0.1 for tests: pages with entity tags, redirects, and servers that misbehave on purpose."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Misbehave = Callable[["BaseHTTPRequestHandler"], None]


@dataclass
class Page:
    """What one path answers."""

    body: bytes = b""
    type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    act: Misbehave | None = None


class Site(ThreadingHTTPServer):
    """Answers from ``pages``; what was asked stands in ``asked`` as (path, headers in lower case)."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen; answer within the context."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Site:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stopped.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up on servers that misbehave."""

    def paths(self) -> list[str]:
        """What was asked for, robots.txt aside, and forget it."""
        asked = [path for path, _ in self.asked if path != "/robots.txt"]
        self.asked.clear()
        return asked

    def put(self, path: str, text: str | bytes, type: str = "text/html; charset=utf-8", **headers: str) -> str:
        """Answer a path with this from now on; returns its address."""
        self.pages[path] = Page(
            text.encode() if isinstance(text, str) else text, type, headers={n.replace("_", "-"): v for n, v in headers.items()}
        )
        return self.url + path

    def act(self, path: str, act: Misbehave) -> str:
        """Let a function answer the path."""
        self.pages[path] = Page(act=act)
        return self.url + path

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        """Lead from one path to another address."""
        self.pages[path] = Page(status=status, headers={"Location": target})
        return self.url + path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        page = self.server.pages.get(self.path, Page(b"<title>404</title>", status=404))
        self.close_connection = True
        if page.act is not None:
            page.act(self)
            return
        tag = f'"{hashlib.sha256(page.body).hexdigest()[:12]}"'
        if page.status == 200 and self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(page.status)
        for name, value in {"Content-Type": page.type, "Content-Length": str(len(page.body)), "ETag": tag, **page.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def drip(piece: bytes, *, every: float, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n") -> Misbehave:
    """Sends ``piece`` again and again until the client leaves or the site stops."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        server = handler.server
        assert isinstance(server, Site)
        handler.wfile.write(head)
        while not server.stopped.is_set():
            handler.wfile.write(piece)
            time.sleep(every)

    return act


def article(title: str, text: str, *, head: str = "") -> str:
    """An article's page."""
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )


def rss(*entries: str, name: str = "Skell Feed") -> str:
    """A feed of these items."""
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<?xml version="1.0"?><rss version="2.0" {space}><channel><title>{name}</title>{"".join(entries)}</channel></rss>'


def item(link: str, *, title: str = "Told by the feed", day: int = 1, more: str = "") -> str:
    """An item of January 2025."""
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{day:02d} Jan 2025 10:00:00 GMT</pubDate>{more}</item>"


def sitemap(*entries: str) -> str:
    """A sitemap of these urls."""
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<?xml version="1.0"?><urlset {space}>{"".join(entries)}</urlset>'
