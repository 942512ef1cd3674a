"""The chat model that writes answers: any provider of LangChain's ``init_chat_model``; it knows neither prompts nor passages.

Nothing of LangChain's providers is imported before the first call. Whatever goes wrong on the way becomes one readable line.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from rag.errors import ChatModelError
from rag.records import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk

log = logging.getLogger("rag")

# A whole answer may take this many times the longest silence.
_PATIENCE = 5
# Characters for each token that may be written; a server that minds no limit is left there.
_CHARS_A_TOKEN = 8
# What English text has on average, as the providers themselves say.
_CHARS_PER_TOKEN = 4
# Reasoning that a model writes into its answer instead of a field of its own.
_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S)
# Some server closes the connection in the middle as if all were said; only then none of these is sent.
_ENDS = {"finish_reason", "stop_reason", "done_reason", "done"}
_MAY_OPEN = re.compile(r"<(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?\Z")


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the model."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A passage that is handed over as a document, for providers that cite documents themselves."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What came in one go: words, and the documents (by index) that the provider itself cites for the words so far."""

    text: str
    documents: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How the model is called: ``seconds`` is the longest silence, ``tokens`` the most that it may write; prices are in US dollars a million tokens."""

    url: str | None = None
    temperature: float | None = None
    seconds: float = 60
    retries: int = 2
    tokens: int = 1000
    price_input: float | None = None
    price_output: float | None = None


class ChatModel:
    """One chat model, named ``provider:model``; opened at the first call, safe to share between threads."""

    def __init__(self, name: str, options: ChatOptions = ChatOptions()) -> None:
        self.name = name
        self.options = options
        self.provider, _, self._model_name = name.partition(":")

    def stream(self, messages: Sequence[Message], *, documents: Sequence[Document] = ()) -> Call:
        """Call the model; what it writes is read from the Call. ``documents`` go along only to providers that cite them."""
        return Call(self, messages, documents if self.provider == "anthropic" else ())

    def complete(self, messages: Sequence[Message], spend: Callable[[Usage], None] = lambda _: None) -> tuple[str, Usage]:
        """The whole text and what it took, which ``spend`` is told of whatever happens; raises ChatModelError."""
        call = self.stream(messages)
        try:
            text = "".join(piece.text for piece in call)
        finally:
            spend(call.spent)
        return text.strip(), call.usage

    def usage(self, read: int, written: int) -> Usage:
        """Tokens with their cost, None where a price is not set."""
        if self.options.price_input is None or self.options.price_output is None:
            return Usage(read, written, None)
        return Usage(read, written, (read * self.options.price_input + written * self.options.price_output) / 1e6)

    @cached_property
    def client(self) -> BaseChatModel:
        """LangChain's client; raises ChatModelError for an unknown provider, a missing package or a missing key."""
        try:
            # Half a second and a hundred packages that only those with a chat model need.
            from langchain.chat_models import init_chat_model

            client: BaseChatModel = init_chat_model(self._model_name, model_provider=self.provider, **self._arguments())
        except ImportError as error:
            extra = self.provider if self.provider in ("openai", "anthropic", "ollama") else None
            how = f'pip install "newsdesk[{extra}]"' if extra else f"pip install langchain langchain-{self.provider.replace('_', '-')}"
            raise ChatModelError(f"{self.name} needs a package that is not installed: run `{how}`.") from error
        except ValueError as error:
            raise ChatModelError(
                f"There is no provider {self.provider!r}: NEWSDESK_MODEL is provider:model, such as openai:gpt-5-mini, anthropic:claude-sonnet-5 or ollama:llama3.2."
            ) from error
        except Exception as error:  # each provider's package has errors of its own
            raise self.readable(error) from error
        return client

    def _arguments(self) -> dict[str, Any]:
        o = self.options
        given: dict[str, Any] = {"base_url": o.url} if o.url else {}
        if o.temperature is not None:
            given["temperature"] = o.temperature
        if self.provider == "ollama":
            return given | {"num_predict": o.tokens, "client_kwargs": {"timeout": o.seconds}}
        given |= {"timeout": o.seconds, "max_retries": o.retries, "max_tokens": o.tokens}
        if self.provider == "openai":
            given["stream_usage"] = True
            if o.url and not os.environ.get("OPENAI_API_KEY"):
                # Most servers of one's own want no key, but the client does.
                given["api_key"] = "none"
        return given

    def readable(self, error: Exception, *, begun: bool = False) -> ChatModelError:
        """What went wrong, in one line that says what to do; ``begun`` says that words had come."""
        if isinstance(error, ChatModelError):
            return error
        status = getattr(error, "status_code", None)
        where = f" at {self.options.url}" if self.options.url else ""
        said = " ".join(str(error).split())[:160]
        kind = type(error).__name__
        key = f"{self.provider.upper()}_API_KEY"
        if status in (401, 403) or "api_key" in said or "API key" in said or "authentication" in said.casefold():
            return ChatModelError(f"{self.provider}{where} does not accept the key: set {key} to a valid one.")
        if status == 404:
            return ChatModelError(f"{self.provider}{where} knows no model {self._model_name!r}: check NEWSDESK_MODEL ({said}).")
        if status in (429, 529):
            return ChatModelError(f"{self.provider}{where} takes no more requests for now ({status}): wait a little, then ask again.")
        if isinstance(status, int) and status >= 500:
            return ChatModelError(f"{self.provider}{where} has a fault of its own ({status}): ask again later.")
        if isinstance(status, int) and status >= 400:
            return ChatModelError(f"{self.provider}{where} refused the request ({status}: {said}).")
        if "Timeout" in kind or "timed out" in said.casefold():
            return ChatModelError(
                f"{self.name}{where} was silent for {self.options.seconds:g} s: ask again, or raise NEWSDESK_MODEL_SECONDS."
            )
        if "RemoteProtocol" in kind or (begun and ("Connect" in kind or isinstance(error, ConnectionError))):
            return ChatModelError(f"The connection to {self.name}{where} broke off before the end of what it wrote: ask again.")
        if "Connect" in kind or isinstance(error, ConnectionError):
            return ChatModelError(f"{self.name} cannot be reached{where}: start its server, or check the network and NEWSDESK_MODEL_URL.")
        return ChatModelError(f"{self.name}{where} sent what cannot be read ({kind}: {said}).")


