"""The addresses under /api, each a few lines over the assistant; it knows nothing of keys, threads or pages."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp

from rag.api import stream
from rag.api.desk import Desk, attended
from rag.api.door import Door
from rag.api.page import page_of
from rag.api.problems import MEDIA_TYPE, Busy, Problem, TookTooLong, problem_of
from rag.api.shapes import AnswerOut, ArticleOut, ArticlesOut, Asked, ListQuery, PassageOut, SearchQuery, State, Trouble
from rag.assistant import Assistant
from rag.catalogue import Sought, article_to_json, articles, filters_of, listed_to_json, passages_to_json
from rag.errors import LibraryError, LibraryMismatch, ModelError, NewsdeskError, NoLibrary
from rag.records import answer_to_json
from rag.settings import Settings

# A supervisor asks again in a few seconds.
_READY_SECONDS = 2.0
# In words of their own, since whoever asks whether Newsdesk is ready needs no key, and the errors name folders.
_NOT_READY: tuple[tuple[type[NewsdeskError], str], ...] = (
    (NoLibrary, "Nothing was taken in yet: run `newsdesk sync FOLDER`."),
    (LibraryMismatch, "The library was made by another model or release: run `newsdesk sync`."),
    (LibraryError, "The library or its index cannot be used: run `newsdesk doctor`."),
    (ModelError, "A model cannot be loaded: run `newsdesk ask` to see why."),
    (NewsdeskError, "Newsdesk cannot be opened: run `newsdesk list` to see why."),
)
_TROUBLE = {"description": "A problem, in words.", "content": {MEDIA_TYPE: {"schema": Trouble.model_json_schema()}}}
_EVENTS = {
    stream.MEDIA_TYPE: {
        "schema": {
            "type": "string",
            "description": "Events `waiting`, `searched`, `passages`, `writing` and `sentence` as they come, each with JSON, and last the `answer`, or an `error`.",
        }
    }
}


class _Anything(Convertor[str]):
    """The rest of an address, slashes and line ends included: an id is what somebody chose."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


register_url_convertor("anything", _Anything())
router = APIRouter(responses={"4XX": _TROUBLE, "5XX": _TROUBLE})


def api_of(opened: Callable[[], Assistant], settings: Settings, *, people: bool = False) -> ASGIApp:
    """The application to mount at /api, over the assistant that ``opened`` gives; it is opened by the first request that needs it.

    Where ``people`` sign in to the pages, programs need a key, on this computer too.
    """
    app = FastAPI(
        title="Newsdesk",
        version=version("newsdesk"),
        description="Answers questions from news articles, each sentence with the exact words it rests on.",
        docs_url=None,  # It would load scripts and styles from elsewhere.
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.desk = Desk(opened, at_once=settings.api_at_once, seconds=settings.api_seconds)
    app.include_router(router)
    for kind in (NewsdeskError, RequestValidationError, HTTPException, Busy, TookTooLong, ClientDisconnect, Exception):
        app.add_exception_handler(kind, _as_problem)
    return Door(app, settings.api_key.get_secret_value() if settings.api_key else None, local=not people)


async def _as_problem(request: Request, error: Exception) -> Response:
    return problem_of(error)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


@router.post("/ask", responses={200: {"model": AnswerOut, "content": _EVENTS, "description": "The answer, or a refusal."}})
async def ask(request: Request, asked: Asked) -> Response:
    """Answer a question.

    With the header `Accept: text/event-stream` the answer comes as server-sent events.
    """
    desk = _desk(request)
    if stream.MEDIA_TYPE in request.headers.get("accept", "").lower():
        return stream.EventStream(desk, asked)
    answer = await attended(request.receive, desk.seconds, lambda: desk.answer(asked))
    return JSONResponse(answer_to_json(answer))


@router.get("/search", responses={200: {"model": list[PassageOut], "description": "Passages, best first."}})
async def search(request: Request, query: Annotated[SearchQuery, Query()]) -> Response:
    """Find passages, without an answer."""

    def found(assistant: Assistant) -> list[dict[str, Any]]:
        filters = filters_of(assistant, query.since, query.until, query.outlet)
        return passages_to_json(assistant.search(query.q, filters=filters, limit=query.limit, any_time=query.any_time))

    return JSONResponse(await _desk(request).work(found))


@router.get("/articles", responses={200: {"model": ArticlesOut, "description": "How many there are, and one page of them."}})
async def list_articles(request: Request, query: Annotated[ListQuery, Query()]) -> Response:
    """List the articles that are searched, newest first."""

    def page(assistant: Assistant) -> dict[str, Any]:
        filters = filters_of(assistant, query.since, query.until, query.outlet)
        total, found = articles(assistant, Sought(filters, query.q), limit=query.limit, offset=query.offset)
        return {"total": total, "articles": [listed_to_json(article) for article in found]}

    return JSONResponse(await _desk(request).work(page))


@router.get("/articles/{article_id:anything}", responses={200: {"model": ArticleOut, "description": "The article."}})
async def show_article(request: Request, article_id: str, version: str | None = None) -> Response:
    """Show an article with its text; `version` names an earlier one, as a citation does."""
    return JSONResponse(await _desk(request).work(lambda assistant: article_to_json(assistant, article_id, version)))


@router.get("/health", responses={200: {"model": State, "description": "The process lives."}})
async def health() -> Response:
    """Say that the process lives."""
    return JSONResponse({"status": "ok"})


@router.get("/ready", responses={200: {"model": State, "description": "Questions are answered."}})
async def ready(request: Request) -> Response:
    """Say whether models, library and index answer; 503 with the reason where they do not."""
    try:
        loaded = await _desk(request).try_out(_READY_SECONDS)
    except NewsdeskError as error:
        return Problem(503, next(words for kind, words in _NOT_READY if isinstance(error, kind)))
    return JSONResponse({"status": "ok"}) if loaded else Problem(503, "The models are still being loaded: ask again in a few seconds.")


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """This API as a page, which loads nothing from anywhere."""
    return page_of(request.app.openapi(), request.scope.get("root_path", ""))
