"""Serves the HTTP API from this process, on a real socket of 127.0.0.1."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.responses import PlainTextResponse

from rag.api import ApiFirst, api_of
from rag.assistant import Assistant
from rag.settings import Settings


@contextmanager
def served(opened: Callable[[], Assistant], settings: Settings, *, people: bool = False) -> Iterator[str]:
    """The address of /api, over the assistant that ``opened`` gives; ``people`` sign in to the pages."""
    app = ApiFirst(PlainTextResponse("pages"), api_of(opened, settings, people=people))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical", access_log=False, timeout_graceful_shutdown=5))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/api"
        finally:
            server.should_exit = True
            thread.join()