class Call:
    """One call of a model: iterate over it once for the pieces, then ``usage`` says what it took.

    Raises ChatModelError when the model cannot be reached, refuses, breaks off, is silent or slow for too long.
    """

    def __init__(self, model: ChatModel, messages: Sequence[Message], documents: Sequence[Document]) -> None:
        self._model = model
        self._messages = messages
        self._documents = documents
        self._written = 0
        self._counted = False
        self.usage = model.usage(0, 0)

    @property
    def spent(self) -> Usage:
        """What it took; estimated from characters where words came, but not the model's last count, as when it was stopped."""
        if self._counted or not self._written:
            return self.usage
        read = sum(len(message.text) for message in self._messages) + sum(len(document.text) for document in self._documents)
        read, written = read // _CHARS_PER_TOKEN, -(-self._written // _CHARS_PER_TOKEN)
        return self._model.usage(max(read, self.usage.read), max(written, self.usage.written))

    def __iter__(self) -> Iterator[Piece]:
        deadline = time.monotonic() + _PATIENCE * self._model.options.seconds
        room = _CHARS_A_TOKEN * self._model.options.tokens
        raw = shown = ""
        read = written = 0
        ended = False
        try:
            for chunk in self._model.client.stream(_to_langchain(self._messages, self._documents)):
                if usage := getattr(chunk, "usage_metadata", None):
                    read, written = max(read, usage["input_tokens"]), max(written, usage["output_tokens"])
                    self.usage = self._model.usage(read, written)
                ended = ended or bool(_ENDS & chunk.response_metadata.keys())
                raw += str(chunk.text)
                self._written = len(raw)
                visible = _MAY_OPEN.sub("", _THINKING.sub("", raw))
                documents = _cited_documents(chunk)
                if documents or len(visible) > len(shown):
                    yield Piece(visible[len(shown) :], documents)
                    shown = visible
                if len(raw) > room:
                    raise ChatModelError(f"{self._model.name} wrote more than the {self._model.options.tokens:,} tokens it was allowed.")
                if time.monotonic() > deadline:
                    raise ChatModelError(f"{self._model.name} took longer than {_PATIENCE * self._model.options.seconds:g} s.")
            self._counted = written > 0
            if rest := _THINKING.sub("", raw)[len(shown) :]:
                yield Piece(rest)
            if not ended:
                raise ChatModelError(f"The connection to {self._model.name} broke off before the end of what it wrote: ask again.")
        except Exception as error:  # each provider's package has errors of its own
            log.debug("", exc_info=error)
            raise self._model.readable(error, begun=bool(raw)) from error


def _to_langchain(messages: Sequence[Message], documents: Sequence[Document]) -> list[Any]:
    given: list[Any] = [(message.role, message.text) for message in messages]
    if documents:
        blocks = [
            {
                "type": "document",
                "title": document.title,
                "source": {"type": "text", "media_type": "text/plain", "data": document.text},
                "citations": {"enabled": True},
            }
            for document in documents
        ]
        given[-1] = ("user", [*blocks, {"type": "text", "text": messages[-1].text}])
    return given


def _cited_documents(chunk: AIMessageChunk) -> tuple[int, ...]:
    """The documents that the provider's own citations name, by index."""
    blocks = chunk.content if isinstance(chunk.content, list) else []
    found = [
        citation["document_index"]
        for block in blocks
        if isinstance(block, Mapping)
        for citation in block.get("citations") or ()
        if isinstance(citation, Mapping) and isinstance(citation.get("document_index"), int)
    ]
    return tuple(dict.fromkeys(found))
