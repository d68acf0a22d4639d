"""What ends is started again: told, with growing waits, and never given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice, repeat

import pytest

from talkingphoto_runner import keeper
from talkingphoto_runner.keeper import DidNotStart, Keeper, Part


class Mortal:
    """A part that is told when to end, and how often its next starts fail."""

    def __init__(self) -> None:
        self.starts = 0
        self.failing = 0
        self._end: asyncio.Queue[str] = asyncio.Queue()

    @property
    def part(self) -> Part:
        return Part("export.worker", self._start, self._end.get, lambda: ["error no such table"])

    def die(self, how: str = "was killed (SIGKILL)") -> None:
        self._end.put_nowait(how)

    async def _start(self) -> None:
        self.starts += 1
        if self.failing:
            self.failing -= 1
            raise DidNotStart("export.worker ended with exit code 3")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_waits", lambda: repeat(0.0))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_what_ends_is_started_again_and_told(said: list[str]) -> None:
    mortal = Mortal()
    kept = Keeper(mortal.part, said.append)
    mortal.die()
    await until(lambda: len(said) == 2)
    assert said == [
        "export.worker was killed (SIGKILL); it is started again at once.",
        "export.worker is ready again.",
    ]
    await kept.let_go()
    mortal.die()
    await asyncio.sleep(0)
    assert mortal.starts == 1


@pytest.mark.usefixtures("without_waits")
async def test_what_cannot_live_is_told_loudly_once_and_tried_on(said: list[str]) -> None:
    mortal = Mortal()
    mortal.failing = 4
    kept = Keeper(mortal.part, said.append)
    mortal.die()
    await until(lambda: "export.worker is ready again." in said)
    await kept.let_go()
    assert mortal.starts == 5
    [loud] = [line for line in said if "CANNOT LIVE" in line]
    assert "ended 3 times in a row" in loud
    assert loud.endswith("Its last words:\n  error no such table")


@pytest.mark.usefixtures("without_waits")
async def test_after_a_life_of_some_length_an_end_is_a_first_one_again(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_LIVED_S", 0.0)
    mortal = Mortal()
    kept = Keeper(mortal.part, said.append)
    for n in range(1, 6):
        mortal.die()
        await until(lambda n=n: said.count("export.worker is ready again.") == n)  # type: ignore[misc]
    await kept.let_go()
    assert not [line for line in said if "CANNOT LIVE" in line]


def test_waits_grow_to_a_bound() -> None:
    waits: Iterator[float] = keeper._waits()
    assert list(islice(waits, 8)) == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
