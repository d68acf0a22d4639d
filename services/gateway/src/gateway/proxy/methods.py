"""The gateway's own paths among those that it passes on."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send


class OtherMethods:
    """Stands behind the routes of ``path_format``: answers 405 to the methods that they do not take."""

    def __init__(self, path_format: str) -> None:
        self.path_format = path_format

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the method; ``Allow`` says which ones there are."""
        # The framework names the route to the edge only where the route is its own.
        scope["route"] = self
        raise HTTPException(405)
