"""Which product a request is for (PLT-06), as far as this service can tell."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from chassis.errors import Invalid
from contracts.enums import ProductLineKey
from contracts.product_lines import PRODUCT_LINES, ProductLine


async def _product_line(
    request: Request,
    x_product_line: Annotated[
        str | None,
        Header(
            description="Which product this is for.",
            json_schema_extra={"enum": [line.value for line in ProductLineKey]},
        ),
    ] = None,
) -> ProductLine:
    key = request.app.state.settings.default_product_line if x_product_line is None else x_product_line
    if key not in PRODUCT_LINES:
        raise Invalid(
            "The product line is not known.", fields={"X-Product-Line": f"one of {', '.join(sorted(PRODUCT_LINES))}"}
        )
    return PRODUCT_LINES[key]


Line = Annotated[ProductLine, Depends(_product_line)]
