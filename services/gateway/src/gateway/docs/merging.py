"""One OpenAPI document out of every service's own: what a client meets at the gateway, under names of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from chassis.errors import (
    BadRequest,
    ErrorBody,
    NoAnswer,
    NotAllowed,
    NotAuthenticated,
    PaymentNeeded,
    RateLimited,
    ServiceError,
    TooLarge,
    Unavailable,
    documented,
)
from chassis.http.routes import NOWHERE
from chassis.identity.product_line import LineDiffers, LineNotOffered
from gateway.browser.sessions import CsrfRefused
from gateway.docs.examples import example_of
from gateway.docs.words import ABOUT, API_KEY, API_KEY_SCHEME, HEADERS, TAGS
from gateway.proxy.table import PUBLIC_PREFIX, row_of

Document = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_METHODS = ("get", "put", "post", "delete", "patch", "options", "head")

SHARED = {"ErrorBody": "Error", "ErrorDetail": "ErrorDetail", "JsonValue": "AnyValue"}
"""What all services have from one place, by its name there and here."""

_REQUIREMENT = re.compile(r"\s*\([A-Z]{3}-\d[^)]*\)")

_LIMITED = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def merge(documents: Mapping[str, Document | None]) -> Document:
    """The public paths of several documents; None is a service that did not answer, and is named.

    Schemas are called after their service, so names never clash, and have their name as title; those of errors are
    one for all. Every operation has its first sentence as summary, says whether it needs a token, shows an example of
    every body, and lists what the gateway itself can answer.
    """
    paths: Document = {}
    schemas: Document = _errors()
    security: Document = {}
    for service, document in documents.items():
        if document is None:
            continue
        components = document.get("components", {})
        for path, item in document.get("paths", {}).items():
            if path.startswith(PUBLIC_PREFIX):
                paths[path] = {
                    method: _operation(
                        _renamed(operation, service),
                        service,
                        key_scope(service, path, method),
                        changes=method not in ("get", "head"),
                    )
                    if method in _METHODS
                    else operation
                    for method, operation in item.items()
                }
        for name, schema in components.get("schemas", {}).items():
            if name in SHARED:
                continue
            schemas[schema_name(service, name)] = _renamed(schema, service) | {"title": schema_name(service, name)}
        security |= components.get("securitySchemes", {})
    if any(API_KEY in one for operation in _operations(paths) for one in operation["security"]):
        security |= {API_KEY: API_KEY_SCHEME}
    missing = [service for service, document in documents.items() if document is None]
    description = ABOUT
    if missing:
        description += f"\nNot answering at the moment, so not described here: {', '.join(missing)}."
    for operation in _operations(paths):
        _add_examples(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TalkingPhoto",
            "version": "1",
            "summary": "A photo and a script become a video that speaks.",
            "description": description,
            "contact": {"name": "Whoever runs this installation"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "Where this document comes from."}],
        "tags": [_tag(name) for name in sorted({tag for found in _operations(paths) for tag in found["tags"]})],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _used(schemas, paths),
            "securitySchemes": security,
            "headers": HEADERS,
        },
    }


def _tag(name: str) -> Document:
    return {"name": name, "description": TAGS[name]} if name in TAGS else {"name": name}


def _operations(paths: Document) -> Iterator[Document]:
    return (operation for item in paths.values() for method, operation in item.items() if method in _METHODS)


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


def key_scope(service: str, path: str, method: str) -> str | None:
    """The scope with which an API key may do this; None where no key may, or the gateway itself answers."""
    row = row_of(path)
    carried = row is not None and row.service == service and not row.public
    return row.scope_for(method.upper()) if row is not None and carried else None


def _operation(operation: Document, service: str, scope: str | None, *, changes: bool) -> Document:
    """An operation as the gateway offers it; ``scope`` is what an API key needs for it; what ``changes`` something can
    be refused to a browser's session."""
    operation.setdefault("tags", [service])
    operation["summary"] = _first_sentence(operation.get("description") or operation.get("summary", ""))
    if "parameters" in operation:
        operation["parameters"] = [_parameter(parameter) for parameter in operation["parameters"]]
    operation.setdefault("security", [])
    errors: list[type[ServiceError]] = [BadRequest, RateLimited, Unavailable, NoAnswer, ServiceError]
    if operation["security"]:
        errors += [NotAuthenticated, LineDiffers, LineNotOffered, NotAllowed]
        if changes:
            errors.append(CsrfRefused)
        if scope is not None:
            operation["security"] = [*operation["security"], {API_KEY: [scope]}]
            errors.append(PaymentNeeded)
    if "requestBody" in operation:
        errors.append(TooLarge)
    leads_nowhere = operation.pop(NOWHERE, False)
    responses = operation.setdefault("responses", {})
    for status, response in documented(*errors).items():
        del response["model"]
        response["content"]["application/json"]["schema"] = {"$ref": f"{_SCHEMAS}Error"}
        responses.setdefault(str(status), response)
    for status, response in responses.items():
        response.setdefault("description", HTTPStatus(int(status)).phrase)
        _set_right(response, is_error=int(status) >= 400)
        response["headers"] = {
            name: {"$ref": f"#/components/headers/{name}"}
            for name in _headers_of(int(status), operation)
            if not (leads_nowhere and name == "Location")
        } | response.get("headers", {})
    operation["responses"] = dict(sorted(responses.items()))
    return operation


def _set_right(response: Document, *, is_error: bool) -> None:
    """The framework takes an answer that is no JSON for a string, and its errors for answers of the same kind."""
    content = response.get("content", {})
    if is_error and content:
        examples = content.get("application/json", {}).get("examples", {})
        content = {"application/json": {"schema": {"$ref": f"{_SCHEMAS}Error"}, "examples": examples}}
        response["content"] = content
    for body in content.values():
        if "$ref" in body.get("schema", {}):
            body["schema"].pop("type", None)


def _first_sentence(text: str) -> str:
    return re.split(r"\.\s", " ".join(text.split()), maxsplit=1)[0].removesuffix(".")


def _parameter(parameter: Document) -> Document:
    """As a client can send it: a parameter is absent, but never null."""
    schema = parameter["schema"]
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema = {**{name: value for name, value in schema.items() if name != "anyOf"}, **kinds[0]}
    about = parameter.get("description") or schema.get("description") or _which(parameter["name"])
    return parameter | {"description": about, "schema": schema}


def _which(name: str) -> str:
    return f"Which {name.removesuffix('_id').replace('_', ' ')}."


def _add_examples(operation: Document, schemas: Document) -> None:
    """Show what every body looks like; what a service shows of its own stays."""
    bodies = [response for status, response in operation["responses"].items() if status < "400"]
    for body in [*bodies, operation.get("requestBody", {})]:
        for content in body.get("content", {}).values():
            if content.get("schema") and not {"example", "examples"} & content.keys():
                content["example"] = example_of(content["schema"], schemas)


def _headers_of(status: int, operation: Document) -> Iterator[str]:
    yield "X-Request-ID"
    yield from _LIMITED
    if status in (201, 202, 302, 303):
        yield "Location"
    if status < 300 and any(
        parameter.get("name", "").lower() == "idempotency-key" for parameter in operation.get("parameters", ())
    ):
        yield "Idempotency-Replayed"
    if status in (429, 503, 504):
        yield "Retry-After"
    if status == 401:
        yield "WWW-Authenticate"


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
