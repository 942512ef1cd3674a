"""Puts the API before the pages, in one application; it knows neither."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_AT = "/api"


class ApiFirst:
    """Hands what is under /api to the API, before anything of Streamlit sees it: its sessions, its rules for the paths of files."""

    def __init__(self, pages: ASGIApp, api: ASGIApp) -> None:
        self._pages = pages
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] in ("http", "websocket") and scope["path"].startswith(f"{_AT}/"):
            await self._api({**scope, "root_path": scope.get("root_path", "") + _AT}, receive, send)
        else:
            await self._pages(scope, receive, send)
