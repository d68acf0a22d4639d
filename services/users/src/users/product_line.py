"""What a request says about the product it is for; the gateway has looked at it (PLT-06)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from chassis.identity.product_line import offered_line
from chassis.observe import context
from contracts.product_lines import ProductLine


async def _said() -> str | None:
    return context.current().product_line


Said = Annotated[str | None, Depends(_said)]
"""The product line that the request names; None where it names none."""


async def _opening(said: Said, request: Request) -> ProductLine:
    return offered_line(said or request.app.state.settings.default_product_line)


OpeningLine = Annotated[ProductLine, Depends(_opening)]
"""Where an account is opened; ``LineNotOffered`` where nothing can be had."""
