"""One request to a Chroma server, bounded in bytes and time, and its failures in words; it knows nothing of generations.

It speaks the HTTP API of Chroma 1.x (``/api/v2``) itself: Chroma's own client waits for ever for a server that hangs (chromadb 1.5.9 makes its
connections with ``timeout=None``, and asks before anybody could set another). No proxy and no password is taken from the environment.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import certifi

from rag.errors import IndexGone, LibraryError, ServerError
from rag.settings import Settings

# No database but the one that every server has.
_API = "/api/v2"
_DATABASE = f"{_API}/tenants/default_tenant/databases/default_database"
_CONNECT_SECONDS = 5.0
# A million ids take 30 MB; the vectors of as many chunks as are asked for at once, about 10 MB as JSON.
_LARGEST = 200_000_000
_SHOWN = 200
_START = "start it (`chroma run --path DIR`), or set NEWSDESK_CHROMA_URL to where it is"


class Server:
    """Where a Chroma server listens, and the connections to it; safe to share between threads."""

    def __init__(self, url: str, *, token: str | None = None, seconds: float = 30) -> None:
        """``token`` is sent as a bearer token, for a proxy before the server; ``seconds`` bound each request."""
        # Takes a tenth of a second to import, and most libraries have no server.
        import httpx

        self.url = url.rstrip("/")
        self._seconds = seconds
        self._client = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
            # Loading certificates takes a moment, and where nothing is encrypted there are none to look at.
            verify=_certificates() if self.url.startswith("https:") else False,
            trust_env=False,
        )

    def version(self) -> str:
        """What the server says of itself; raises ServerError."""
        return str(self._asked("GET", f"{_API}/version"))

    def get(self, path: str) -> Any:
        """What lies there, from JSON; ``path`` begins behind the database. Raises IndexGone for no such collection, ServerError, LibraryError."""
        return self._asked("GET", _DATABASE + path)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """What is answered to this, from JSON; raises what ``get`` raises."""
        return self._asked("POST", _DATABASE + path, body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """Change what lies there; raises what ``get`` raises."""
        return self._asked("PUT", _DATABASE + path, body)

    def delete(self, path: str) -> None:
        """Delete what lies there; raises what ``get`` raises."""
        self._asked("DELETE", _DATABASE + path)

    @contextmanager
    def understood(self) -> Iterator[None]:
        """What is read out of an answer here must have the shape that Chroma gives it; raises ServerError."""
        try:
            yield
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._trouble("gave an answer that is not Chroma's") from error

    def _asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        status, raw = self._sent(method, path, body)
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = None
        if status < 300 and answer is not None:
            return answer
        said = answer if isinstance(answer, dict) else {}
        words = " ".join(str(said.get("message", "")).split())[:_SHOWN]
        if status == 404 and said.get("error") == "NotFoundError":
            raise IndexGone(words)
        if status in (401, 403, 407):
            raise ServerError(
                f"The Chroma server at {self.url} let nobody in (HTTP {status}): set NEWSDESK_CHROMA_TOKEN to a token that its proxy takes."
            )
        if 400 <= status < 500 and said and status != 429:
            raise LibraryError(f"The Chroma server at {self.url} refused a request of Newsdesk's (HTTP {status}): {words}")
        if status >= 500 or status == 429:
            raise self._trouble(f"could not answer (HTTP {status}{', ' + words if words else ''})")
        raise self._trouble(f"gave an answer that is not Chroma's (HTTP {status})")

    def _sent(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, bytes]:
        import httpx  # As above.

        until = time.monotonic() + self._seconds
        try:
            with self._client.stream(method, path, json=body) as response:
                raw = bytearray()
                for part in response.iter_bytes():
                    raw += part
                    if len(raw) > _LARGEST:
                        raise self._trouble(f"gave an answer of more than {_LARGEST / 1e6:.0f} MB")
                    if time.monotonic() > until:
                        raise self._trouble(f"did not end its answer within {self._seconds:g} s")
                return response.status_code, bytes(raw)
        except httpx.ConnectTimeout as error:
            raise self._trouble(f"could not be reached within {min(self._seconds, _CONNECT_SECONDS):g} s") from error
        except httpx.TimeoutException as error:
            raise self._trouble(f"did not answer within {self._seconds:g} s") from error
        except httpx.HTTPError as error:
            raise self._trouble(f"does not answer ({error or type(error).__name__})") from error

    def _trouble(self, what: str) -> ServerError:
        return ServerError(f"The Chroma server at {self.url} {what}: {_START}.")


def server_of(settings: Settings) -> Server | None:
    """The server that the settings name; None where the index lies in folders."""
    if settings.chroma_url is None:
        return None
    token = settings.chroma_token.get_secret_value() if settings.chroma_token else None
    return Server(settings.chroma_url, token=token, seconds=settings.chroma_seconds)


def _certificates() -> ssl.SSLContext:
    """Those of the system, SSL_CERT_FILE among them, and Mozilla's for systems that have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
