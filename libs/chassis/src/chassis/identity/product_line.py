"""Which product a request is for (PLT-06): resolved once, at the gateway; services take it from there and nowhere else.

Who is signed in is in the product line that the token names: ``Caller.product_line``. What a request without a token
says (``Said``) the gateway writes into ``INTERNAL_HEADER``, having removed what the client sent under that name. A
server drops the header of whoever is none of ``TRUSTED_PROXIES``.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from chassis.errors import Conflict, Invalid
from chassis.observe import context
from contracts.product_lines import PRODUCT_LINES, ProductLine, offered

INTERNAL_HEADER = "X-Internal-Product-Line"


SAID: dict[str, Any] = {
    "parameters": [
        {
            "name": "X-Product-Line",
            "in": "header",
            "required": False,
            "description": "Which product this is for; without it the one that the host name, or the account, is of.",
            "schema": {"type": "string", "enum": list(PRODUCT_LINES)},
        }
    ]
}
"""``openapi_extra`` of an operation that needs no token and looks at the product line: what the gateway reads."""


async def _said(request: Request) -> str | None:
    header = request.headers.get(INTERNAL_HEADER)
    return header if header in PRODUCT_LINES else context.current().product_line


Said = Annotated[str | None, Depends(_said)]
"""For endpoints that need no token: the product line that the request names, else its token's; None where neither."""


class LineNotOffered(Conflict):
    """Nothing can be had in this product line yet; the details name those that can be used."""

    code = "product_line_not_offered"


class LineDiffers(Conflict):
    """The session is of another product line; log in again to change it."""

    code = "product_line_differs"


def known_line(key: str, *, field: str = "X-Product-Line") -> ProductLine:
    """The product line ``key``; raises ``Invalid``, naming ``field``, when there is none."""
    if (line := PRODUCT_LINES.get(key)) is None:
        raise Invalid("The product line is not known.", fields={field: f"one of {', '.join(sorted(PRODUCT_LINES))}"})
    return line


def offered_line(key: str) -> ProductLine:
    """A product line that has plans; raises ``LineNotOffered`` for any other."""
    line = PRODUCT_LINES.get(key)
    if line is None or not line.plans:
        usable = offered()
        raise LineNotOffered(
            f"{key} cannot be used yet. Send `X-Product-Line` with one of: {', '.join(usable)}.",
            details={"product_lines": list(usable)},
        )
    return line


def check_line(said: str | None, standing: str) -> None:
    """Raise when a request says another product line than its session's: ``LineNotOffered`` or ``LineDiffers``."""
    if said is None or said == standing:
        return
    offered_line(said)
    raise LineDiffers(
        f"You are logged in to {standing}. Log in with `X-Product-Line: {said}` to use that, or leave the header away.",
        details={"product_line": standing},
    )
