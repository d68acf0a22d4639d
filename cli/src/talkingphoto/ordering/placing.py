"""Sending an order so that whoever breaks in on it is told the truth about it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from talkingphoto.command import STOPPED, Stop

Answer = TypeVar("Answer")


async def placed(order: Coroutine[Any, Any, Answer]) -> Answer:
    """What ``order`` is answered. Once it is on its way it is placed: a cancellation meanwhile is felt only at the next
    await, by who knows the answer.

    Raises :class:`Stop` for whoever does not wait for the answer either, and what ``order`` raises.
    """
    sending = asyncio.ensure_future(order)
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:
        pass
    try:
        answer = await sending
    except asyncio.CancelledError:
        sending.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await sending
        raise Stop(
            "The order was on its way; whether it has arrived is not known. See with `talkingphoto status`.",
            STOPPED,
            code="unknown",
        ) from None
    asyncio.current_task().cancel()  # type: ignore[union-attr]
    return answer


def nothing_ordered() -> Stop:
    """How a command ends that was interrupted before its order."""
    return Stop("Nothing was ordered.", STOPPED, code="stopped")
