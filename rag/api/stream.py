"""An answer as server-sent events: one as soon as it is there; it knows no route."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

from anyio import move_on_after
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rag.api.desk import Desk, attended
from rag.api.problems import problem_of
from rag.api.shapes import Asked, event_to_json

MEDIA_TYPE = "text/event-stream"
# How long the last words wait for a client that does not read.
_LAST_WORDS_SECONDS = 1.0


class EventStream(Response):
    """Answers while it is sent: what goes wrong before the first event is raised and becomes a status, what goes wrong later is an event ``error``."""

    media_type = MEDIA_TYPE

    def __init__(self, desk: Desk, asked: Asked) -> None:
        # Not the parent's, which would state a length of 0.
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._desk = desk
        self._asked = asked
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await attended(receive, self._desk.seconds, lambda: self._send_events(send))
        except ClientDisconnect:
            return
        except Exception as error:  # the status is sent already: the last event says it, and problem_of logs what nobody foresaw
            if not self._started:
                raise
            with move_on_after(_LAST_WORDS_SECONDS):
                await self._send(send, "error", problem_of(error).content)
                await send({"type": "http.response.body", "body": b""})

    async def _send_events(self, send: Send) -> None:
        async with aclosing(self._desk.events(self._asked)) as events:
            async for event in events:
                if not self._started:
                    await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                    self._started = True
                await self._send(send, *event_to_json(event))
        await send({"type": "http.response.body", "body": b""})

    @staticmethod
    async def _send(send: Send, name: str, data: Any) -> None:
        # JSON writes line ends as \n, so that the data is one line.
        words = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        await send({"type": "http.response.body", "body": words.encode(), "more_body": True})
