"""What clients send is bounded before it is looked at."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import Field, SecretStr, TypeAdapter, ValidationError

from chassis.http.app import create_app
from chassis.http.inputs import Input, Moment, Whole
from chassis.settings import ServiceSettings


class Part(Input):
    """A part."""

    number: int


class Order(Input):
    """An order."""

    name: str = ""
    password: SecretStr = SecretStr("")
    parts: list[Part] = []
    free: dict[str, Any] = {}


def an_app() -> FastAPI:
    app = create_app(name="inputs", settings=ServiceSettings(env="test"), version="1", routers=[], readiness={})

    @app.post("/orders")
    async def order(body: Order) -> str:
        return body.name

    @app.get("/orders")
    async def orders(since: Moment | None = None, kind: str = "") -> str:
        return since.isoformat() if since else kind

    return app


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(an_app()), base_url="http://test")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({f"{key:x}": 1 for key in range(80_000)}, id="keys"),
        pytest.param({"parts": [1] * 200_000}, id="elements"),
        pytest.param({"free": {f"{key:x}": 1 for key in range(80_000)}}, id="keys of a free field"),
        pytest.param([1] * 200_000, id="no object at all"),
    ],
)
async def test_a_great_many_values_are_refused_quickly_and_briefly(body: Any) -> None:
    content = json.dumps(body)
    async with client() as http:
        began = time.process_time()
        answer = await http.post("/orders", content=content, headers={"Content-Type": "application/json"})
        assert time.process_time() - began < 0.5
    assert answer.status_code == 422
    assert len(answer.content) < 1000


async def test_at_most_twenty_fields_are_named() -> None:
    async with client() as http:
        answer = await http.post("/orders", json={f"{key:x}": 1 for key in range(100)})
    error = answer.json()["error"]
    assert len(error["fields"]) == len(error["details"]["rules"]) == 20


@pytest.mark.parametrize("text", ["\\u0000", "a\\ud800", "\\udc00\\ud83d", "a\\u0000b"])
@pytest.mark.parametrize(
    "body", ['{"name": "%s"}', '{"password": "%s"}', '{"free": {"a": ["%s"]}}', '{"free": {"%s": 1}}']
)
async def test_what_is_no_text_is_refused_in_every_field(body: str, text: str) -> None:
    async with client() as http:
        answer = await http.post("/orders", content=body % text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


async def test_every_other_character_is_text() -> None:
    name = "Zoë 👩‍👩‍👧 \u202e\ufffe"
    async with client() as http:
        assert (await http.post("/orders", json={"name": name})).json() == name


@pytest.mark.parametrize("path", ["/orders?kind=%00", "/orders?kind=a%00b", "/%00"])
async def test_no_address_has_a_nul(path: str) -> None:
    async with client() as http:
        assert (await http.get(path)).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "1999-12-31T23:59:59Z",
        "0.5",
        "1764000000",
        "-1",
        "1e9",
    ],
)
async def test_a_time_out_of_reach_or_written_as_a_number_is_refused(text: str) -> None:
    async with client() as http:
        assert (await http.get("/orders", params={"since": text})).status_code == 422


def test_a_time_without_a_zone_is_in_utc() -> None:
    moment: TypeAdapter[datetime] = TypeAdapter(Moment)
    assert moment.validate_python("2026-11-29T08:30:00") == datetime(2026, 11, 29, 8, 30, tzinfo=UTC)
    with pytest.raises(ValidationError):
        moment.validate_python("2026-13-29T08:30:00")


@pytest.mark.parametrize("number", [1_764_000_000, 0.5, True])
def test_no_number_is_taken_for_seconds_since_1970(number: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(number)


def test_bounds_of_a_whole_number_are_said_as_json_schema_says_them() -> None:
    number: TypeAdapter[int] = TypeAdapter(Annotated[Whole, Field(ge=1, lt=5)])
    assert number.json_schema() == {"type": "integer", "minimum": 1, "exclusiveMaximum": 5}
    for wrong in (0, 5, True):
        with pytest.raises(ValidationError):
            number.validate_python(wrong)
