"""Which product a request is for (PLT-06), as far as this service can tell."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from chassis.errors import Invalid
from contracts.product_lines import PRODUCT_LINES, ProductLine


async def _product_line(
    request: Request,
    x_product_line: Annotated[str | None, Header(description="One of the four products.")] = None,
) -> ProductLine:
    key = x_product_line or request.app.state.settings.default_product_line
    if key not in PRODUCT_LINES:
        raise Invalid(
            "The product line is not known.", fields={"X-Product-Line": f"one of {', '.join(sorted(PRODUCT_LINES))}"}
        )
    return PRODUCT_LINES[key]


Line = Annotated[ProductLine, Depends(_product_line)]
