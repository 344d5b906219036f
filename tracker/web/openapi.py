"""The OpenAPI 3.1 document of the API, made from the structs that it gives and the table of its routes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from tracker import __version__
from tracker.web.api import OPERATIONS, Operation, Parameter
from tracker.web.refusals import PROBLEM_TYPE, Problem

PREFIX = "/api/v1"
_REFUSED = {
    "400": "What is asked cannot be read.",
    "401": "The token is missing or wrong.",
    "403": "Only the proxy may ask.",
    "404": "There is no such thing.",
    "414": "The address is too long.",
    "421": "Another host is meant.",
    "503": "The database cannot be read at present.",
}


@lru_cache(maxsize=1)
def document() -> bytes:
    """The document as it is served."""
    types: list[type[msgspec.Struct]] = [*dict.fromkeys(operation.gives for operation in OPERATIONS), Problem]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = {one: schemas[index] for index, one in enumerate(types)}
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Trial tracker",
                "version": __version__,
                "description": "What is kept of clinical-trial registries, to be read. Not endorsed by the registries.",
            },
            "servers": [{"url": PREFIX}],
            "paths": {operation.path: {"get": _operation(operation, by_type)} for operation in OPERATIONS},
            "components": {
                "schemas": components,
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{}, {"token": []}],
        }
    )


def _operation(operation: Operation, by_type: dict[type[msgspec.Struct], dict[str, Any]]) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "200": {"description": operation.text, "content": {"application/json": {"schema": by_type[operation.gives]}}},
        "304": {"description": "Nothing changed since the ETag that was sent."},
    }
    refused = {"content": {PROBLEM_TYPE: {"schema": by_type[Problem]}}}
    answers |= {status: {"description": text, **refused} for status, text in _REFUSED.items()}
    return {
        "operationId": operation.name,
        "summary": operation.text,
        "parameters": [_parameter(one) for one in operation.parameters],
        "responses": answers,
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": one.type}
    if one.type == "string":
        schema["maxLength"] = one.longest
    if one.choices:
        schema["enum"] = one.choices
    if one.pattern:
        schema["pattern"] = one.pattern
    if one.place == "path":
        schema["minLength"] = 1
    if one.least is not None:
        schema |= {"minimum": one.least, "maximum": one.most}
    return {"name": one.name, "in": one.place, "required": one.place == "path", "description": one.text, "schema": schema}
