"""The product in which an account is opened (PLT-06)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from chassis.identity.product_line import Said, offered_line
from contracts.product_lines import ProductLine


async def _opening(said: Said, request: Request) -> ProductLine:
    return offered_line(said or request.app.state.settings.default_product_line)


OpeningLine = Annotated[ProductLine, Depends(_opening)]
"""Where an account is opened; ``LineNotOffered`` where nothing can be had."""
