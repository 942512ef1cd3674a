"""Servers on this machine that speak the published protocols of three model providers, for tests with the real client libraries."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any, ClassVar, Literal

Json = dict[str, Any]
_dumps = partial(json.dumps, ensure_ascii=False)


@dataclass(frozen=True)
class Reply:
    """What the server does for one request."""

    text: str = ""  # with an error status: the message of the error, a usual one if empty
    thinking: str = ""
    # Anthropic only: (block text, document_index, start_char, end_char, cited_text), in blocks after the one of `text`, if any.
    # Without cited_text the block is plain; without block text the citation is one more of the block before it.
    citations: tuple[tuple[str, int, int, int, str], ...] = ()
    status: int = 200
    cut_after: int | None = None  # close the socket after so many characters of the answer; a body that is not streamed, half-way
    clean: bool = False  # with cut_after: end a stream as if it were complete, only without what the protocol closes it with
    stall_after: int | None = None  # send no more, but keep the socket open until the client leaves or the server stops
    slow: float = 0.0  # seconds before each piece; before a body that is not streamed, as many as its pieces would have taken
    malformed: bool = False
    input_tokens: int = 25
    output_tokens: int = 12
    finish: Literal["stop", "length"] = "stop"

    @property
    def blocks(self) -> list[tuple[str, list[Json]]]:
        """The text blocks of the answer, each with its native citations."""
        blocks: list[tuple[str, list[Json]]] = [(self.text, [])] if self.text or not self.citations else []
        for text, document, start, end, cited in self.citations:
            if text or not blocks:
                blocks.append((text, []))
            if cited:
                place = {"document_index": document, "document_title": None, "start_char_index": start, "end_char_index": end}
                blocks[-1][1].append({"type": "char_location", "cited_text": cited, **place, "file_id": None})
        return blocks

    @property
    def answer(self) -> str:
        """The whole text of the answer."""
        return "".join(text for text, _ in self.blocks)


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: Json


class Server(ThreadingHTTPServer):
    """Answers on 127.0.0.1 with the given replies in turn, the last one again and again, or with what a function makes of the body."""

    def __init__(self, protocol: Literal["openai", "anthropic", "ollama"], replies: Sequence[Reply] | Callable[[Json], Reply]) -> None:
        """Listen, but answer only within the context."""
        handler = {"openai": _OpenAI, "anthropic": _Anthropic, "ollama": _Ollama}[protocol]
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}{handler.base}"
        self.requests: list[Request] = []
        self.client_left = threading.Event()  # set once a client went away before its reply was complete
        self.stopped = threading.Event()
        self._replies = replies
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Server:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and drop the clients that still wait."""
        self.stopped.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that hang up; a failing function of the test still shows its traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def reply_to(self, request: Request) -> Reply:
        """Record the request and choose its reply."""
        with self._lock:
            self.requests.append(request)
            turn = len(self.requests) - 1
        return self._replies(request.body) if callable(self._replies) else self._replies[min(turn, len(self._replies) - 1)]


class _BrokenOff(Exception):
    """The reply ends here, unfinished."""


