"""The OpenAPI description as a page that loads nothing from anywhere; it knows no route."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

Json = dict[str, Any]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def page_of(openapi: Json, base: str) -> HTMLResponse:
    """The page; ``base`` stands before every address."""
    operations = [
        _operation(openapi, f"{base}{path}", method, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    words = _TEMPLATES.get_template("page.html.j2").render(
        title=openapi["info"]["title"], about=openapi["info"]["description"], base=base, operations=operations
    )
    return HTMLResponse(words, headers={"Content-Security-Policy": _POLICY})


def _operation(openapi: Json, path: str, method: str, operation: Json) -> Json:
    given = [
        (
            p["name"],
            p["in"],
            _kind(openapi, p["schema"]),
            p.get("required", False),
            p.get("description", p["schema"].get("description", "")),
        )
        for p in operation.get("parameters", [])
    ]
    if body := operation.get("requestBody"):
        schema = _resolved(openapi, body["content"]["application/json"]["schema"])
        given += [
            (name, "body", _kind(openapi, field), name in schema.get("required", []), field.get("description", ""))
            for name, field in schema["properties"].items()
        ]
    ok = operation["responses"]["200"]
    schema = _resolved(openapi, ok["content"]["application/json"]["schema"])
    fields = _resolved(openapi, schema.get("items", schema)).get("properties", {})
    return {
        "path": path,
        "method": method.upper(),
        "about": operation.get("description", ""),
        "given": given,
        "gives": ok["description"],
        "fields": [(name, _kind(openapi, field)) for name, field in fields.items()],
    }


def _resolved(openapi: Json, schema: Json) -> Json:
    while "$ref" in schema:
        schema = openapi["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def _kind(openapi: Json, schema: Json) -> str:
    """A type in a few words, such as ``list of text, or null``; the fields of an object one level down."""
    if "anyOf" in schema:
        return ", or ".join(_kind(openapi, one) for one in schema["anyOf"])
    if "$ref" in schema:
        return "{" + ", ".join(_resolved(openapi, schema).get("properties", {})) + "}"
    if "const" in schema or "enum" in schema:
        return " or ".join(map(str, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        return f"list of {_kind(openapi, schema.get('items', {}))}"
    words = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}
    kind = str(schema.get("type", "anything"))
    return "day" if schema.get("format") == "date" else words.get(kind, kind)
