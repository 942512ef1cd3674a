"""The pages of app.py and the HTTP API as one application, over one assistant."""

from __future__ import annotations

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
from rag.gate import Gate
from rag.opened import shared_assistant
from rag.settings import CHECKOUT, Settings
from rag.signin import SignIn
from rag.ui import chat as _first_page  # noqa: F401  # whoever opens the first page need not wait for its imports
from rag.walls import OwnName, Walled, inline_scripts

_INDEX = Path(st.__file__).parent / "static" / "index.html"


@asynccontextmanager
async def _beginning(_: st.App) -> AsyncIterator[None]:
    """Open the page where somebody sits at this screen."""
    if not st.get_option("server.headless"):
        address = f"http://localhost:{st.get_option('server.port')}"
        threading.Thread(target=webbrowser.open, args=[address], name="open", daemon=True).start()
    yield


def serve(settings: Settings, signin: SignIn | None, *, host: str, port: int, headless: bool) -> None:
    """Serve pages and API until the process is told to end."""
    _app(settings, signin).run(config=_options(signin, host=host, port=port, headless=headless))


def _app(settings: Settings, signin: SignIn | None) -> st.App:
    """The secrets of a sign-in go to Streamlit in memory, and into no file."""
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
