"""Pages and fields of lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from chassis.http.app import create_app
from chassis.http.pagination import Page, Paged, PageRequest, fields_of, paged, selected
from chassis.settings import ServiceSettings


class Item(BaseModel):
    number: int
    title: str


ITEMS = [Item(number=number, title=f"item {number}") for number in range(45)]
router = APIRouter()


ItemFields = Annotated[frozenset[str] | None, fields_of(Item)]


@router.get("/items", response_model=paged(Item))
async def items(page: Page, fields: ItemFields) -> Any:
    return selected(Paged[Item].cut(ITEMS, page), fields)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(name="items", settings=ServiceSettings(), version="1", routers=[router], readiness={})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://items") as client:
        yield client


@pytest.mark.parametrize(
    ("query", "numbers", "page", "per_page"),
    [("", range(20), 1, 20), ("?page=3", range(40, 45), 3, 20), ("?page=9&per_page=100", [], 9, 100)],
)
async def test_a_page_says_where_it_is(
    http: httpx.AsyncClient, query: str, numbers: list[int], page: int, per_page: int
) -> None:
    answer = (await http.get(f"/items{query}")).json()

    assert [item["number"] for item in answer["items"]] == list(numbers)
    assert (answer["total"], answer["page"], answer["per_page"]) == (45, page, per_page)


@pytest.mark.parametrize("query", ["page=0", "per_page=0", "per_page=101", "page=x", "page=99999999999999999999"])
async def test_a_page_that_cannot_be_is_refused(http: httpx.AsyncClient, query: str) -> None:
    answer = await http.get(f"/items?{query}")

    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [query.partition("=")[0]]


async def test_only_the_fields_asked_for(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/items?fields=title&per_page=2")).json()

    assert answer == {"items": [{"title": "item 0"}, {"title": "item 1"}], "total": 45, "page": 1, "per_page": 2}


@pytest.mark.parametrize("query", ["", "?fields=title", "?fields=number,title"])
async def test_an_answer_with_some_fields_is_as_the_document_says(http: httpx.AsyncClient, query: str) -> None:
    document = (await http.get("/openapi.json")).json()
    schema = document["paths"]["/items"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    answer = (await http.get(f"/items{query}")).json()

    Draft202012Validator({**schema, "components": document["components"]}).validate(answer)


async def test_the_document_tells_which_fields_there_are(http: httpx.AsyncClient) -> None:
    parameters = (await http.get("/openapi.json")).json()["paths"]["/items"]["get"]["parameters"]
    fields = next(parameter for parameter in parameters if parameter["name"] == "fields")

    assert fields["schema"]["pattern"] == "^(number|title)(,(number|title))*$"


async def test_no_fields_at_all_are_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get("/items?fields=")).status_code == 422


async def test_unknown_fields_are_named(http: httpx.AsyncClient) -> None:
    answer = await http.get("/items?fields=title,colour")

    assert answer.status_code == 422
    assert answer.json()["error"]["fields"] == {"fields": "choose from number, title"}
    assert "colour" in answer.json()["error"]["message"]


def test_offset_and_limit() -> None:
    assert (PageRequest(3, 10).offset, PageRequest(3, 10).limit) == (20, 10)
