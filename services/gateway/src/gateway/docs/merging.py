"""One OpenAPI document out of every service's own: what a client meets at the gateway, under names of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from chassis.errors import (
    BadRequest,
    ErrorBody,
    NotAuthenticated,
    RateLimited,
    ServiceError,
    TooLarge,
    Unavailable,
    documented,
)

Document = dict[str, Any]

_PUBLIC_PREFIX = "/api/v1/"
_SCHEMAS = "#/components/schemas/"
_METHODS = ("get", "put", "post", "delete", "patch", "options", "head")

SHARED = {"ErrorBody": "Error", "ErrorDetail": "ErrorDetail", "JsonValue": "AnyValue"}
"""What all services have from one place, by its name there and here."""

_REQUIREMENT = re.compile(r"\s*\([A-Z]{3}-\d[^)]*\)")

HEADERS: Document = {
    "X-Request-ID": {"description": "Quote it when you ask for help.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds after which trying again can help.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "How to say who you are: `Bearer`.", "schema": {"type": "string"}},
    "X-RateLimit-Limit": {"description": "How often you may ask.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "How often you still may.", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"description": "Seconds until you may once more.", "schema": {"type": "integer"}},
}
_LIMITED = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def merge(documents: Mapping[str, Document | None]) -> Document:
    """The public paths of several documents; None is a service that did not answer, and is named.

    Schemas are called after their service, so names never clash, and have their name as title; those of errors are
    one for all. Every operation has an id after its service, says whether it needs a token, and lists what the gateway
    itself can answer.
    """
    paths: Document = {}
    schemas: Document = _errors()
    security: Document = {}
    for service, document in documents.items():
        if document is None:
            continue
        components = document.get("components", {})
        for path, item in document.get("paths", {}).items():
            if path.startswith(_PUBLIC_PREFIX):
                paths[path] = {
                    method: _operation(_renamed(operation, service), service) if method in _METHODS else operation
                    for method, operation in item.items()
                }
        for name, schema in components.get("schemas", {}).items():
            if name in SHARED:
                continue
            schemas[schema_name(service, name)] = _renamed(schema, service) | {"title": schema_name(service, name)}
        security |= components.get("securitySchemes", {})
    missing = [service for service, document in documents.items() if document is None]
    description = "One API for photo, script, video and export."
    if missing:
        description += f" Not answering at the moment, so not described here: {', '.join(missing)}."
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TalkingPhoto",
            "version": "1",
            "description": description,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "Where this document comes from."}],
        "tags": [{"name": name} for name in _tags(paths)],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _used(schemas, paths),
            "securitySchemes": security,
            "headers": HEADERS,
        },
    }


def _errors() -> Document:
    whole = _renamed(ErrorBody.model_json_schema(ref_template=_SCHEMAS + "{model}"), "")
    parts = whole.pop("$defs")
    return {SHARED[name]: part | {"title": SHARED[name]} for name, part in {**parts, "ErrorBody": whole}.items()}


def schema_name(service: str, name: str) -> str:
    """``WorkflowFileOut`` for ``FileOut`` of ``workflow``; the shared ones have one name."""
    if name in SHARED:
        return SHARED[name]
    prefix = "".join(part.capitalize() for part in service.split("_"))
    return prefix + re.sub(r"[^A-Za-z0-9]", "", name)


def _operation(operation: Document, service: str) -> Document:
    """An operation as the gateway offers it."""
    operation["operationId"] = f"{service}_{operation['operationId']}"
    operation.setdefault("tags", [service])
    operation.setdefault("security", [])
    errors: list[type[ServiceError]] = [BadRequest, RateLimited, Unavailable, ServiceError]
    if operation["security"]:
        errors.append(NotAuthenticated)
    if "requestBody" in operation:
        errors.append(TooLarge)
    responses = operation.setdefault("responses", {})
    for status, response in documented(*errors).items():
        del response["model"]
        response["content"]["application/json"]["schema"] = {"$ref": f"{_SCHEMAS}Error"}
        responses.setdefault(str(status), response)
    for status, response in responses.items():
        response.setdefault("description", HTTPStatus(int(status)).phrase)
        response["headers"] = {
            name: {"$ref": f"#/components/headers/{name}"} for name in _headers_of(int(status))
        } | response.get("headers", {})
    operation["responses"] = dict(sorted(responses.items()))
    return operation


def _headers_of(status: int) -> Iterator[str]:
    yield "X-Request-ID"
    yield from _LIMITED
    if status in (429, 503):
        yield "Retry-After"
    if status == 401:
        yield "WWW-Authenticate"


def _tags(paths: Document) -> list[str]:
    return sorted({tag for item in paths.values() for operation in item.values() for tag in operation.get("tags", ())})


def _used(schemas: Document, paths: Document) -> Document:
    """Those that something public refers to, however far away."""
    wanted = set(_references(paths))
    seen: set[str] = set()
    while new := wanted - seen:
        seen |= new
        wanted |= {name for found in new if found in schemas for name in _references(schemas[found])}
    return {name: schema for name, schema in sorted(schemas.items()) if name in seen}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            if isinstance(value, str) and value.startswith(_SCHEMAS):
                yield value.removeprefix(_SCHEMAS)
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def _renamed(node: Any, service: str) -> Any:
    """A copy that refers to schemas by their names here, without the numbers of our own requirements."""
    if isinstance(node, dict):
        return {key: _renamed_value(key, value, service) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(item, service) for item in node]
    return node


def _renamed_value(key: str, value: Any, service: str) -> Any:
    if isinstance(value, str):
        # References stand behind "$ref", and in the mapping of a discriminator behind the value it maps.
        if value.startswith(_SCHEMAS):
            return _SCHEMAS + schema_name(service, value.removeprefix(_SCHEMAS))
        return _REQUIREMENT.sub("", value) if key in ("description", "summary") else value
    return _renamed(value, service)
