"""What a file of test prompts may hold, in promptfoo's form; pydantic checks it and yields the JSON schema for editors."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)

Kind = Literal[
    "contains", "contains-any", "contains-all", "icontains", "icontains-any", "icontains-all", "equals", "starts-with", "regex",
    "cites", "quote-contains", "abstains", "accounts", "latency", "cost", "llm-rubric",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
TYPES = (*KINDS, *(f"not-{kind}" for kind in KINDS))
LISTS = frozenset({"contains-any", "contains-all", "icontains-any", "icontains-all"})
_ONE_TEXT = frozenset({"contains", "icontains", "equals", "starts-with", "regex", "llm-rubric"})
_LIMITS = frozenset({"latency", "cost"})
_WITHOUT_VALUE = frozenset({"abstains", *_LIMITS})


def _known(type: str) -> str:
    if type not in TYPES:
        raise ValueError(f"there is no assertion type {type!r}; the types are {', '.join(KINDS)}, each also with not- before it")
    return type


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


Scalar = StrictStr | StrictBool | StrictInt | StrictFloat


class FileTurn(_Strict):
    """An earlier question of the conversation, and what was answered."""

    question: StrictStr = Field(min_length=1)
    answer: StrictStr | None = None


class FileFilters(_Strict):
    """Narrows what is searched, as the filters of the chat page do; both days are inclusive."""

    since: date | None = None
    until: date | None = None
    outlets: list[StrictStr] = []


class FileCheck(_Strict):
    """One assertion on an answer."""

    type: Annotated[str, AfterValidator(_known), WithJsonSchema({"enum": list(TYPES)})]
    value: Scalar | list[Scalar] | None = Field(
        None, description="What is looked for; a list gives alternatives, or for …-all what is all wanted."
    )
    threshold: float | None = Field(
        None, ge=0, description="latency: most milliseconds. cost: most US dollars. llm-rubric: least score, 0 to 1."
    )
    weight: float = Field(1.0, ge=0, description="What the assertion counts for where the prompt has a threshold.")

    @model_validator(mode="after")
    def _value_fits(self) -> FileCheck:
        kind = self.type.removeprefix("not-")
        if kind in _LIMITS and self.threshold is None:
            raise ValueError(f"{self.type} needs a threshold ({'milliseconds' if kind == 'latency' else 'US dollars'})")
        if kind in _WITHOUT_VALUE and self.value is not None:
            raise ValueError(f"{self.type} takes no value")
        if kind in LISTS and not isinstance(self.value, list):
            raise ValueError(f"{self.type} needs a list of values")
        if kind in _ONE_TEXT and (self.value is None or isinstance(self.value, list)):
            raise ValueError(f"{self.type} needs one value, no list")
        if kind in ("cites", "quote-contains") and self.value is None:
            raise ValueError(f"{self.type} needs a value, or a list of which one is enough")
        if any(not text for text in self.texts) or (isinstance(self.value, list) and not self.value):
            raise ValueError(f"{self.type} has an empty value, which everything holds")
        if kind == "regex":
            _compiled(self.texts[0])
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as text: YAML reads 1900 and yes as something else."""
        given = self.value if isinstance(self.value, list) else [] if self.value is None else [self.value]
        return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in given)


def _compiled(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error


class FilePrompt(_Strict):
    """One test prompt."""

    description: StrictStr | None = None
    question: StrictStr | None = Field(None, min_length=1)
    vars: dict[StrictStr, Scalar] = Field({}, description="promptfoo's way to give the question: vars: {question: …}.")
    history: list[FileTurn] = []
    filters: FileFilters = FileFilters()
    checks: list[FileCheck] = Field([], alias="assert")
    threshold: float | None = Field(None, ge=0, le=1, description="Weighted share of assertions that must hold; without it, all of them.")
    metadata: dict[StrictStr, Any] = Field(
        {}, description="Your own keys, for --filter; `near: true` marks a near miss among unanswerable prompts."
    )

    @property
    def asked(self) -> str | None:
        """The question, wherever it stands."""
        return self.question if self.question is not None else str(self.vars["question"]) if "question" in self.vars else None


class FilePromptWithQuestion(FilePrompt):
    """One test prompt, asked."""

    @model_validator(mode="after")
    def _has_question(self) -> FilePromptWithQuestion:
        if self.asked is None or not self.asked.strip():
            raise ValueError("the prompt has no question (question: …, or vars: {question: …})")
        if unknown := sorted(self.vars.keys() - {"question"}):
            raise ValueError(f"vars has {', '.join(unknown)}: only question is used")
        return self


class FileSuite(_Strict):
    """A file of test prompts for `newsdesk eval`."""

    description: StrictStr = ""
    sources: list[StrictStr] = Field(
        [], description="Folders and files of articles, relative to this file; without any, the sources of the served library."
    )
    default: FilePrompt = Field(FilePrompt(), alias="defaultTest", description="What every prompt has besides its own.")
    tests: list[FilePromptWithQuestion] = Field(min_length=1)


def json_schema() -> dict[str, Any]:
    """The JSON schema of a file of test prompts, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Newsdesk test prompts"} | FileSuite.model_json_schema()
