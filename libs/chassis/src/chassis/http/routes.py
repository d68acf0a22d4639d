"""What the routes of an application take, told from the routes themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from starlette.routing import compile_path

from chassis.errors import Invalid

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

NOWHERE = "x-leads-nowhere"
LEADS_NOWHERE: dict[str, Any] = {NOWHERE: True}
"""``openapi_extra`` of an operation that makes or begins what has no address: its answer has no ``Location``."""

_ANY = "takes_any_query"


def takes_any_query(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint whose address somebody else writes, with query parameters of their own."""
    setattr(endpoint, _ANY, True)
    return endpoint


class OnlyKnownQuery:
    """A dependency of a whole application: raises ``Invalid`` for query parameters that a route does not have.

    A mistyped filter that is ignored answers everything, and nobody notices.
    """

    def __init__(self) -> None:
        self._known: dict[int, frozenset[str] | None] = {}

    async def __call__(self, request: Request) -> None:
        """Refuse what is not known."""
        if not request.query_params:
            return
        route = request.scope.get("route")
        if not isinstance(route, APIRoute):
            return
        if id(route) not in self._known:
            self._known[id(route)] = None if hasattr(route.endpoint, _ANY) else _query_of(route)
        known = self._known[id(route)]
        if known is not None and (unknown := sorted(request.query_params.keys() - known)):
            which = f"choose from {', '.join(sorted(known))}" if known else "this address takes none"
            named = [name[:50] for name in unknown[:_MOST]]
            raise Invalid(f"There are no query parameters {', '.join(named)} here.", fields=dict.fromkeys(named, which))


_MOST = 20


def _query_of(route: APIRoute) -> frozenset[str]:
    names: set[str] = set()
    dependants = [route.dependant]
    while dependants:
        one = dependants.pop()
        dependants += one.dependencies
        for field in one.query_params:
            model = field.field_info.annotation
            if isinstance(model, type) and issubclass(model, BaseModel):
                names |= {info.alias or name for name, info in model.model_fields.items()}
            else:
                names.add(field.alias)
    return frozenset(names)


def methods_at(app: FastAPI, path: str) -> set[str]:
    """The methods that ``path`` takes; empty for no address of ours.

    An address that is written out, such as ``/workflows/estimate``, is not one of ``/workflows/{id}`` as well.
    """
    found: set[str] = set()
    for template, methods in _routes(app):
        if template == path:
            return {method for other, some in _routes(app) if other == path for method in some}
        if compile_path(template)[0].match(path):
            found |= methods
    return found


def paths_of(app: FastAPI) -> set[str]:
    """The templates of all paths that ``app`` has routes for."""
    return {template for template, _ in _routes(app)}


def is_written_out(app: FastAPI, path: str) -> bool:
    """Whether a route has ``path`` itself, without parameters."""
    return any(template == path for template, _ in _routes(app))


def _routes(app: FastAPI) -> Iterator[tuple[str, set[str]]]:
    for route in iter_route_contexts(app.routes):
        methods = getattr(route.original_route, "methods", None)
        if methods and route.path_format:
            yield route.path_format, methods
