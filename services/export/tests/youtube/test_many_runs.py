"""Hundreds of uploads under seeded bad luck, crashes included: never two videos of one upload, and all of every one."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar
from uuid import UUID

import httpx
import pytest

from chassis import faults
from export.youtube.calls import SCOPE, UNIT, Addresses, Client, challenge_of
from export.youtube.client import YouTube as Adapter
from export.youtube.errors import FailureClass, YouTubeFailure
from export.youtube.metadata import resource, tag_of
from export.youtube.transfer import Place, Task, Transfer
from simulators.core.faults import Fault
from simulators.core.loopback import InProcess
from simulators.vendors.youtube.server import YouTube

T = TypeVar("T")

SEED = 20_261_121
ROUNDS = 12
_ADDRESS = "http://youtube.simulated"
_FINAL = frozenset({FailureClass.INPUT, FailureClass.DISCONNECTED, FailureClass.CONFIGURATION})
_ODDS = {
    **dict.fromkeys(Fault, 0.02),
    Fault.DROP_AFTER: 0.1,
    Fault.HANG_AFTER: 0.05,
    Fault.OVERLOADED: 0.05,
    Fault.TRUNCATED: 0.1,
    Fault.JOB_LOST: 0.06,
    Fault.BAD_INPUT: 0.003,
    Fault.AUTH: 0.03,
}


class Crash(Exception):
    """The process ended here."""


@dataclass
class Luck:
    """Ends the process now and then."""

    random: Random
    odds: float
    crashes: int = 0

    def point(self, *_: str) -> None:
        """A place where a process may end."""
        if self.random.random() < self.odds:
            self.crashes += 1
            raise Crash


@dataclass
class Memory:
    """A journal like the one in the database: what it has saved outlives a crash, before or after which it comes."""

    luck: Luck
    place: Place = field(default_factory=Place)
    arrived: int = 0

    async def began(self, session: str, number: int) -> Place:
        """Save a session, if no other has taken its place."""
        self.luck.point()
        if self.place.number == number and self.place.session is None:
            self.place = Place(session, number + 1)
        self.luck.point()
        return self.place

    async def sent(self, size: int) -> None:
        """Note progress."""
        self.arrived = size
        self.luck.point()

    async def ending(self, number: int) -> None:
        """Note that the last byte goes out."""
        self.luck.point()
        if self.place.number != number or self.place.session is None:
            raise YouTubeFailure(FailureClass.TRANSIENT, "overtaken")
        self.place = replace(self.place, ending=True)
        self.luck.point()

    async def forget(self, number: int) -> Place:
        """Drop a session that left nothing behind."""
        if self.place.number == number and not self.place.ending:
            self.place = replace(self.place, session=None)
        self.luck.point()
        return self.place


@dataclass
class Keys:
    """The tokens of a grant."""

    adapter: Adapter
    refresh_token: str
    access_token: str

    async def call(self, use: Callable[[str], Awaitable[T]]) -> T:
        """With one renewal."""
        try:
            return await use(self.access_token)
        except YouTubeFailure as failed:
            if failed.failure is not FailureClass.EXPIRED:
                raise
        self.access_token = (await self.adapter.refresh(self.refresh_token)).access_token
        return await use(self.access_token)


@dataclass
class Bench:
    """A simulator, an adapter that is connected to it, and what both are subject to."""

    vendor: YouTube
    keys: Keys
    luck: Luck

    def upload(self, number: int, random: Random) -> tuple[Task, Memory, Transfer]:
        """An upload of a few pieces."""
        data = random.randbytes(random.choice([1, UNIT, 2 * UNIT, random.randrange(1, 4 * UNIT)]))
        upload_id = UUID(int=number + 1)
        about = resource(upload_id, title="t", script="", workflow_type=None, language="en", privacy="private")

        async def read(start: int, end: int) -> AsyncIterator[bytes]:
            yield data[start:end]

        memory = Memory(self.luck)
        transfer = Transfer(self.keys.adapter, self.keys, memory, read, piece=UNIT)
        self.sha256 = hashlib.sha256(data).hexdigest()
        return Task(tag_of(upload_id), about, len(data), "video/mp4"), memory, transfer


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """Connected; the process may end at every crash point of the adapter."""
    vendor, luck = YouTube(), Luck(Random(SEED), 0.0)
    monkeypatch.setattr(faults, "point", luck.point)
    async with httpx.AsyncClient(transport=InProcess({"youtube.simulated": vendor.app})) as http:
        client = Client("simulated-client", "simulated-key", "http://127.0.0.1/callback")
        adapter = Adapter(http, client, Addresses(_ADDRESS, _ADDRESS, _ADDRESS, _ADDRESS))
        page = await http.get(adapter.authorization_url(state="s", verifier="v" * 43))
        issued = await adapter.exchange(page.next_request.url.params["code"], "v" * 43)  # type: ignore[union-attr]
        assert issued.refresh_token is not None
        assert challenge_of("v" * 43) in str(page.request.url)
        assert SCOPE in issued.scopes
        yield Bench(vendor, Keys(adapter, issued.refresh_token, issued.access_token), luck)


async def _outcome(transfer: Transfer, task: Task, memory: Memory) -> str:
    try:
        return await transfer.run(task, memory.place)
    except Crash:
        return "crash"
    except YouTubeFailure as failed:
        return failed.failure


async def _played(bench: Bench, number: int, outcomes: Counter[str], *, runs_at_once: int = 1) -> str:
    """One upload: rounds under bad luck, then rounds under none, as the worker does them; how it ended."""
    random = Random(SEED + number)
    task, memory, transfer = bench.upload(number, random)
    for round_ in range(2 * ROUNDS):
        if round_ == 0:
            bench.vendor.plan.chance(_ODDS, seed=SEED + number)
            bench.luck.odds = 0.03
        if round_ == ROUNDS:
            bench.vendor.plan.clear()
            bench.luck.odds = 0.0
        ended = await asyncio.gather(*(_outcome(transfer, task, memory) for _ in range(runs_at_once)))
        outcomes.update(each if each in set(FailureClass) | {"crash"} else "video" for each in ended)
        inserted = bench.vendor.inserted(task.tag)
        assert len(inserted) <= 1, f"upload {number} of seed {SEED} made {len(inserted)} videos"
        for outcome in ended:
            if outcome.startswith("vid"):
                assert [entry.job_id for entry in inserted] == [outcome]
                assert inserted[0].body["sha256"] == bench.sha256
                return "video"
            if outcome in _FINAL:
                return outcome
    # Nothing was in the way any more: if there were a video, it would have been found.
    assert bench.vendor.inserted(task.tag) == []
    return ended[0]


async def test_no_upload_becomes_two_videos(bench: Bench) -> None:
    """Whatever is answered, lost or forgotten, and wherever the process ends."""
    outcomes: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    for number in range(300):
        ends[await _played(bench, number, outcomes)] += 1
    # What did not end well ended for a reason, and luck was bad enough to mean something.
    assert ends.keys() <= {"video", *_FINAL, FailureClass.UNKNOWN_OUTCOME}
    assert ends["video"] > 200
    assert ends[FailureClass.UNKNOWN_OUTCOME] < 50
    assert outcomes.keys() >= {
        "video", "crash", "transient", "throttled", "limit", "expired", "input", "unknown_outcome"
    }  # fmt: skip
    assert bench.luck.crashes > 100


async def test_two_runs_of_one_upload_make_one_video(bench: Bench) -> None:
    """A worker that has lost its lease without noticing goes on beside the one that took over."""
    outcomes: Counter[str] = Counter()
    ends = Counter([await _played(bench, 10_000 + number, outcomes, runs_at_once=2) for number in range(100)])
    assert ends["video"] > 60


async def test_without_bad_luck_nothing_is_sent_twice(bench: Bench) -> None:
    """One session, every piece once."""
    for number in range(20):
        task, memory, transfer = bench.upload(20_000 + number, Random(number))
        assert (await transfer.run(task, memory.place)).startswith("vid")
        assert memory.place.number == 1
