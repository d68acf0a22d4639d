"""What the API says of itself: the whole document, and the page that a browser shows of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from tests.e2e.browsers import dom_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

LEADS_NOWHERE = {
    "/api/v1/admin/billing/credit-refunds",
    "/api/v1/admin/billing/grants",
    "/api/v1/admin/billing/refunds",
    "/api/v1/analytics/events",
    "/api/v1/auth/forgot-password",
    "/api/v1/auth/verify-email/resend",
    "/api/v1/users/me/email",
}
"""Letters, credits and money on their way have no address to look at."""


async def document_of(url: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        document: dict[str, Any] = (await http.get("/api/openapi.json")).json()
    return document


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, found) for path, item in document["paths"].items() for method, found in item.items()]


async def test_the_document_is_whole_and_every_operation_says_the_same_things(embedded: Any) -> None:
    document = await document_of(embedded.url)
    validate(document)
    assert "Not answering" not in document["info"]["description"]
    found = operations(document)
    ids = [operation["operationId"] for _, _, operation in found]
    assert len(ids) == len(set(ids)) > 40
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in ids)
    assert {"login", "list_workflows", "create_workflow", "follow_workflow"} <= set(ids)
    schemas = document["components"]["schemas"]
    assert {schema["title"] for schema in schemas.values()} == set(schemas)
    assert not {name for name in schemas if name.endswith(("ErrorBody", "Readiness"))}
    declared = {tag["name"] for tag in document["tags"]}
    for method, path, operation in found:
        where = f"{method} {path}"
        assert declared >= set(operation["tags"]), where
        assert {"400", "422", "429", "500", "503", "504"} <= set(operation["responses"]), where
        assert ("401" in operation["responses"]) or not operation["security"], where
        for status, response in operation["responses"].items():
            assert response["description"], where
            assert "X-Request-ID" in response["headers"], where
            if int(status) >= 400 and "application/json" in response.get("content", {}):
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (where, status)
    assert not re.search(r"\([A-Z]{3}-\d\d", str(document)), "numbers of our own requirements"


def bodies(operation: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """What is sent (as status ``-``) and what is answered: status, media type, content."""
    told = [("-", operation.get("requestBody", {})), *operation["responses"].items()]
    return [(status, kind, found) for status, body in told for kind, found in body.get("content", {}).items()]


async def test_whatever_is_answered_has_a_schema_and_an_example_that_fits_it(embedded: Any) -> None:
    document = await document_of(embedded.url)
    for method, path, operation in operations(document):
        for status, kind, found in bodies(operation):
            where = (method, path, status, kind)
            assert found["schema"], where
            examples = [found["example"]] if "example" in found else [e["value"] for e in found["examples"].values()]
            assert examples, where
            if kind in ("application/json", "text/event-stream"):
                check = Draft202012Validator({**found["schema"], "components": document["components"]})
                for example in examples:
                    assert not [error.message for error in check.iter_errors(example)], where
        for status, response in operation["responses"].items():
            if status[0] == "2" and status != "204":
                assert response.get("content"), (method, path, status)
            if status in ("201", "202", "302", "303"):
                assert ("Location" in response["headers"]) is (path not in LEADS_NOWHERE), (method, path, status)


async def test_everything_is_described_in_sentences(embedded: Any) -> None:
    document = await document_of(embedded.url)
    assert all(tag["description"] for tag in document["tags"])
    assert document["servers"] and document["info"]["license"] and document["info"]["contact"]
    for method, path, operation in operations(document):
        where = (method, path)
        assert " " in operation["summary"] and not operation["summary"].endswith("."), where
        assert operation["summary"].lower() != operation["operationId"].replace("_", " "), where
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (where, parameter["name"])
            assert {"type": "null"} not in parameter["schema"].get("anyOf", ()), (where, parameter["name"])
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        for field, about in schema.get("properties", {}).items():
            target = schemas[about["$ref"].rsplit("/", 1)[1]] if "$ref" in about else {}
            assert about.get("description") or target.get("description"), f"{name}.{field}"


async def test_money_is_a_decimal_in_a_string_and_its_currency_is_named(embedded: Any) -> None:
    schemas = (await document_of(embedded.url))["components"]["schemas"]
    costs = [
        (name, field, about)
        for name, schema in schemas.items()
        for field, about in schema.get("properties", {}).items()
        if re.search(r"cost$|price|budget", field) and "boolean" not in str(about)
    ]
    assert len(costs) > 10
    for name, field, about in costs:
        # A range of costs is an object of such strings.
        amounts = schemas[about["$ref"].rsplit("/", 1)[1]]["properties"].values() if "$ref" in about else [about]
        for amount in amounts:
            kinds = amount.get("anyOf", [amount])
            assert any(kind.get("type") == "string" and kind.get("pattern") for kind in kinds), (name, field)
        assert "currency" in str(about) or "rupees" in about["description"], (name, field)


async def test_what_repeats_safely_says_so(embedded: Any) -> None:
    found = {
        operation["operationId"]
        for _, _, operation in operations(await document_of(embedded.url))
        if any(parameter.get("name") == "idempotency-key" for parameter in operation.get("parameters", ()))
    }
    assert found >= {"create_workflow", "retry_workflow", "upload_file", "upload_to_youtube"}


async def test_every_list_is_paged(embedded: Any) -> None:
    for method, path, operation in operations(await document_of(embedded.url)):
        if not operation["operationId"].startswith("list_") and operation["operationId"] != "get_workflow_history":
            continue
        names = {parameter.get("name") for parameter in operation["parameters"]}
        assert {"page", "per_page"} <= names, (method, path)


async def test_the_gateway_has_no_second_document(embedded: Any) -> None:
    async with httpx.AsyncClient(base_url=embedded.url) as http:
        for path in ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"):
            assert (await http.get(path)).status_code == 404


async def test_a_browser_shows_every_operation(embedded: Any, browser: str, tmp_path: Path) -> None:
    document = await document_of(embedded.url)
    shown, errors = await dom_of(browser, f"{embedded.url}/api/docs", tmp_path / "profile")
    page = shown.replace("\u200b", "")
    assert "Unable to render" not in page, errors
    assert set(re.findall(r'data-path="([^"]+)"', page)) == set(document["paths"]), errors
    assert page.count('class="opblock-summary-method"') == len(operations(document))


async def test_a_browser_shows_every_operation_to_be_read(embedded: Any, browser: str, tmp_path: Path) -> None:
    document = await document_of(embedded.url)
    shown, errors = await dom_of(browser, f"{embedded.url}/api/redoc", tmp_path / "profile")
    assert "Something went wrong" not in shown, errors
    ids = {name.removeprefix("operation/") for name in re.findall(r'id="(?:tag/[^"]+/)?(operation/[^"/]+)"', shown)}
    assert ids == {operation["operationId"] for _, _, operation in operations(document)}, errors


SPENDS = {
    "/api/v1/workflows",
    "/api/v1/workflows/{}/retry",
    "/api/v1/workflows/{}/rerun",
    "/api/v1/files",
    "/api/v1/youtube/upload",
    "/api/v1/projects/{}/generate",
    "/api/v1/projects/{}/regenerate",
    "/api/v1/trim",
    "/api/v1/auto-hooks",
    "/api/v1/ai/image/enhance",
    "/api/v1/ai/image/generate",
    "/api/v1/ai/image/edit",
    "/api/v1/ai/image/upscale",
    "/api/v1/ai/video/generate",
    "/api/v1/ai/audio/generate",
    "/api/v1/ai/lip-sync",
    "/api/v1/ai/music/generate",
    "/api/v1/billing/subscription",
    "/api/v1/billing/checkout",
    "/api/v1/billing/credits/topup",
}
"""What a POST to takes money, credits or quota, as the requirements name it; some are not there yet."""


async def test_whatever_spends_can_be_repeated_without_spending_twice(embedded: Any) -> None:
    """PLT-21: by a key, and a key that was used for something else is refused."""
    lacking, there = set(), set()
    for method, path, operation in operations(await document_of(embedded.url)):
        name = re.sub(r"{\w+}", "{}", path)
        if method == "post" and name in SPENDS:
            there.add(name)
            if not any(one["name"].lower() == "idempotency-key" for one in operation.get("parameters", ())):
                lacking.add(path)
            if "idempotency_key_reused" not in str(operation["responses"].get("422", {})):
                lacking.add(path)
    assert lacking == set()
    assert there >= {"/api/v1/workflows", "/api/v1/workflows/{}/retry", "/api/v1/files", "/api/v1/youtube/upload"}
