"""Driving one attempt of either shape of provider to its result (AIR-48), whatever happened to it before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import cast

import structlog

from ai_router.jobs.running.bell import Bell
from ai_router.providers.keys import asking_for
from ai_router.providers.port import (
    Accepted,
    FailureClass,
    Performs,
    Provider,
    ProviderFailure,
    ProviderRequest,
    ProviderResult,
    Report,
    Running,
    Submits,
    Watches,
    Workspace,
)
from chassis import faults

log = structlog.get_logger(__name__)

Remember = Callable[[str], Awaitable[None]]
"""Writes the vendor's id of an accepted job down; returns when it is durable."""

_ASK_AGAIN = frozenset({FailureClass.TRANSIENT, FailureClass.THROTTLED, FailureClass.UNKNOWN_OUTCOME})
"""Failures of a question, which say nothing about the job that was asked about."""


@dataclass(frozen=True, slots=True)
class Polling:
    """How an accepted job is asked about: after ``first_s``, doubling to ``most_s``, given up after ``stop_s``."""

    first_s: float = 2.0
    most_s: float = 30.0
    stop_s: float = 600.0
    lost_questions: int = 8
    """Questions in a row that may fail."""
    bell: Bell | None = None
    """Ends a pause when the vendor says that the job has ended."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of a call that another process began and did not end."""

    vendor_job_id: str | None


async def drive(
    provider: Provider,
    request: ProviderRequest,
    workspace: Workspace,
    report: Report,
    *,
    remember: Remember,
    polling: Polling,
    earlier: Earlier | None = None,
) -> ProviderResult:
    """The result of this attempt, or :class:`ProviderFailure`. Work is handed to a vendor at most once."""
    with asking_for(request.attempt_id):
        if submits(type(provider)):
            return await _submitted(cast(Submits, provider), request, workspace, report, remember, polling, earlier)
        return await _performed(cast(Performs, provider), request, workspace, report, earlier)


@cache
def submits(kind: type[Provider]) -> bool:
    """Whether providers of a class take jobs and are asked again; else one call does the work.

    By class and remembered: checking an object against a protocol takes longer than a small job.
    """
    return hasattr(kind, "submit")


@cache
def watches(kind: type[Provider]) -> bool:
    """Whether a class of providers tells of a job's end to whoever listens."""
    return hasattr(kind, "watch")


async def _performed(
    provider: Performs, request: ProviderRequest, workspace: Workspace, report: Report, earlier: Earlier | None
) -> ProviderResult:
    if earlier is not None and not _takes_our_key(provider, request):
        raise ProviderFailure(FailureClass.UNKNOWN_OUTCOME, "the call was under way when its process ended")
    faults.point("provider.before_perform")
    result = await provider.perform(request, workspace, report)
    faults.point("provider.after_perform")
    return result


def _takes_our_key(provider: Provider, request: ProviderRequest) -> bool:
    return any(
        declaration.idempotency == "key"
        for declaration in provider.declarations
        if declaration.capability is request.capability
    )


async def _submitted(
    provider: Submits,
    request: ProviderRequest,
    workspace: Workspace,
    report: Report,
    remember: Remember,
    polling: Polling,
    earlier: Earlier | None,
) -> ProviderResult:
    vendor_job_id = earlier.vendor_job_id if earlier is not None else None
    wait = polling.first_s
    if vendor_job_id is None:
        accepted = await _accepted(provider, request, workspace, resumed=earlier is not None)
        vendor_job_id = accepted.vendor_job_id
        wait = min(wait, accepted.poll_after_s)
        await remember(vendor_job_id)
    try:
        return await _finished(provider, request, workspace, report, vendor_job_id, wait, polling)
    except ProviderFailure as failure:
        failure.vendor_job_id = vendor_job_id
        raise
    finally:
        if polling.bell is not None:
            polling.bell.forget(request.attempt_id)


async def _accepted(provider: Submits, request: ProviderRequest, workspace: Workspace, *, resumed: bool) -> Accepted:
    if not resumed:
        try:
            faults.point("provider.before_submit")
            accepted = await provider.submit(request, workspace)
            faults.point("provider.after_submit")
            return accepted
        except ProviderFailure as failure:
            if failure.failure is not FailureClass.UNKNOWN_OUTCOME:
                raise
            log.warning("provider.answer_lost", provider=provider.key, attempt_id=str(request.attempt_id))
    faults.point("provider.before_lookup")
    found = await provider.lookup(request)
    faults.point("provider.after_lookup")
    if found is None:
        raise ProviderFailure(FailureClass.TRANSIENT, f"{provider.key} has not got this job")
    return found


async def _finished(
    provider: Submits,
    request: ProviderRequest,
    workspace: Workspace,
    report: Report,
    vendor_job_id: str,
    wait: float,
    polling: Polling,
) -> ProviderResult:
    give_up_at = time.monotonic() + polling.stop_s
    lost = 0
    while True:
        seconds = min(wait, max(0.0, give_up_at - time.monotonic()))
        if polling.bell is not None and not watches(type(provider)):
            await polling.bell.wait(request.attempt_id, seconds)
        else:
            await _pause(provider, vendor_job_id, seconds)
        wait = min(max(wait, polling.first_s) * 2, polling.most_s)
        try:
            faults.point("provider.before_poll")
            answer = await provider.poll(vendor_job_id, request)
            faults.point("provider.after_poll")
            if not isinstance(answer, Running):
                faults.point("provider.before_fetch")
                result = await provider.fetch(vendor_job_id, answer, request, workspace)
                faults.point("provider.after_fetch")
                return result
        except ProviderFailure as failure:
            lost += 1
            if failure.failure not in _ASK_AGAIN or lost > polling.lost_questions:
                raise
            wait = failure.retry_after_s or wait
            log.info("provider.asked_in_vain", provider=provider.key, vendor_job_id=vendor_job_id, error=str(failure))
        else:
            lost = 0
            if answer.progress is not None:
                report(answer.progress)
            wait = answer.poll_after_s or wait
        if time.monotonic() >= give_up_at:
            await provider.cancel(vendor_job_id)
            raise ProviderFailure(FailureClass.STUCK, f"{provider.key} took longer than {polling.stop_s:g} s")


async def _pause(provider: Submits, vendor_job_id: str, seconds: float) -> None:
    """Wait before the next question; less where the vendor says that the job has ended."""
    if not watches(type(provider)):
        await asyncio.sleep(seconds)
        return
    until = time.monotonic() + seconds
    try:
        async with asyncio.timeout(seconds):
            await cast(Watches, provider).watch(vendor_job_id)
            return
    except TimeoutError:
        return
    except ProviderFailure as failure:
        # Listening is a convenience: if something is wrong with the job, the next question says so.
        log.info("provider.not_watched", provider=provider.key, vendor_job_id=vendor_job_id, error=str(failure))
    await asyncio.sleep(max(0.0, until - time.monotonic()))
