"""The pages of app.py and the HTTP API in one process, over one assistant: what `newsdesk chat` starts."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from rag.api import ApiFirst, api_of
from rag.opened import shared_assistant, warm
from rag.settings import CHECKOUT, load_settings
from rag.walls import OwnName, Walled, inline_scripts

_SETTINGS = load_settings()
_INDEX = Path(st.__file__).parent / "static" / "index.html"


@asynccontextmanager
async def _beginning(_: st.App) -> AsyncIterator[None]:
    """Load the models while nobody waits, and open the page where somebody sits at this screen."""
    threading.Thread(target=warm, name="warm", daemon=True).start()
    if not st.get_option("server.headless"):
        address = f"http://localhost:{st.get_option('server.port')}"
        threading.Thread(target=webbrowser.open, args=[address], name="open", daemon=True).start()
    yield


app = st.App(
    CHECKOUT / "app.py",
    lifespan=_beginning,
    middleware=[
        Middleware(Walled, scripts=inline_scripts(_INDEX.read_text("utf-8"))),
        Middleware(ApiFirst, api=api_of(shared_assistant, _SETTINGS)),
        Middleware(OwnName, names=_SETTINGS.host_names),
    ],
)


def _main() -> None:
    parser = argparse.ArgumentParser(description="Serve the pages and the HTTP API on this machine.")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    args = parser.parse_args()
    # The server ends what it is at, and then raises the signal again.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    app.run(config={"server.address": "localhost", "server.port": args.port, "server.headless": not args.open})


if __name__ == "__main__":
    _main()
