"""Every operation of every service, with text and times that neither a database nor UTF-8 takes: never our fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

NUL, SURROGATE = "a\0b", "\ud800"
AN_ID = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"
IN_ADDRESSES = (
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF",
    "9" * 5000,
    "-1",
    "0001-01-01T00:00:00%2B23:59",
    "9999-12-31T23:59:59-23:59",
)
IN_HEADERS = ("2147483648", "9" * 5000, "\xff", "a" * 300)
# Ending the session that asks would make everything after it a 401.
LEFT_OUT = {("post", "/api/v1/auth/logout"), ("delete", "/api/v1/users/me/sessions/{session_id}")}


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        node: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def plain(schema: dict[str, Any], document: dict[str, Any], depth: int = 0) -> Any:
    """A value that fits ``schema`` well enough to come as far as its neighbours."""
    schema = resolved(schema, document)
    if "default" in schema:
        return schema["default"]
    if schema.get("examples"):
        return schema["examples"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return plain(schema[choice][0], document, depth)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object" and depth < 5:
        named = schema.get("properties", {})
        return {name: plain(named[name], document, depth + 1) for name in schema.get("required", ())}
    return {
        "string": AN_ID if schema.get("format") == "uuid" else "asha-42@example.com",
        "integer": 1,
        "number": 1,
        "boolean": True,
        "array": [],
    }.get(schema.get("type", ""), {})


def bodies(schema: dict[str, Any], document: dict[str, Any]) -> Iterator[Any]:
    """A plain body with each of its fields made hostile in turn."""
    schema = resolved(schema, document)
    fitting = plain(schema, document)
    for name in schema.get("properties", {}):
        for text in (NUL, SURROGATE):
            for value in (text, [text], {text: text}):
                yield {**fitting, name: value} if isinstance(fitting, dict) else {name: value}
    yield {NUL: 1}
    yield [SURROGATE]


def requests(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for template, item in document["paths"].items():
        for method, operation in item.items():
            if (method, template) in LEFT_OUT:
                continue
            parameters = operation.get("parameters", [])
            path = template
            for parameter in (found for found in parameters if found["in"] == "path"):
                path = path.replace("{" + parameter["name"] + "}", AN_ID)
                for value in IN_ADDRESSES:
                    yield method, template.replace("{" + parameter["name"] + "}", value), {}
            for parameter in parameters:
                if parameter["in"] == "query":
                    yield from ((method, f"{path}?{parameter['name']}={value}", {}) for value in IN_ADDRESSES)
                if parameter["in"] == "header":
                    yield from (
                        (method, path, {"headers": {parameter["name"]: value.encode("latin-1")}})
                        for value in IN_HEADERS
                    )
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            for body in bodies(content["schema"], document) if content else ():
                yield method, path, {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}
            if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
                kind = f"multipart/form-data; boundary={'b' * 257}"
                yield method, path, {"content": b"x", "headers": {"Content-Type": kind}}


async def test_no_operation_fails_on_hostile_text_times_or_numbers(embedded: Any) -> None:
    failed, asked = [], 0
    async with httpx.AsyncClient(base_url=embedded.url, timeout=20) as http:
        account = {
            "email": "hostile@example.com",
            "password": "monsoon-42-lamp",
            "consents": [{"kind": "terms"}, {"kind": "privacy"}],
        }
        (await http.post("/api/v1/auth/register", json=account)).raise_for_status()
        tokens = (
            await http.post("/api/v1/auth/login", json={name: account[name] for name in ("email", "password")})
        ).json()
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        document = (await http.get("/api/openapi.json")).json()
        for method, path, arguments in requests(document):
            if "{" in path:
                continue  # a second parameter, which has its own turn
            async with http.stream(method.upper(), path, **arguments) as answer:
                asked += 1
                not_set_up = answer.status_code == 503 and ("/youtube/" in path or "/oauth/" in path)
                if answer.status_code >= 500 and not not_set_up:
                    failed.append(f"{method} {path[:80]} {str(arguments)[:120]}: {answer.status_code}")
    assert not failed
    assert asked > 500
