"""Routers are resolved once in a test run: FastAPI does it anew for each application, and every test has its own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

_include = FastAPI.include_router
_resolved: dict[tuple[int, str], tuple[APIRouter, BaseRoute]] = {}
"""With the router, whose address is the key, so that no other gets it."""


def resolve_once() -> None:
    """From now on applications share what FastAPI made of a router, where they treat all their routers alike."""
    FastAPI.include_router = _include_once  # type: ignore[method-assign, assignment]


def _include_once(app: FastAPI, router: APIRouter, **options: Any) -> None:
    if options:
        _include(app, router, **options)
        return
    # What an application gives all its routes. Overrides of dependencies would be its own too: nobody uses them.
    given = [type(each.dependency).__qualname__ for each in app.router.dependencies]
    key = (id(router), repr((app.router.prefix, app.router.tags, given, app.router.responses)))
    if key in _resolved:
        app.router.routes.append(_resolved[key][1])
        return
    _include(app, router)
    _resolved[key] = (router, app.router.routes[-1])
