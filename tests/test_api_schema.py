"""What the API says of itself, held against what it does: requests that Schemathesis makes up from its OpenAPI description, fitting and not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from rag.assistant import Assistant
from tests.served import served

# `.ci/run` asks for more than every run of the tests does.
EXAMPLES = int(os.environ.get("API_EXAMPLES", "8"))
# That what fits is also accepted is not among them: a blank question, or an outlet that is not held, fits and is refused in words.
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
OPERATIONS = ["POST /ask", "GET /search", "GET /articles", "GET /articles/{article_id}"]


@pytest.fixture(scope="module")
def described(assistant: Assistant) -> Iterator[Any]:
    with served(lambda: assistant, assistant.settings) as address:
        yield schemathesis.openapi.from_url(f"{address}/openapi.json")


@pytest.mark.parametrize("mode", list(GenerationMode), ids=["fitting", "not fitting"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_whatever_is_sent_is_answered_as_described(described: Any, operation: str, mode: GenerationMode) -> None:
    method, path = operation.split()
    statuses = set[int]()

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(described[path][method].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        statuses.add(case.call_and_validate(checks=CHECKS, timeout=60).status_code)

    ask()
    assert statuses <= {200, 400, 404}
    assert (200 in statuses) == (mode.is_positive and "{" not in path)


def test_every_address_is_asked_or_takes_nothing(described: Any) -> None:
    found = [result.ok() for result in described.get_all_operations()]
    assert {f"{o.method.upper()} {o.path}" for o in found} == {*OPERATIONS, "GET /health", "GET /ready"}