class _Provider(BaseHTTPRequestHandler):
    """One connection with one request; each provider's protocol is a subclass."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    base: ClassVar[str] = ""
    path_after_base: ClassVar[str]
    stream_kind: ClassVar[str] = "text/event-stream; charset=utf-8"
    streams_unless_told: ClassVar[bool] = False
    malformed: ClassVar[str] = 'data: {"this is": no JSON,,\n\n'
    said = 0
    stream: Callable[[], None]
    whole: Callable[[], Json]
    error: Callable[[], Json]

    def log_message(self, format: str, *args: object) -> None:
        """Keep no access log."""

    def do_POST(self) -> None:
        self.body: Json = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.model = self.body.get("model", "")
        self.reply = self.server.reply_to(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, self.body))
        if self.path.partition("?")[0] != self.base + self.path_after_base:
            self.reply = Reply(f"nothing at {self.path}", status=404)
        try:
            self._respond()
        except _BrokenOff:
            pass
        except ConnectionError:
            if not self.server.stopped.is_set():
                self.server.client_left.set()

    @property
    def problem(self) -> str:
        """The message of an error."""
        phrase = self.responses.get(self.reply.status, ("Overloaded", ""))[0]
        return self.reply.text or (f"model '{self.model}' not found" if self.reply.status == 404 else phrase)

    def _respond(self) -> None:
        if self.reply.status != 200:
            self._send_whole(self.error())
        elif self.body.get("stream", self.streams_unless_told):
            self._head(self.stream_kind, "Transfer-Encoding", "chunked")
            self.stream()
            self.send("")
        else:
            self._wait(self.reply.slow * len(list(_split(self.reply.answer))))
            self._send_whole(self.whole())

    def _head(self, kind: str, name: str, value: str) -> None:
        self.send_response(self.reply.status)
        # A connection that was kept alive would go on being answered after the server stopped.
        for header, content in (("Content-Type", kind), (name, value), ("Connection", "close")):
            self.send_header(header, content)
        self.end_headers()

    def _send_whole(self, content: Json) -> None:
        data = _dumps(content).encode()
        if self.reply.malformed:
            data = data[: len(data) // 2]
        breaks = self.reply.cut_after is not None or self.reply.stall_after is not None
        self._head("application/json; charset=utf-8", "Content-Length", str(len(data)))
        self.wfile.write(data[: len(data) // 2] if breaks else data)
        if breaks:
            self._break_off()

    def _wait(self, seconds: float) -> None:
        """Wait, unless the client leaves or the server stops."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.connection.settimeout(0.001)
            try:
                gone = not self.connection.recv(1, socket.MSG_PEEK)
            except TimeoutError:
                gone = False
            self.connection.settimeout(None)
            if gone or self.server.stopped.wait(min(left, 0.02)):
                raise ConnectionAbortedError

    def _break_off(self) -> None:
        if self.reply.cut_after is None:
            self._wait(float("inf"))
        # The base class then closes the connection; the chunk or the bytes that end the body are missing.
        raise _BrokenOff

    def send(self, text: str) -> None:
        """Send one chunk of the stream; an empty one ends it."""
        data = text.encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def say(self, text: str) -> Iterator[str]:
        """The next part of the answer in pieces, with the reply's faults where they belong."""
        limits = [limit for limit in (self.reply.cut_after, self.reply.stall_after) if limit is not None]
        left = max(min(limits) - self.said, 0) if limits else len(text) + 1
        middle = max(len(self.reply.answer) // 2, 1)
        for piece in _split(text[:left]):
            self._wait(self.reply.slow)
            yield piece
            self.said += len(piece)
            if self.reply.malformed and self.said - len(piece) < middle <= self.said:
                self.send(self.malformed)
        if left <= len(text):
            if self.reply.clean:
                self.send("")
            self._break_off()


def _split(text: str) -> Iterator[str]:
    """Pieces of a few characters, of uneven lengths, so that they begin and end inside words."""
    start = 0
    for length in cycle((3, 5, 2, 4)):
        if start >= len(text):
            return
        yield text[start : start + length]
        start += length


class _OpenAI(_Provider):
    """Chat completions."""

    base = "/v1"
    path_after_base = "/chat/completions"

    def error(self) -> Json:
        kind = "server_error" if self.reply.status >= 500 else "invalid_request_error"
        code = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}.get(self.reply.status)
        kind, code = ("tokens", "context_length_exceeded") if "maximum context length" in self.problem else (kind, code)
        return {"error": {"message": self.problem, "type": kind, "param": None, "code": code}}

    def _result(self, kind: str, choices: list[Json], **more: object) -> Json:
        return {"id": "chatcmpl-1", "object": kind, "created": 1_750_000_000, "model": self.model, "choices": choices, **more}

    def _usage(self) -> Json:
        read, written = self.reply.input_tokens, self.reply.output_tokens
        return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}

    def _event(self, delta: Json | None, finish: str | None = None) -> None:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        # Where usage is asked for, all chunks have the field, but only the last one, which has no choice, a value.
        usage = {"usage": None if choices else self._usage()} if (self.body.get("stream_options") or {}).get("include_usage") else {}
        if choices or usage:
            self.send(f"data: {_dumps(self._result('chat.completion.chunk', choices, **usage))}\n\n")

    def stream(self) -> None:
        self._event({"role": "assistant", "content": ""})
        for piece in _split(self.reply.thinking):
            self._event({"reasoning_content": piece})
        for piece in self.say(self.reply.answer):
            self._event({"content": piece})
        self._event({}, self.reply.finish)
        self._event(None)
        self.send("data: [DONE]\n\n")

    def whole(self) -> Json:
        thinking = {"reasoning_content": self.reply.thinking} if self.reply.thinking else {}
        message = {"role": "assistant", "content": self.reply.answer, "refusal": None, **thinking}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.reply.finish}
        return self._result("chat.completion", [choice], usage=self._usage())


