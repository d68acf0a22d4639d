"""How an error looks to a caller: one body for every error of every service (PLT-18)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from chassis.errors import BY_STATUS, BadRequest, Invalid, ServiceError, Unavailable
from chassis.http.routes import is_written_out, methods_at
from chassis.observe import context

# These come from the framework, the edge and the object router; no class of ours stands for them.
_PLAIN_CODES = {
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "too_slow",
    416: "range_not_satisfiable",
    431: "too_many_headers",
}

MOST_FIELDS = 20
"""Named in one answer. Nobody corrects more at a time, and the answer must not grow with what was sent."""

_PLAIN_MESSAGES = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    408: "The body did not arrive in time.",
    413: "The body is larger than this address takes.",
}


def error_response(error: ServiceError, *, status: int | None = None, code: str | None = None) -> JSONResponse:
    """The answer for ``error``; ``status`` and ``code`` override the class's own."""
    now = context.current()
    body: dict[str, Any] = {
        "code": code or error.code,
        "message": error.message,
        "request_id": now.correlation_id or "",
    }
    if error.fields:
        body["fields"] = error.fields
    if error.details:
        body["details"] = error.details
    if now.traceparent:
        body["trace_id"] = now.traceparent[3:35]
    return JSONResponse({"error": body}, status_code=status or error.status, headers=error.headers)


def unforeseen() -> ServiceError:
    """What a caller is told of an error that nobody foresaw: no internals, a request id to find it by."""
    return ServiceError("Something failed on our side. Try again; if it stays, quote the request id.")


def internal_error_response() -> JSONResponse:
    """The answer when nobody foresaw the error."""
    return error_response(unforeseen())


def database_away_response() -> JSONResponse:
    """The answer while the database cannot be reached: nothing was done, the same request may pass in a moment."""
    return error_response(
        Unavailable("We cannot reach our records at the moment. Try again in a moment.", retry_after_s=1)
    )


def install_handlers(app: FastAPI) -> None:
    """Render every error the application can raise as ``ErrorBody``."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(ClientDisconnect, _broken_off)


async def _service_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101  what it is registered for
    return error_response(error)


class NotJson(BadRequest):
    """The body is no JSON; the details say in which line and column."""

    code = "not_json"


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  what it is registered for
    problems = error.errors()
    if problems[0]["type"] == "json_invalid":
        return error_response(_not_json(str(error.body), problems[0]))
    if problems[0]["loc"][0] == "path" and is_written_out(request.app, request.scope["path"]):
        # Another method of this address was taken for an id of its neighbour's.
        return await _http_exception(request, HTTPException(405))
    # The rejected input is left out on purpose: it may be a password.
    fields: dict[str, str] = {}
    rules: dict[str, JsonValue] = {}
    for problem in islice(problems, MOST_FIELDS):
        # ``chassis.http.inputs`` looks at a body as a whole, and says where in it.
        name = field_name((*problem["loc"], *problem.get("ctx", {}).get("at", ())))
        fields.setdefault(name, problem["msg"].removeprefix("Value error, "))
        rules.setdefault(name, problem["type"])
    message = "Correct these fields: " + ", ".join(sorted(fields)) + "."
    return error_response(Invalid(message, fields=fields, details={"rules": rules}))


async def _broken_off(_: Request, __: Exception) -> Response:
    """Nobody is there to read it, but the log and the figures say whose doing it was."""
    return error_response(BadRequest("The request broke off before all of it had arrived. Send it again."))


def _not_json(body: str, problem: Mapping[str, Any]) -> NotJson:
    before = body[: problem["loc"][-1]]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return NotJson(
        f"The body is not JSON: line {line}, column {column}: {problem['ctx']['error']}.",
        details={"line": line, "column": column},
    )


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  what it is registered for
    headers = error.headers
    if error.status_code == 405:
        headers = {**(headers or {}), "Allow": ", ".join(sorted(methods_at(request.app, request.scope["path"])))}
    return http_error_response(error.status_code, str(error.detail), headers)


def http_error_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer for a status that no error class of ours raised, such as an unknown path."""
    if status < 400:
        return Response(status_code=status, headers=headers)
    kind = BY_STATUS.get(status, ServiceError)
    code = kind.code if kind is not ServiceError else _PLAIN_CODES.get(status, f"http_{status}")
    message = _PLAIN_MESSAGES.get(status, detail) if detail == HTTPStatus(status).phrase else detail
    return error_response(kind(message, headers=headers), status=status, code=code)


def field_name(location: tuple[str | int, ...]) -> str:
    """``body.items.0.name`` becomes ``items.0.name``; a problem with the body as a whole is called ``body``. What
    stands in square brackets is the validator's own: ``[key]``, and which of several types was looked for."""
    parts = [str(part) for part in location[1:]]
    return ".".join(part for part in parts if not (part[:1] == "[" and part[-1:] == "]")) or str(location[0])
