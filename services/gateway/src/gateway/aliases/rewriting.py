"""Serving a source path: the request goes on as if it had been made in our words, its answer comes back in theirs."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode

import orjson
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import Invalid
from chassis.identity.tokens import Identity
from gateway.aliases import wording
from gateway.aliases.alias import WEBSOCKET, Alias
from gateway.aliases.table import by_source
from gateway.answers import JsonAnswer
from gateway.proxy.lines import ALIAS_LINE, Lines
from gateway.proxy.table import PUBLIC_PREFIX

_BRACED = re.compile(r"{(\w+)}")
_PART = re.compile(r"[^/]+")
"""Of a path."""


def routes(router: ASGIApp, lines: Lines) -> tuple[list[Route], list[Route]]:
    """A route for each source path that is not ours already: those that begin as ours do, and the others.

    ``router`` serves what they become.
    """
    found: tuple[list[Route], list[Route]] = [], []
    for (method, _), rows in by_source().items():
        if method != WEBSOCKET:
            path = rows[0].path.rstrip("/")
            route = Route(path, Aliased(path, rows, router, lines), methods=[method])
            found[not path.startswith(PUBLIC_PREFIX)].append(route)
    return found


class Aliased:
    """One source path, of one product or of several that share it (GTW-05)."""

    def __init__(self, path: str, rows: tuple[Alias, ...], router: ASGIApp, lines: Lines) -> None:
        self.path_format = path
        self._rows = rows
        self._router = router
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite and serve."""
        # Until the unified path's own route takes over, the edge knows this one: what a body may weigh hangs on it.
        scope["route"] = self
        row = self._row(scope)
        values = dict(zip(_BRACED.findall(row.path), scope["path_params"].values(), strict=True))
        if row.changes_body and scope["method"] not in ("GET", "HEAD") and _is_json(scope):
            receive, values = await _rewritten_body(row, receive, values)
            # How long it is is told by its chunks.
            scope["headers"] = [
                *(header for header in scope["headers"] if header[0] not in (b"content-length", b"transfer-encoding")),
                (b"transfer-encoding", b"chunked"),
            ]
        path, raw_path = _filled(row, values)
        query = wording.query_inward(row, parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        query += [(name, template.format(**values)) for name, template in row.query.items()]
        scope.update(path=path, raw_path=raw_path, path_params={})
        if row.query or row.names:
            scope["query_string"] = urlencode(query).encode()
        if len(self._rows) == 1:
            scope[ALIAS_LINE] = row.line.value
        await self._router(scope, receive, _outward(row, send) if row.changes_answer else send)

    def _row(self, scope: Scope) -> Alias:
        if len(self._rows) == 1:
            return self._rows[0]
        identity = scope.get("chassis.identity")
        line = identity.product_line if isinstance(identity, Identity) else self._lines.said(scope, None)
        return next((row for row in self._rows if row.line == line), self._rows[0])


def _is_json(scope: Scope) -> bool:
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return kind.split(b";")[0].strip().lower() == b"application/json"


def _filled(row: Alias, values: dict[str, str]) -> tuple[str, bytes]:
    """The unified path as it is, and as it is written in a request."""
    missing = [name for name in _BRACED.findall(row.unified) if name not in values]
    if missing:
        raise Invalid("Correct these fields: " + ", ".join(missing) + ".", fields=dict.fromkeys(missing, "is required"))
    raw = _BRACED.sub(lambda found: quote(values[found[1]], safe=""), row.unified)
    return _BRACED.sub(lambda found: values[found[1]], row.unified), raw.encode()


async def _rewritten_body(row: Alias, receive: Receive, values: dict[str, str]) -> tuple[Receive, dict[str, str]]:
    """What reads the body in our words, and ``values`` with those that it brought for the path."""
    pieces, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return _after([message], receive), values
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"".join(pieces)
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Whoever serves it says what is wrong with it.
        return _after([_whole(body)], receive), values
    if isinstance(sent, dict):
        values = values | {
            name: value for name in row.from_body if isinstance(value := sent.get(name), str) and _PART.fullmatch(value)
        }
    return _after([_whole(orjson.dumps(wording.inward(row, sent)))], receive), values


def _whole(body: bytes) -> Message:
    return {"type": "http.request", "body": body, "more_body": False}


def _after(messages: list[Message], receive: Receive) -> Receive:
    """Receives ``messages`` first."""

    async def received() -> Message:
        return messages.pop(0) if messages else await receive()

    return received


def _outward(row: Alias, send: Send) -> Send:
    return JsonAnswer(send, lambda _, answer: (wording.outward(row, answer), []))
