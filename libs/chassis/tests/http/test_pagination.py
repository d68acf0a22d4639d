"""Pages and fields of lists."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse

from chassis.http.app import create_app
from chassis.http.pagination import Fields, Page, Paged, PageRequest, selected
from chassis.settings import ServiceSettings


class Item(BaseModel):
    number: int
    title: str


ITEMS = [Item(number=number, title=f"item {number}") for number in range(45)]
router = APIRouter()


@router.get("/items", response_model=Paged[Item])
async def items(page: Page, fields: Fields) -> Paged[Item] | JSONResponse:
    shown = ITEMS[page.offset : page.offset + page.limit]
    return selected(Paged[Item].of(shown, len(ITEMS), page), fields, Item)


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


async def test_unknown_fields_are_named(http: httpx.AsyncClient) -> None:
    answer = await http.get("/items?fields=title,colour")

    assert answer.status_code == 422
    assert answer.json()["error"]["fields"] == {"fields": "choose from number, title"}
    assert "colour" in answer.json()["error"]["message"]


def test_offset_and_limit() -> None:
    assert (PageRequest(3, 10).offset, PageRequest(3, 10).limit) == (20, 10)
