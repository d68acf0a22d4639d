"""Lists: which page, how they are answered, and which fields of each item (PLT-19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from chassis.errors import Invalid

Item = TypeVar("Item", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for; ``offset`` and ``limit`` say the same to a database."""

    page: int = 1
    per_page: int = 20

    @property
    def offset(self) -> int:
        """How many items come before this page."""
        return (self.page - 1) * self.per_page

    @property
    def limit(self) -> int:
        """How many items fit on it."""
        return self.per_page


async def _page(
    page: Annotated[int, Query(ge=1, le=1_000_000, description="Counted from 1.")] = 1,
    per_page: Annotated[int, Query(ge=1, le=100, description="Items on a page.")] = 20,
) -> PageRequest:
    return PageRequest(page, per_page)


Page = Annotated[PageRequest, Depends(_page)]
"""Query parameters ``page`` and ``per_page``."""


class Paged(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    total: int = Field(ge=0, description="Items on all pages together.")
    page: int = Field(ge=1)
    per_page: int = Field(ge=1, le=100)

    @classmethod
    def of(cls, items: Sequence[Item], total: int, page: PageRequest) -> Paged[Item]:
        """The answer for ``page``."""
        return cls(items=list(items), total=total, page=page.page, per_page=page.per_page)


async def _fields(
    fields: Annotated[
        str | None, Query(max_length=500, description="Only these fields of each item, separated by commas.")
    ] = None,
) -> frozenset[str] | None:
    if fields is None:
        return None
    return frozenset(name.strip() for name in fields.split(",") if name.strip())


Fields = Annotated[frozenset[str] | None, Depends(_fields)]
"""Query parameter ``fields``; None means all."""


def selected(answer: Paged[Item], fields: frozenset[str] | None, of: type[Item]) -> Paged[Item] | JSONResponse:
    """``answer`` with only ``fields`` in its items of type ``of``; raises ``Invalid`` for a field items do not have.

    Return it from an endpoint declared with ``response_model=Paged[...]``.
    """
    if fields is None:
        return answer
    known = {info.serialization_alias or name: name for name, info in of.model_fields.items()}
    if unknown := sorted(fields - known.keys()):
        raise Invalid(
            f"There are no fields {', '.join(unknown)} here.",
            fields={"fields": f"choose from {', '.join(sorted(known))}"},
        )
    include = {known[name] for name in fields}
    items = [item.model_dump(mode="json", by_alias=True, include=include) for item in answer.items]
    return JSONResponse({**answer.model_dump(mode="json", exclude={"items"}), "items": items})
