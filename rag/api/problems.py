"""Errors as HTTP says them: a status and a sentence, as RFC 9457 has it; it knows no route."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from rag.errors import Crowded, LibraryMismatch, NewsdeskError, NoSuchArticle, UsageError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# The first that fits holds.
_STATUS: tuple[tuple[type[NewsdeskError], int], ...] = (
    (NoSuchArticle, 404),
    (UsageError, 400),
    (LibraryMismatch, 409),
    (NewsdeskError, 503),
)
_NOT_JSON = "The body is no JSON object: send one in UTF-8, with the header Content-Type: application/json."
# A hundred questions take longer, but each that is answered makes a place free.
_CROWDED_SECONDS = 5
# Of a name that a request gave, which may be of any length.
_MOST_NAME = 80


class Busy(Exception):
    """As many requests as may be are being answered."""


class TookTooLong(Exception):
    """The answer was not ready in time."""


class Problem(JSONResponse):
    """A status with a sentence that says what to do."""

    media_type = MEDIA_TYPE

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        self.content = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
        super().__init__(self.content, status, dict(headers or {}))


def problem_of(error: Exception) -> Problem:
    """The problem that an error is to whoever asked; one that nobody foresaw is logged, and its words are not passed on."""
    match error:
        case Crowded():
            return Problem(503, str(error), headers={"Retry-After": str(_CROWDED_SECONDS)})
        case NewsdeskError():
            return Problem(next(status for kind, status in _STATUS if isinstance(error, kind)), " ".join(str(error).split()))
        case RequestValidationError():
            return Problem(400, _what_is_wrong(error))
        case Busy():
            return Problem(503, "As many requests as may be are being answered: try again in a second.", headers={"Retry-After": "1"})
        case TookTooLong():
            return Problem(504, "The answer took longer than it may (NEWSDESK_API_SECONDS): ask again, or for less.")
        case ClientDisconnect():
            return Problem(408, "The client left before it was answered.")
        case HTTPException(status_code=400):
            # What the framework says of a body that cannot be decoded, or is nested a thousand times.
            return Problem(400, _NOT_JSON)
        case HTTPException(status_code=404):
            return Problem(404, "There is nothing at this address: /api/docs lists what there is.")
        case HTTPException(status_code=405):
            allowed = (error.headers or {}).get("Allow", "another method")
            return Problem(405, f"This address takes {allowed}: see /api/docs.", headers=error.headers)
        case HTTPException():
            return Problem(error.status_code, error.detail, headers=error.headers)
        case _:
            log.error("A request failed unexpectedly.", exc_info=error)
            return Problem(500, "Something went wrong that should not: look into the log of Newsdesk, and report what it says.")


def _what_is_wrong(error: RequestValidationError) -> str:
    """The first thing that is wrong, without the value that was given."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    if first["type"] == "json_invalid" or not place:
        return _NOT_JSON
    name = place.encode(errors="replace").decode()[:_MOST_NAME]
    return f"{name}: {first['msg'].removeprefix('Value error, ')}. See /api/docs."
