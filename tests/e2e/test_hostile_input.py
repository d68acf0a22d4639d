"""Every operation of every service, with text and times that neither a database nor UTF-8 takes: never our fault."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from talkingphoto.client import ApiError, Client, Credentials
from talkingphoto_runner.layout import Home
from talkingphoto_runner.presence import running_operations

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


REFUSED_WITHIN_S, READY_WITHIN_S, TRIES = 0.05, 0.25, 15


@pytest.mark.parametrize("signs", [8_000, 100_000])
async def test_a_script_of_signs_is_refused_at_once_and_the_platform_is_ready_meanwhile(
    embedded: Any, portrait: Path, signs: int, record_property: Callable[[str, object], None]
) -> None:
    """The quickest of several tries, because what else this machine does is no property of the platform."""
    [operations] = running_operations(Home(embedded.home)).values()
    asked_for_ready, done = list[float](), asyncio.Event()

    async def is_ready() -> None:
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            while not done.is_set():
                began = time.perf_counter()
                assert (await http.get(f"{operations}/ready")).status_code == 200
                asked_for_ready.append(time.perf_counter() - began)

    async with Client(embedded.url) as client:
        await client.register(Credentials(f"signs-{uuid4().hex}@example.com", "monsoon-42-lamp"), name="Asha")
        body = {"script": "<" * signs, "target_platforms": ["tiktok"]}
        order = body | {"input_file_id": (await client.upload(portrait))["id"], "target_duration": 1}
        watching = asyncio.create_task(is_ready())
        for path, sent in (("/api/v1/workflows", order), ("/api/v1/workflows/estimate", body)):
            took = []
            for _ in range(TRIES):
                began = time.perf_counter()
                with pytest.raises(ApiError) as refusal:
                    await client.send("POST", path, json=sent)
                took.append(time.perf_counter() - began)
                assert (refusal.value.status, refusal.value.code) == (422, "script_not_allowed")
            record_property(f"{path}: {signs} signs refused after s", round(min(took), 4))
            assert min(took) < REFUSED_WITHIN_S, took
        done.set()
        await watching
    record_property("slowest /ready meanwhile after s", round(max(asked_for_ready), 4))
    assert len(asked_for_ready) > TRIES
    assert sorted(asked_for_ready)[len(asked_for_ready) * 9 // 10] < READY_WITHIN_S
