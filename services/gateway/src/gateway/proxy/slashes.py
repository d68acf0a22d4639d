"""A slash at the end of a path makes no difference (GTW-03), and no redirect: what was sent is served."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.storage.signing import OBJECTS_PATH


class TrailingSlashes:
    """Takes slashes off the end before routing. Object keys stay as their links were signed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the path without them."""
        if scope["type"] != "lifespan" and scope["path"].endswith("/") and not scope["path"].startswith(OBJECTS_PATH):
            raw = scope.get("raw_path") or scope["path"].encode()
            scope = {**scope, "path": scope["path"].rstrip("/") or "/", "raw_path": raw.rstrip(b"/") or b"/"}
        await self._app(scope, receive, send)
