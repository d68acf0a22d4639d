"""Periodic parts: they go on after whatever a round did, and end when they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from structlog.testing import capture_logs

from chassis.consumer import wait_until
from chassis.periodic import Periodic
from chassis.storage.port import StoreUnavailable


class Chore(Periodic):
    """Fails as the test says, round by round; then counts."""

    def __init__(self, every_s: float, *failures: BaseException, rests_first: bool = False) -> None:
        super().__init__("chore", every_s, rests_first=rests_first)
        self.rounds = 0
        self._failures: Iterator[BaseException] = iter(failures)

    async def round(self) -> None:
        self.rounds += 1
        if (failure := next(self._failures, None)) is not None:
            raise failure


@pytest.mark.parametrize(
    ("failure", "event", "level"),
    [
        (ConnectionRefusedError(), "periodic.waits", "warning"),
        (asyncpg.CannotConnectNowError(), "periodic.waits", "warning"),
        (TimeoutError(), "periodic.waits", "warning"),
        (StoreUnavailable("away"), "periodic.waits", "warning"),
        (asyncpg.UndefinedTableError(), "periodic.failed", "error"),
        (KeyError("ours"), "periodic.failed", "error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
async def test_a_bad_round_is_told_and_the_next_one_comes(failure: Exception, event: str, level: str) -> None:
    chore = Chore(0.01, failure)
    with capture_logs() as logs:
        await chore.start()
        await wait_until(lambda: chore.rounds >= 3, timeout_s=5)
        await chore.stop()
    [told] = logs
    assert (told["event"], told["log_level"], told["part"]) == (event, level, "chore")


async def test_it_begins_at_once_or_after_a_rest() -> None:
    eager, rested = Chore(3600), Chore(3600, rests_first=True)
    for chore in (eager, rested):
        await chore.start()
    await wait_until(lambda: eager.rounds == 1, timeout_s=5)
    assert rested.rounds == 0
    for chore in (eager, rested):
        await chore.stop()


async def test_stopping_interrupts_a_round_and_is_for_good() -> None:
    class Endless(Chore):
        async def round(self) -> None:
            await super().round()
            await asyncio.Event().wait()

    chore = Endless(0.01)
    await chore.stop()
    await chore.start()
    await wait_until(lambda: chore.rounds == 1, timeout_s=5)
    async with asyncio.timeout(1):
        await chore.stop()
    await chore.stop()
    assert chore.rounds == 1