class _Anthropic(_Provider):
    """Messages."""

    path_after_base = "/v1/messages"
    malformed = 'event: content_block_delta\ndata: {"type": content_block_delta,,\n\n'

    def error(self) -> Json:
        usual = "api_error" if self.reply.status >= 500 else "invalid_request_error"
        known = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 413: "request_too_large"}
        kind = {**known, 429: "rate_limit_error", 529: "overloaded_error"}.get(self.reply.status, usual)
        return {"type": "error", "error": {"type": kind, "message": self.problem}, "request_id": "req_1"}

    def _message(self, content: list[Json], end: Json, written: int) -> Json:
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "content": content}
        return {**message, **end, "usage": self._usage(written)}

    def _end(self) -> Json:
        return {"stop_reason": {"stop": "end_turn", "length": "max_tokens"}[self.reply.finish], "stop_sequence": None}

    def _usage(self, written: int) -> Json:
        cache = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        return {"input_tokens": self.reply.input_tokens, **cache, "output_tokens": written}

    def _content(self) -> list[Json]:
        thinking = {"type": "thinking", "thinking": self.reply.thinking, "signature": "c2lnbmF0dXJl"}
        texts = [{"type": "text", "text": text, "citations": cited or None} for text, cited in self.reply.blocks]
        return [thinking, *texts] if self.reply.thinking else texts

    def whole(self) -> Json:
        return self._message(self._content(), self._end(), self.reply.output_tokens)

    def _event(self, kind: str, **more: object) -> None:
        self.send(f"event: {kind}\ndata: {_dumps({'type': kind, **more})}\n\n")

    def _delta(self, index: int, kind: str, **more: object) -> None:
        self._event("content_block_delta", index=index, delta={"type": kind, **more})

    def stream(self) -> None:
        self._event("message_start", message=self._message([], {"stop_reason": None, "stop_sequence": None}, 1))
        for index, block in enumerate(self._content()):
            # Every block opens empty, and only one that will have citations with a list of them.
            opening = {name: value if name == "type" else value[:0] for name, value in block.items() if value is not None}
            self._event("content_block_start", index=index, content_block=opening)
            if index == 0:
                self._event("ping")
            if block["type"] == "thinking":
                for piece in _split(block["thinking"]):
                    self._delta(index, "thinking_delta", thinking=piece)
                self._delta(index, "signature_delta", signature=block["signature"])
            else:
                for piece in self.say(block["text"]):
                    self._delta(index, "text_delta", text=piece)
                for citation in block["citations"] or []:
                    self._delta(index, "citations_delta", citation=citation)
            self._event("content_block_stop", index=index)
        self._event("message_delta", delta=self._end(), usage=self._usage(self.reply.output_tokens))
        self._event("message_stop")


class _Ollama(_Provider):
    """Ollama's own chat, not the one that imitates OpenAI's."""

    path_after_base = "/api/chat"
    stream_kind = "application/x-ndjson"
    streams_unless_told = True
    malformed = '{"message": no JSON,,\n'

    def error(self) -> Json:
        return {"error": self.problem}

    def _part(self, content: str, thinking: str = "", **more: object) -> Json:
        message = {"role": "assistant", "content": content, **({"thinking": thinking} if thinking else {})}
        return {"model": self.model, "created_at": "2025-06-15T15:06:40.000000Z", "message": message, "done": False, **more}

    def _last(self, content: str, thinking: str = "") -> Json:
        times = {"total_duration": 5_000_000, "load_duration": 1_000_000, "prompt_eval_duration": 1_000_000, "eval_duration": 3_000_000}
        counts = {"prompt_eval_count": self.reply.input_tokens, "eval_count": self.reply.output_tokens}
        return self._part(content, thinking, done=True, done_reason=self.reply.finish, **times, **counts)

    def stream(self) -> None:
        for piece in _split(self.reply.thinking):
            self.send(_dumps(self._part("", piece)) + "\n")
        for piece in self.say(self.reply.answer):
            self.send(_dumps(self._part(piece)) + "\n")
        self.send(_dumps(self._last("")) + "\n")

    def whole(self) -> Json:
        return self._last(self.reply.answer, self.reply.thinking)
