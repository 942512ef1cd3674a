"""The pages of app.py and the HTTP API in one process, over one assistant: what `newsdesk chat` starts."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.middleware import Middleware

from rag.api import ApiFirst, api_of
from rag.errors import NewsdeskError
from rag.gate import Gate
from rag.opened import shared_assistant, warm
from rag.settings import CHECKOUT, load_settings
from rag.signin import SignIn, listens_on, signin_of
from rag.walls import OwnName, Walled, inline_scripts

_INDEX = Path(st.__file__).parent / "static" / "index.html"


@asynccontextmanager
async def _beginning(_: st.App) -> AsyncIterator[None]:
    """Load the models while nobody waits, and open the page where somebody sits at this screen."""
    threading.Thread(target=warm, name="warm", daemon=True).start()
    if not st.get_option("server.headless"):
        address = f"http://localhost:{st.get_option('server.port')}"
        threading.Thread(target=webbrowser.open, args=[address], name="open", daemon=True).start()
    yield


def app_of(signin: SignIn | None) -> st.App:
    """Pages and API; the secrets of a sign-in go to Streamlit in memory, and into no file."""
    settings = load_settings()
    own = settings.host_names if signin is None else (*settings.host_names, str(urlsplit(signin.address).hostname))
    walls = [
        Middleware(Walled, scripts=inline_scripts(_INDEX.read_text("utf-8"))),
        Middleware(ApiFirst, api=api_of(shared_assistant, settings, people=signin is not None)),
        Middleware(OwnName, names=own),
    ]
    gate = [Middleware(Gate, signin=signin)] if signin else []
    secrets = signin.secrets() if signin else None
    return st.App(CHECKOUT / "app.py", lifespan=_beginning, middleware=[*walls, *gate], secrets=secrets)


def _options(signin: SignIn | None, *, host: str, port: int, headless: bool) -> dict[str, Any]:
    """What Streamlit is told, whatever its own settings say."""
    # Both would let requests say who they come from.
    options: dict[str, Any] = {"server.enableAgentApi": False, "server.trustedUserHeaders": "{}"}
    if signin:
        # Streamlit would otherwise ask a server of others for this machine's address, to compare it with an origin that it does not know.
        options["browser.serverAddress"] = urlsplit(signin.address).hostname
    return options | {"server.address": host, "server.port": port, "server.headless": headless}


def _main() -> None:
    parser = argparse.ArgumentParser(description="Serve the pages and the HTTP API on this machine.")
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    args = parser.parse_args()
    try:
        settings = load_settings()
        signin = signin_of(settings)
        host = listens_on(args.host, signin)
    except NewsdeskError as error:
        sys.exit(f"newsdesk: {error}")
    # Whatever becomes of newsdesk.toml, this process goes on as it began: nobody takes the sign-in away from under it.
    os.environ.update(settings.as_environment())
    # The server ends what it is at, and then raises the signal again.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    app_of(signin).run(config=_options(signin, host=host, port=args.port, headless=not args.open))


if __name__ == "__main__":
    _main()
