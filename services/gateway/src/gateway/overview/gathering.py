"""Asking several services side by side, and going on without those that do not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from chassis.errors import NotFound, Unavailable
from chassis.http.client import Refused, ServiceClient

log = structlog.get_logger(__name__)

WITHIN_S = 2.0
"""How long a service may take; somebody waits for all of them."""


class Services:
    """The services by name. ``close`` with the process."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._clients = {name: ServiceClient(url, service=name, timeout_s=WITHIN_S) for name, url in urls.items()}

    @property
    def names(self) -> list[str]:
        """Those that are set up here."""
        return sorted(self._clients)

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    async def get(
        self, service: str, path: str, *, token: str | None = None, params: Mapping[str, str] | None = None
    ) -> Any:
        """The JSON at ``path``; None where there is nothing. Raises ``Refused`` and ``Unavailable``."""
        client = self._clients.get(service)
        if client is None:
            raise Unavailable(f"{service} is not set up here.")
        try:
            return await client.get(path, token=token, params=params)
        except Refused as refusal:
            if refusal.status != NotFound.status:
                raise
            return None

    async def post(self, service: str, path: str, body: Any, *, token: str) -> Any:
        """What a service answers to ``body`` at ``path``. Raises ``Refused`` and ``Unavailable``."""
        client = self._clients.get(service)
        if client is None:
            raise Unavailable(f"{service} is not set up here.")
        return await client.post(path, body, token=token)

    async def gather(self, wanted: Mapping[str, tuple[str, str]], token: str) -> tuple[dict[str, Any], list[str]]:
        """What is at ``(service, path)`` by the names in ``wanted``, None for what is not to be had, and which
        services did not answer.

        Raises ``Refused`` when a service refuses the caller.
        """
        answers = await asyncio.gather(
            *(self.get(service, path, token=token) for service, path in wanted.values()), return_exceptions=True
        )
        found: dict[str, Any] = {}
        missing: set[str] = set()
        for (name, (service, _)), answer in zip(wanted.items(), answers, strict=True):
            if isinstance(answer, Unavailable):
                log.warning("overview.without", upstream=service, wanted=name, reason=answer.details)
                missing.add(service)
                found[name] = None
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found[name] = answer
        return found, sorted(missing)
