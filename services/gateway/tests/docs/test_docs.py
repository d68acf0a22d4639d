"""One description of all services, and the page that shows it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate
from pydantic import BaseModel

from gateway.docs.merging import merge


def an_answer(name: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def document_of(**schemas: Any) -> dict[str, Any]:
    return {
        "paths": {
            "/api/v1/things": {"get": {"operationId": "get_thing", "responses": {"200": an_answer("Thing")}}},
            "/health": {"get": {}},
        },
        "components": {"schemas": schemas, "securitySchemes": {"AccessToken": {"type": "http"}}},
    }


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {value for value in node.values() if isinstance(value, str) and value.startswith("#/")}
        return own.union(*(references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(references(item) for item in node))
    return set()


def resolves(document: dict[str, Any], reference: str) -> bool:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        if part not in node:
            return False
        node = node[part]
    return True


def test_schemas_of_two_services_with_one_name_do_not_clash() -> None:
    users = document_of(Thing={"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Thing"}}})
    billing = {
        "paths": {"/api/v1/bills": {"get": {"operationId": "bill", "responses": {"200": an_answer("Thing")}}}},
        "components": {"schemas": {"Thing": {"type": "string"}}},
    }
    merged = merge({"users": users, "billing": billing, "export": None})
    assert set(merged["paths"]) == {"/api/v1/things", "/api/v1/bills"}
    assert set(merged["components"]["schemas"]) == {"UsersThing", "BillingThing", "Error", "ErrorDetail", "AnyValue"}
    assert {name: schema["title"] for name, schema in merged["components"]["schemas"].items()} == {
        name: name for name in ("UsersThing", "BillingThing", "Error", "ErrorDetail", "AnyValue")
    }  # fmt: skip
    assert references(merged) > {"#/components/schemas/UsersThing", "#/components/schemas/BillingThing"}
    assert merged["components"]["securitySchemes"] == {"AccessToken": {"type": "http"}}
    assert "export" in merged["info"]["description"]


def test_the_mapping_of_a_discriminator_is_renamed_too() -> None:
    pet = {"discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Thing"}}}
    merged = merge({"users": document_of(Thing={}, Pet=pet)})
    assert all(resolves(merged, reference) for reference in references(merged))


def test_a_change_with_a_session_can_be_refused_to_a_browser_and_nothing_else_can() -> None:
    operation = {"security": [{"AccessToken": []}], "responses": {}}
    open_to_all = {"responses": {}}
    paths = {
        "/api/v1/things": {"get": {**operation}, "put": {**operation}},
        "/api/v1/doors": {"post": open_to_all},
    }
    merged = merge({"users": {"paths": paths}})["paths"]
    found = {
        (path, method): "csrf_refused" in str(told["responses"])
        for path, item in merged.items()
        for method, told in item.items()
    }
    assert found == {
        ("/api/v1/things", "get"): False,
        ("/api/v1/things", "put"): True,
        ("/api/v1/doors", "post"): False,
    }


class Item(BaseModel):
    name: str


class Box(BaseModel):
    items: list[Item]


def test_what_is_merged_is_a_valid_document() -> None:
    documents: dict[str, dict[str, Any] | None] = {}
    for service in ("users", "billing"):
        app = FastAPI(title=service)

        @app.post(f"/api/v1/{service}/boxes")
        async def put(box: Box) -> Item:
            return box.items[0]

        documents[service] = app.openapi()
    merged = merge(documents)
    validate(merged)
    assert references(merged)
    assert all(resolves(merged, reference) for reference in references(merged))
    assert not merged["info"]["description"].count("Not answering")


async def test_the_document_leaves_out_and_names_who_does_not_answer(gateway: Any) -> None:
    async with gateway.request("GET", "/api/openapi.json", token=None) as answer:
        assert answer.status == 200
        document = await answer.json()
    validate(document)
    assert "billing" in document["info"]["description"]


async def test_however_many_ask_for_the_document_the_services_are_asked_once(gateway: Any) -> None:
    """Also while one of them does not answer, which anybody could make use of."""

    async def ask() -> int:
        async with gateway.request("GET", "/api/openapi.json", token=None) as answer:
            return int(answer.status)

    assert await asyncio.gather(*(ask() for _ in range(20))) == [200] * 20
    assert await ask() == 200
    asked = [seen for seen in gateway.upstream.requests if seen["path"] == "/openapi.json"]
    assert len(asked) == len({"users", "workflow", "notify", "ai_router"})


@pytest.mark.parametrize(("path", "parts"), [("/api/docs", 3), ("/api/redoc", 2)])
async def test_the_pages_are_served_whole_from_here(gateway: Any, path: str, parts: int) -> None:
    async with gateway.request("GET", path, token=None) as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert not {"script-src", "connect-src", "*", "http:", "https:"} & set(policy.replace(";", "").split())
    assert "<script>" not in page
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(links) == parts
    for link in links:
        assert link.startswith(("/api/docs/", "/api/redoc/"))
        async with gateway.request("GET", link, token=None) as asset:
            assert asset.status == 200
            assert len(await asset.read()) > 50


@pytest.mark.parametrize("path", ["/api/docs/assets/../../../etc/passwd", "/api/docs/assets/nothing.js"])
async def test_no_other_file_is_served(gateway: Any, path: str) -> None:
    async with gateway.request("GET", path, token=None) as answer:
        assert answer.status == 404


async def test_the_root_says_what_answers(gateway: Any) -> None:
    async with gateway.request("GET", "/", token=None) as answer:
        root = await answer.json()
    assert (root["name"], root["status"], "environment" in root) == ("TalkingPhoto", "running", False)
    assert root["version"]


def test_each_operation_says_which_scope_a_key_needs_for_it() -> None:
    def document(path: str, method: str, **more: Any) -> dict[str, Any]:
        operation = {"operationId": "one", "security": [{"AccessToken": []}], "responses": {"200": an_answer("Thing")}}
        return {"paths": {path: {method: operation | more}}, "components": {"schemas": {"Thing": {"type": "object"}}}}

    def of(service: str, path: str, method: str, **more: Any) -> tuple[Any, bool]:
        merged = merge({service: document(path, method, **more)})
        operation = merged["paths"][path][method]
        assert ("402" in operation["responses"]) == ({"ApiKey"} in [set(one) for one in operation["security"]])
        return operation["security"], "ApiKey" in merged["components"]["securitySchemes"]

    token = {"AccessToken": []}
    assert of("workflow", "/api/v1/workflows", "post") == ([token, {"ApiKey": ["workflows:write"]}], True)
    assert of("workflow", "/api/v1/workflows/{workflow_id}", "get") == ([token, {"ApiKey": ["read"]}], True)
    assert of("users", "/api/v1/users/me/sessions", "get") == ([token], False)
    assert of("users", "/api/v1/auth/login", "post", security=[]) == ([], False)
    # The gateway's own endpoints take no keys.
    assert of("gateway", "/api/v1/workflows/{workflow_id}/events/ticket", "post") == ([token], False)
