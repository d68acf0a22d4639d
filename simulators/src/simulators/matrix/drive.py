"""The least a caller does: submit once, look a lost answer up, poll with patience, fetch, ask for a new link."""

from __future__ import annotations

from ai_router.providers.errors import failure
from ai_router.providers.port import (
    Accepted,
    FailureClass,
    Performs,
    Provider,
    ProviderFailure,
    ProviderRequest,
    ProviderResult,
    Ready,
    Submits,
    Workspace,
)

PATIENCE = 8
"""Polls before a job counts as stuck."""
_ASK_AGAIN = frozenset({FailureClass.TRANSIENT, FailureClass.THROTTLED})


async def drive(provider: Provider, request: ProviderRequest, workspace: Workspace) -> ProviderResult:
    """Carry one attempt to its end. Raises the :class:`ProviderFailure` that ended it."""
    if isinstance(provider, Performs):
        return await provider.perform(request, workspace, lambda share: None)
    if not isinstance(provider, Submits):
        raise TypeError(f"{provider.key} neither performs nor submits")
    return await _finish(provider, await _accepted(provider, request, workspace), request, workspace)


async def _accepted(provider: Submits, request: ProviderRequest, workspace: Workspace) -> Accepted:
    try:
        return await provider.submit(request, workspace)
    except ProviderFailure as lost:
        if lost.failure is not FailureClass.UNKNOWN_OUTCOME:
            raise
    found = await provider.lookup(request)
    if found is None:
        raise failure(FailureClass.TRANSIENT, "the vendor has certainly not got it")
    return found


async def _finish(
    provider: Submits, accepted: Accepted, request: ProviderRequest, workspace: Workspace
) -> ProviderResult:
    for _ in range(3):
        ready = await _ready(provider, accepted, request)
        try:
            return await provider.fetch(accepted.vendor_job_id, ready, request, workspace)
        except ProviderFailure as lost:
            if lost.failure not in _ASK_AGAIN:
                raise
    raise failure(FailureClass.STUCK, "the result could not be fetched")


async def _ready(provider: Submits, accepted: Accepted, request: ProviderRequest) -> Ready:
    for _ in range(PATIENCE):
        try:
            state = await provider.poll(accepted.vendor_job_id, request)
        except ProviderFailure as lost:
            if lost.failure not in _ASK_AGAIN:
                raise
            continue
        if isinstance(state, Ready):
            return state
    raise failure(FailureClass.STUCK, "not finished in time", vendor_job_id=accepted.vendor_job_id)
