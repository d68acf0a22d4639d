"""Which product line a request is for is resolved here, and services are told by nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chassis.testing.tokens import an_identity
from contracts.product_lines import PRODUCT_LINES, offered
from gateway.proxy.lines import Lines
from gateway.settings import Settings

INTERNAL = "x-internal-product-line"


def told(seen: dict[str, Any]) -> list[tuple[str, str]]:
    """What a service is told about the product line, under whatever name."""
    return [(name, value) for name, value in seen["headers"] if "product-line" in name]


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ({}, []),
        ({"X-Product-Line": "reely"}, ["reely"]),
        ({"X-Internal-Product-Line": "pixie"}, []),
        ({"X-Product-Line": "reely", "X-Internal-Product-Line": "pixie"}, ["reely"]),
        ({"Host": "Pixie.example.org:8443"}, ["pixie"]),
        ({"Host": "pixie.example.org", "X-Product-Line": "reely"}, ["reely"]),
        ({"Host": "other.example.org"}, []),
    ],
    ids=str,
)
async def test_without_a_token_header_and_host_decide(gateway: Any, sent: dict[str, str], line: list[str]) -> None:
    async with gateway.request("POST", "/api/v1/auth/login", token=None, headers=sent, data=b"{}") as answer:
        assert answer.status == 200
    [seen] = gateway.upstream.requests
    assert told(seen) == [(INTERNAL, value) for value in line]


async def test_with_a_token_its_line_is_the_only_one(gateway: Any) -> None:
    token = gateway.issuer.token(an_identity(product_line="reely"))
    for sent in ({}, {"X-Product-Line": "reely"}, {"X-Internal-Product-Line": "pixie"}):
        async with gateway.request("GET", "/api/v1/users/me", token=token, headers=sent) as answer:
            assert answer.status == 200
    assert {value for seen in gateway.upstream.requests for _, value in told(seen)} <= {"reely"}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"X-Product-Line": "talkingphoto"}, "product_line_differs"),
        ({"X-Product-Line": "filmstudio"}, "product_line_differs"),
        ({"X-Product-Line": "pixie"}, "product_line_not_offered"),
        ({"Host": "pixie.example.org"}, "product_line_not_offered"),
    ],
    ids=str,
)
async def test_what_contradicts_the_token_is_refused(
    gateway: Any, sent: dict[str, str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRODUCT_LINES, "pixie", replace(PRODUCT_LINES["pixie"], plans=()))
    token = gateway.issuer.token(an_identity(product_line="reely"))
    for method, path in (("GET", "/api/v1/users/me"), ("POST", "/api/v1/workflows")):
        async with gateway.request(method, path, token=token, headers=sent) as answer:
            error = (await answer.json())["error"]
            assert (answer.status, error["code"]) == (409, code)
            assert error["details"] in ({"product_line": "reely"}, {"product_lines": list(offered())})
    assert not gateway.upstream.requests


@pytest.mark.parametrize("value", ["nothing", "", "TALKINGPHOTO", "reely, pixie"])
async def test_an_unknown_line_is_named(gateway: Any, value: str) -> None:
    async with gateway.request("POST", "/api/v1/auth/login", token=None, headers={"X-Product-Line": value}) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, set(error["fields"])) == (422, {"X-Product-Line"})
    assert "talkingphoto" in error["fields"]["X-Product-Line"]
    assert not gateway.upstream.requests


def scope_of(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "headers": list(headers)}


@pytest.mark.parametrize(
    ("host", "line"),
    [
        (b"one.example", "pixie"),
        (b"ONE.example:80", "pixie"),
        (b"[::1]:8000", "reely"),
        (b"[::1]", "reely"),
        (b"", None),
    ],
)
def test_host_names_are_looked_up_without_their_port(host: bytes, line: str | None) -> None:
    lines = Lines({"One.example": "pixie", "[::1]": "reely"})
    assert lines.said(scope_of((b"host", host)), None) == line


def test_two_headers_are_one_too_many() -> None:
    twice = scope_of((b"x-product-line", b"reely"), (b"x-product-line", b"pixie"))
    with pytest.raises(Exception, match="one X-Product-Line"):
        Lines({}).said(twice, None)


def test_hosts_of_unknown_lines_stop_the_start() -> None:
    with pytest.raises(ValueError, match="not known: nothing"):
        Settings(env="test", product_line_hosts={"a.example": "nothing"})


@pytest.mark.parametrize(
    ("origin", "line", "status"),
    [
        ("https://studio.example.org", "filmstudio", 200),
        ("https://Studio.example.org", "talkingphoto", 409),
        ("https://app.example.org", "talkingphoto", 200),
        ("https://app.example.org", "filmstudio", 200),
    ],
)
async def test_a_products_own_page_acts_in_that_product_alone(
    gateway: Any, origin: str, line: str, status: int
) -> None:
    token = gateway.issuer.token(an_identity(product_line=line))
    async with gateway.request("GET", "/api/v1/users/me", token=token, headers={"Origin": origin}) as answer:
        assert answer.status == status
        if status == 409:
            assert (await answer.json())["error"]["code"] == "product_line_differs"
    headers = {"Origin": origin, "X-Product-Line": line}
    async with gateway.request("POST", "/api/v1/auth/login", token=None, headers=headers, json={}) as answer:
        assert answer.status == status
    async with gateway.request("POST", "/api/v1/auth/login", token=None, headers={"Origin": origin}) as answer:
        assert answer.status == 200, "where nothing is said, nothing contradicts"


@pytest.mark.parametrize("origin", ["*", "https://*.example.org", "studio.example.org", "https://a.example.org/page"])
def test_what_is_no_origin_stops_the_start(origin: str) -> None:
    with pytest.raises(ValueError, match="no origin"):
        Settings(env="test", product_line_origins={origin: "pixie"})
