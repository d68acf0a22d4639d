"""Who may use what the gateway answers itself: the same checks and limits as for what it passes on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from chassis.identity.tokens import Caller, Identity, authorization, bearer_token
from gateway.proxy.limits import Limits
from gateway.proxy.lines import Lines


async def _count_strangers(request: Request) -> None:
    """Whoever is about to be refused counts by address, as everywhere."""
    limits: Limits = request.app.state.limits
    if not isinstance(request.scope.get("chassis.identity"), Identity):
        await limits.take(request.scope, None)


async def _admitted(
    request: Request, response: Response, _: Annotated[None, Depends(_count_strangers)], caller: Caller
) -> Identity:
    limits: Limits = request.app.state.limits
    lines: Lines = request.app.state.lines
    response.headers.update(await limits.take(request.scope, caller))
    lines.said(request.scope, caller)
    response.headers["Cache-Control"] = "no-store"
    return caller


Admitted = Annotated[Identity, Depends(_admitted)]
"""The caller, counted, in the product line of the session; limits are in the answer's headers."""


def token_of(request: Request) -> str:
    """The access token of a request that was admitted."""
    token = bearer_token(authorization(request.scope["headers"]))
    assert token is not None  # noqa: S101  there is a caller
    return token
