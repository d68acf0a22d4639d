"""Periodic parts: they go on after whatever a round did, and end when they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from structlog.testing import capture_logs

from chassis.messaging.consumer import wait_until
from chassis.storage.port import StoreUnavailable
from chassis.work.periodic import Periodic, keep_doing


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


async def test_it_begins_at_once_or_after_a_rest_also_when_it_is_started_again() -> None:
    rested, eager = Chore(3600, rests_first=True), Chore(3600)
    for rounds in (1, 2):
        # The first to start is the first to run: had it not rested, it would have done its round by then.
        await rested.start()
        await eager.start()
        try:
            await wait_until(lambda: eager.rounds == rounds, timeout_s=5)  # noqa: B023
            assert rested.rounds == 0
        finally:
            await rested.stop()
            await eager.stop()


async def test_a_turn_that_fails_is_followed_by_a_rest_and_a_good_one_is_not() -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        turns += 1
        await asyncio.sleep(0)
        if turns == 3:
            raise KeyError("ours")

    with capture_logs() as logs:
        task = keep_doing("turns", turn, rest_s=3600)
        try:
            await wait_until(lambda: bool(logs), timeout_s=5)
            for _ in range(10):
                await asyncio.sleep(0)
        finally:
            task.cancel()
            await asyncio.wait({task})
    assert (turns, task.cancelled()) == (3, True)
    assert [(line["event"], line["part"]) for line in logs] == [("periodic.failed", "turns")]


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
