"""A real Chroma server on 127.0.0.1, and servers there that are none."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx


class ChromaRun:
    """``chroma run`` over a folder; it can be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start(folder)

    def start(self, folder: Path) -> None:
        """Serve a folder, and wait until it answers."""
        self.folder = folder
        command = [
            str(Path(sys.executable).with_name("chroma")),
            "run",
            "--path",
            str(folder),
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
        ]
        # Of the system's, a developer's own proxy or telemetry included, it needs nothing.
        around = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=around)
        until = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, "chroma run ended"
            assert time.monotonic() < until, "chroma run did not answer within a minute"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it at once, as the machine's power would."""
        self._process.kill()
        self._process.wait()

    def collections(self) -> dict[str, str]:
        """Ids of the collections by name, as the server says itself."""
        return {held["name"]: held["id"] for held in httpx.get(f"{self._database}/collections", trust_env=False).json()}

    def change(self, name: str, verb: str, body: dict[str, object]) -> None:
        """Do to a collection what nobody should."""
        httpx.post(f"{self._database}/collections/{self.collections()[name]}/{verb}", json=body, trust_env=False).raise_for_status()

    @property
    def _database(self) -> str:
        return f"{self.url}/api/v2/tenants/default_tenant/databases/default_database"

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/heartbeat", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """The address of a server that does this with each request."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self.rfile.read(length)
            answer(self)

        do_GET = do_POST = do_PUT = do_DELETE = handle_one

        def log_message(self, format: str, *args: object) -> None:
            """Nowhere."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
