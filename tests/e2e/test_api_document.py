"""What the API says of itself: the whole document, and the page that a browser shows of it."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def browser() -> str:
    """A browser of this machine. There is none: the test fails and says what to install, it is not left out."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(f"needs one of {', '.join(BROWSERS)} on the PATH: apt-get install chromium")
    return found


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
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) and "api_v1" not in name for name in ids)
    schemas = document["components"]["schemas"]
    assert {schema["title"] for schema in schemas.values()} == set(schemas)
    assert not {name for name in schemas if name.endswith(("ErrorBody", "Readiness"))}
    declared = {tag["name"] for tag in document["tags"]}
    for method, path, operation in found:
        where = f"{method} {path}"
        assert declared >= set(operation["tags"]), where
        assert {"400", "422", "429", "500", "503"} <= set(operation["responses"]), where
        assert ("401" in operation["responses"]) or not operation["security"], where
        for status, response in operation["responses"].items():
            assert response["description"], where
            assert "X-Request-ID" in response["headers"], where
            if int(status) >= 400 and "application/json" in response.get("content", {}):
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (where, status)
    assert not re.search(r"\([A-Z]{3}-\d\d", str(document)), "numbers of our own requirements"


async def test_the_gateway_has_no_second_document(embedded: Any) -> None:
    async with httpx.AsyncClient(base_url=embedded.url) as http:
        for path in ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"):
            assert (await http.get(path)).status_code == 404


async def test_a_browser_shows_every_operation(embedded: Any, browser: str, tmp_path: Path) -> None:
    document = await document_of(embedded.url)
    process = await asyncio.create_subprocess_exec(
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-proxy-server",
        f"--user-data-dir={tmp_path / 'profile'}",
        # Time for the page's own timers, not of the clock.
        "--virtual-time-budget=30000",
        "--dump-dom",
        f"{embedded.url}/api/docs",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(100):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    page = html.unescape(out.decode()).replace("\u200b", "")
    assert "Unable to render" not in page, errors.decode()[-2000:]
    shown = set(re.findall(r'data-path="([^"]+)"', page))
    assert shown == set(document["paths"]), errors.decode()[-2000:]
    assert page.count('class="opblock-summary-method"') == len(operations(document))
