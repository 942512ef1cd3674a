"""The JSON that HTTP takes and gives, checked on the way in and described for whoever reads the API; made from the records themselves."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from rag.catalogue import DETAILS, PASSAGE, passages_to_json
from rag.records import PASSAGE_OUT, Answer, Article, Carrier, Event, Found, Passage, Searched, Waiting, Writing, Wrote, answer_to_json

MOST_TURNS = 100
MOST_OUTLETS = 100


def _day(given: object) -> object:
    if given is None or isinstance(given, date):
        return given
    if isinstance(given, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        try:
            return date.fromisoformat(given)
        except ValueError:
            pass
    raise ValueError("write a day as 2024-03-27")


Day = Annotated[date, BeforeValidator(_day)]
Outlets = Annotated[list[str], Field(max_length=MOST_OUTLETS)]


class _Taken(BaseModel):
    # A misspelt name is told to whoever sent it, instead of being passed over.
    model_config = ConfigDict(extra="forbid")


class _Body(_Taken):
    # JSON knows its types: "yes" is no truth and 1 no text.
    model_config = ConfigDict(strict=True)


class EarlierTurn(_Body):
    """An earlier question of the conversation, with its answer where there was one."""

    question: str
    answer: str | None = None


class Narrowed(_Body):
    """Which articles are searched; both days are inclusive."""

    since: Day | None = None
    until: Day | None = None
    outlets: Outlets | None = None


class Asked(_Body):
    """A question."""

    question: str = Field(description="What to answer from the articles; at most NEWSDESK_MAX_QUESTION_CHARS characters.")
    history: Annotated[list[EarlierTurn], Field(max_length=MOST_TURNS)] | None = Field(
        None, description="Earlier turns, oldest first, that a follow-up leans on."
    )
    filters: Narrowed | None = None
    searched_as: str | None = Field(
        None, description="What is searched instead of the question as it was completed from the earlier turns."
    )
    any_time: bool = Field(False, description="Let words such as “last week” in the question narrow and order nothing.")
    quotes: bool = Field(False, description="Answer with quotes, also where a chat model is set.")


class ListQuery(_Taken):
    """Which articles are listed."""

    since: Day | None = Field(None, description="Only articles of that day (YYYY-MM-DD) or later.")
    until: Day | None = Field(None, description="Only articles of that day or earlier.")
    outlet: Outlets | None = Field(None, description="Only articles of that outlet; may be repeated.")
    q: str = Field("", max_length=2000, description="Only articles whose title holds all these words.")
    limit: int = Field(100, ge=1, le=1000, description="Most articles of this page.")
    offset: int = Field(0, ge=0, le=10**9, description="How many to pass over.")


class SearchQuery(_Taken):
    """What is searched, and where."""

    q: str = Field(description="What to search for.")
    since: Day | None = Field(None, description="Only articles of that day (YYYY-MM-DD) or later.")
    until: Day | None = Field(None, description="Only articles of that day or earlier.")
    outlet: Outlets | None = Field(None, description="Only articles of that outlet; may be repeated.")
    limit: int | None = Field(None, ge=1, le=100, description="Most passages; without it, NEWSDESK_PASSAGES.")
    any_time: bool = Field(False, description="Let words such as “last week” narrow and order nothing.")


class State(BaseModel):
    """Whether Newsdesk is well."""

    status: Literal["ok"]


class Trouble(BaseModel):
    """A problem, as RFC 9457 describes it."""

    title: str
    status: int
    detail: str


def _picked(record: type, names: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Fields of a record for a model, all of them required."""
    hints = get_type_hints(record)
    return {name: (hints[name], ...) for name in names or tuple(hints)}


_answer_passage: Any = create_model("AnswerPassage", **_picked(Passage, PASSAGE_OUT))
AnswerOut: Any = create_model(
    "Answer",
    schema_=(Literal[1], Field(alias="schema")),
    **(_picked(Answer) | {"passages": (list[_answer_passage], ...)}),
)
PassageOut: Any = create_model("Passage", **_picked(Passage, PASSAGE))
ListedOut: Any = create_model("Listed", **_picked(Article, DETAILS), ingested=(str, ...), carried_by=(list[Carrier], ...))
ArticlesOut: Any = create_model("Articles", total=(int, ...), articles=(list[ListedOut], ...))
ArticleOut: Any = create_model("Article", **_picked(Article, DETAILS), ingested=(str, ...), text=(str, ...))


def event_to_json(event: Event) -> tuple[str, dict[str, Any]]:
    """An event's name and its data: ``waiting``, ``searched``, ``passages``, ``writing``, ``sentence`` or ``answer``."""
    match event:
        case Waiting():
            return "waiting", asdict(event)
        case Searched():
            return "searched", asdict(event)
        case Found():
            return "passages", {"passages": passages_to_json(event.passages)}
        case Writing():
            return "writing", asdict(event)
        case Wrote():
            return "sentence", asdict(event)
        case Answer():
            return "answer", answer_to_json(event)
