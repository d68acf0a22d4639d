"""Lists: which page, how they are answered, and which fields of each item (PLT-19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from chassis.errors import Invalid

Item = TypeVar("Item")


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

    items: list[Item] = Field(description="What is on this page.")
    total: int = Field(ge=0, description="Items on all pages together.")
    page: int = Field(ge=1, description="Which page this is, counted from 1.")
    per_page: int = Field(ge=1, le=100, description="Items on a page.", examples=[20])

    @classmethod
    def of(cls, items: Sequence[Item], total: int, page: PageRequest) -> Paged[Item]:
        """The answer for ``page``."""
        return cls(items=list(items), total=total, page=page.page, per_page=page.per_page)

    @classmethod
    def cut(cls, everything: Sequence[Item], page: PageRequest) -> Paged[Item]:
        """The answer for ``page`` out of ``everything``, where that is little."""
        return cls.of(everything[page.offset : page.offset + page.limit], len(everything), page)


def paged(item: type[BaseModel]) -> Any:
    """The ``response_model`` of a list that takes ``fields``: whole items, or what was asked for of each."""
    some: Any = TypedDict(  # type: ignore[misc]  # its fields are another model's
        f"{item.__name__}Fields",
        {name: Annotated[field.annotation, field] for name, field in item.model_fields.items()},
        total=False,
    )
    some.__doc__ = f"The fields of a {item.__name__} that were asked for."
    return Paged[item] | Paged[some]  # type: ignore[valid-type]


def fields_of(item: type[BaseModel]) -> Any:
    """A dependency: the query parameter ``fields`` of a list of ``item``; None means all."""
    known = sorted(info.serialization_alias or name for name, info in item.model_fields.items())
    one = f"({'|'.join(known)})"

    # A default and no annotation: the framework looks annotations up among the module's names.
    query = Query(
        None,
        max_length=500,
        description="Only these fields of each item, separated by commas.",
        json_schema_extra={"pattern": f"^{one}(,{one})*$", "example": ",".join(known[:2])},
    )

    async def chosen(fields: str | None = query) -> frozenset[str] | None:
        if fields is None:
            return None
        names = frozenset(name.strip() for name in fields.split(",") if name.strip())
        if (unknown := sorted(names - set(known))) or not names:
            raise Invalid(
                f"There are no fields {', '.join(unknown)} here." if unknown else "Say which fields, or leave it out.",
                fields={"fields": f"choose from {', '.join(known)}"},
            )
        return names

    return Depends(chosen)


def selected(answer: Paged[Any], fields: frozenset[str] | None) -> Any:
    """``answer`` with only ``fields`` in its items. Return it from an endpoint with ``response_model=paged(...)``."""
    if fields is None:
        return answer
    items = [
        {name: value for name, value in item.model_dump(mode="json", by_alias=True).items() if name in fields}
        for item in answer.items
    ]
    return JSONResponse({**answer.model_dump(mode="json", exclude={"items"}), "items": items})
