"""What all streams of server-sent events have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request
from sse_starlette import EventSourceResponse

from chassis.errors import NotAuthenticated, Unavailable
from chassis.identity.tokens import Verifier, bearer_token

StillAllowed = Callable[[], Awaitable[bool]]
"""Whether whoever follows the run would still be let in."""


class Events(EventSourceResponse):
    """With its media type where the document looks for it."""

    media_type = "text/event-stream"


def right_of(request: Request) -> StillAllowed:
    """A question to be asked as long as a stream lasts: whether its caller would still be let in."""
    verifier: Verifier = request.app.state.verifier
    token = bearer_token(request.headers.get("authorization")) or ""

    async def still_allowed() -> bool:
        try:
            await verifier.verify(token)
        except NotAuthenticated:
            return False
        except Unavailable:
            # Who has been let in stays while nobody can say more.
            return True
        return True

    return still_allowed
