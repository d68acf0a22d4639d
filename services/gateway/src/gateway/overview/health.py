"""How the platform is (GTW-07): every service with what it needs, and whether enough of it is there to serve."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from chassis.errors import ServiceError
from chassis.http.operations import Check, Examined, examine
from gateway.overview.gathering import Services

NEEDED = frozenset({"users", "workflow"})
"""Without accounts nobody gets in, and without workflow there is nothing here. What others do waits for them."""

_FRESH_S = 2.0
"""However many ask, services are asked once in that time."""

State = Literal["healthy", "degraded", "unhealthy"]

_DEPENDENCIES: TypeAdapter[dict[str, Examined]] = TypeAdapter(dict[str, Examined])


class DependencyHealth(BaseModel):
    """Something that a service needs."""

    status: State = Field(description="Whether it answers.", examples=["healthy"])
    response_ms: float = Field(description="How long it took to tell.", examples=[0.8])
    error: str | None = Field(None, description="Why not.", examples=["ConnectionRefusedError"])


class PartHealth(DependencyHealth):
    """A service."""

    needed: bool = Field(description="Without it the platform does not serve.")
    dependencies: dict[str, DependencyHealth] = Field({}, description="By name, such as `database`.")


class PlatformHealth(BaseModel):
    """How the platform is. ``parts`` are for administrators."""

    status: State = Field(description="`degraded`: it serves, and something is away.", examples=["healthy"])
    service: str = Field("gateway", description="Who says so.")
    parts: dict[str, PartHealth] | None = Field(None, description="By service; for administrators.")


class Examiner:
    """Looks at the services; ``own`` is what the gateway needs itself."""

    def __init__(self, services: Services, own: Mapping[str, Check]) -> None:
        self._services = services
        self._own = own
        self._found: dict[str, PartHealth] = {}
        self._until = float("-inf")
        self._looking = asyncio.Lock()

    async def look(self) -> dict[str, PartHealth]:
        """Every part, as it was at most moments ago."""
        async with self._looking:
            if time.monotonic() >= self._until:
                names = self._services.names
                parts = await asyncio.gather(self._gateway(), *(self._service(name) for name in names))
                self._found = dict(zip(["gateway", *names], parts, strict=True))
                self._until = time.monotonic() + _FRESH_S
        return self._found

    async def _gateway(self) -> PartHealth:
        dependencies = _shown(await examine(self._own))
        return PartHealth(status=_worst(dependencies), response_ms=0, needed=False, dependencies=dependencies)

    async def _service(self, name: str) -> PartHealth:
        began = time.perf_counter()
        dependencies, error = {}, None
        try:
            dependencies = _shown(
                _DEPENDENCIES.validate_python(await self._services.get(name, "/internal/dependencies"))
            )
        except (ServiceError, ValidationError) as failure:
            error = str((getattr(failure, "details", None) or {}).get("reason", type(failure).__name__))
        return PartHealth(
            status="unhealthy" if error else _worst(dependencies),
            response_ms=round((time.perf_counter() - began) * 1000, 1),
            error=error,
            needed=name in NEEDED,
            dependencies=dependencies,
        )


def overall(parts: Mapping[str, PartHealth]) -> State:
    """``unhealthy`` when a needed part is, ``degraded`` when any other or what one needs is."""
    if NEEDED - parts.keys() or any(part.needed and part.status == "unhealthy" for part in parts.values()):
        return "unhealthy"
    return "healthy" if all(part.status == "healthy" for part in parts.values()) else "degraded"


def _shown(examined: Mapping[str, Examined]) -> dict[str, DependencyHealth]:
    return {
        name: DependencyHealth(
            status="unhealthy" if found.failure else "healthy", response_ms=found.ms, error=found.failure
        )
        for name, found in examined.items()
    }


def _worst(dependencies: Mapping[str, DependencyHealth]) -> State:
    """A service without its database serves nothing; without anything else, less."""
    away = {name for name, found in dependencies.items() if found.status != "healthy"}
    return "unhealthy" if "database" in away else "degraded" if away else "healthy"
