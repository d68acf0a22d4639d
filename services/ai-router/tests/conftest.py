"""The AI router as it runs, on a real PostgreSQL, an in-process bus and a folder store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from ai_router.composition import SPEC, build
from ai_router.jobs.running.runner import RunnerOptions
from ai_router.jobs.running.validation import Validator
from ai_router.providers.port import Provider
from chassis import ids
from chassis.messaging.consumer import wait_until
from chassis.testing.running import RunningSlice, StartSlice
from contracts.ai_router import SubmitJob
from contracts.enums import Capability


class Router(RunningSlice):
    """A running AI router and what it has published."""

    def events(self, kind: type[Any], job_id: UUID | None = None) -> list[Any]:
        """Published events of a kind, in order, about everything or about a job."""
        return [event for event in super().events(kind) if job_id in (None, getattr(event, "job_id", None))]

    async def wait_for(self, kind: type[Any], job_id: UUID, *, timeout_s: float = 30.0) -> Any:
        """The first event of a kind about a job."""
        await wait_until(lambda: bool(self.events(kind, job_id)), timeout_s=timeout_s)
        return self.events(kind, job_id)[0]


StartRouter = Callable[..., Awaitable[Router]]


@pytest.fixture
def start_router(start_slice: StartSlice) -> StartRouter:
    """Start a router: ``await start_router(providers, validator=..., options=..., settings=..., url=...)``."""

    async def start(
        providers: Mapping[str, Provider] | None = None,
        *,
        validator: Validator | None = None,
        options: RunnerOptions | None = None,
        settings: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> Router:
        spec = replace(SPEC, build=partial(build, providers=providers or {}, validator=validator, options=options))
        chosen = {"catalogue_max_age_s": 0.0, **(settings or {})}
        return await start_slice(spec, Router, settings=chosen, **others)

    return start


@pytest.fixture
def a_job() -> Callable[..., SubmitJob]:
    """Builds a command; give what the test is about."""

    def make(capability: Capability = Capability.IMAGE_ENHANCEMENT, **fields: Any) -> SubmitJob:
        given = {
            "job_id": ids.uuid7(),
            "run_id": ids.uuid7(),
            "user_id": ids.uuid7(),
            "product_line": "talkingphoto",
            "capability": capability,
            "budget": Decimal(10),
            "plan": "enterprise",
            "deadline": datetime.now(UTC) + timedelta(minutes=5),
        }
        return SubmitJob(**{**given, **fields})

    return make
