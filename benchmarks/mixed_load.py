"""A thousand people at work in all four products at once, and, if wished, while servers and processes die.

Each looks at projects, workflows, jobs, the library, credits and the profile, uploads a photo now and then and orders
something of their product: a talking video, a part of a video, a draft of a film, a picture edited; with half a minute
between two things on average, as people have. Orders are bounded, because a laptop draws few films in a minute; people
and requests are not. Everything is on this machine, on a platform of its own that goes with the end.

What counts: reads answered within 500 ms (95 of 100), uploads above 99 %, runs above 95 %, requests right at least
99.9 %; with ``--faults`` (processes, PostgreSQL and the broker are killed in turn) those that were told to come back,
and did, are right.

    python -m benchmarks.mixed_load [--people 1000] [--seconds 60] [--orders 40] [--faults]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

LINES = ("talkingphoto", "reely", "filmstudio", "pixie")
PASSWORD = "monsoon-42-lamp"  # noqa: S105  # nobody's
MOST_ACCOUNTS, PEOPLE_AN_ACCOUNT = 25, 10
"""In each product. People share accounts: opening a thousand would take longer than all that is measured."""
THINKS_S = 30.0
REQUEST_S, PATIENCE_S, DRAIN_S = 30.0, 20.0, 420.0
READ_MS, GOALS = 500.0, {"uploads": 0.99, "runs": 0.95, "right": 0.999}
FAULT_EVERY_S = 8.0
READS = {
    "projects": "/api/v1/projects",
    "workflows": "/api/v1/workflows",
    "jobs": "/api/v1/ai/jobs",
    "library": "/api/v1/assets/library",
    "credits": "/api/v1/billing/credits",
    "profile": "/api/v1/users/me",
}
CHOICES = (
    ("projects", 22), ("workflows", 18), ("jobs", 10), ("library", 10), ("credits", 10), ("profile", 12),
    ("upload", 8), ("order", 10),
)  # fmt: skip
SHARES = {"talkingphoto": 0.25, "reely": 0.25, "filmstudio": 0.1, "pixie": 0.4}
"""Of the orders."""
ENDED = {"completed": True, "failed": False, "cancelled": False}


@dataclass
class Tally:
    """What became of everybody's requests."""

    people: int
    faults: bool = False
    seconds: float = 0.0
    spent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)
    """Requests that were not answered rightly, however often they were asked again."""
    again: int = 0
    """Requests that were asked again, as they were told to."""
    ordered: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    done_to: Counter[str] = field(default_factory=Counter)
    """Faults, by what they were done to."""

    def p95(self, *names: str) -> float:
        """Milliseconds within which 95 of 100 of these were answered."""
        spent = sorted(ms for name in names for ms in self.spent[name])
        return spent[min(len(spent) - 1, int(0.95 * len(spent)))] if spent else 0.0

    def told(self) -> dict[str, Any]:
        """As a line of the result."""
        asked = sum(len(each) for each in self.spent.values())
        uploads, ordered = len(self.spent["upload"]), sum(self.ordered.values())
        return {
            "people": self.people,
            "requests": asked,
            "per_second": round(asked / max(self.seconds, 0.001), 1),
            "p95_read_ms": round(self.p95(*READS)),
            "p95_upload_ms": round(self.p95("upload")),
            "p95_order_ms": round(self.p95("order")),
            "uploads": round(1 - self.wrong["upload"] / uploads, 4) if uploads else 0.0,
            "orders": dict(self.ordered),
            "runs": round(sum(self.done.values()) / ordered, 4) if ordered else 0.0,
            "right": round(1 - sum(self.wrong.values()) / asked, 5) if asked else 0.0,
            "asked_again": self.again,
            "faults": dict(self.done_to),
        }


def met(told: dict[str, Any], *, faults: bool) -> bool:
    """Whether the goals were reached, all of them with something done, in every product."""
    good = told["right"] >= GOALS["right"] and told["runs"] > GOALS["runs"] and set(told["orders"]) == set(LINES)
    # While servers die, what is slow is not what is looked at.
    quick = told["p95_read_ms"] < READ_MS and told["uploads"] > GOALS["uploads"]
    return good and (bool(told["faults"]) if faults else quick and told["requests"] > 0)


@dataclass
class Account:
    """Somebody's session in one product, with what they may order of."""

    line: str
    headers: dict[str, str]
    photo: str = ""
    video: str = ""


class Load:
    """People of one platform."""

    def __init__(self, http: aiohttp.ClientSession, url: str, tally: Tally, *, orders: int, seed: int = 1) -> None:
        self._http, self._url, self._tally = http, url, tally
        self._chance = random.Random(seed)  # who does what when
        self._left = {line: max(1, round(orders * share)) for line, share in SHARES.items()}
        self._runs: dict[str, tuple[str, Account, str]] = {}
        """By id: where it is asked about, by whom, of which product."""
        self._photo, self._film = b"", b""

    async def prepare(self) -> list[Account]:
        """Accounts of all products, each with a photo, Reely's with a video."""
        from tests.chaos.load import small_portrait
        from tests.chaos.products import spoken_film

        self._photo, self._film = small_portrait(), await asyncio.to_thread(spoken_film)
        places = asyncio.Semaphore(4)

        async def one(line: str, number: int) -> Account:
            async with places:
                return await self._join(line, number)

        each = min(MOST_ACCOUNTS, max(1, self._tally.people // len(LINES) // PEOPLE_AN_ACCOUNT))
        return await asyncio.gather(*(one(line, n) for n in range(each) for line in LINES))

    async def work(self, accounts: list[Account], seconds: float) -> None:
        """Let everybody work for a while."""
        began = time.monotonic()
        everybody = itertools.islice(itertools.cycle(accounts), self._tally.people)
        await asyncio.gather(*(self._person(account, began + seconds) for account in everybody))
        self._tally.seconds = time.monotonic() - began

    async def drain(self) -> None:
        """Wait for what was ordered, for a while, and see how it ended."""
        left, until = dict(self._runs), time.monotonic() + DRAIN_S
        while left and time.monotonic() < until:
            for id, (path, account, line) in list(left.items()):
                status, body = await self._ask("GET", path, account)
                ended = ENDED.get(body.get("status", "")) if status == 200 else None
                if ended is not None:
                    self._tally.done[line] += ended
                    del left[id]
            await asyncio.sleep(1)

    async def _person(self, account: Account, until: float) -> None:
        await asyncio.sleep(self._chance.uniform(0, THINKS_S))
        names, weights = zip(*CHOICES, strict=True)
        while time.monotonic() < until:
            name = self._chance.choices(names, weights)[0]
            if name == "order" and not self._left[account.line]:
                name = "projects"
            elif name == "order":
                self._left[account.line] -= 1
            began = time.monotonic()
            right = await self._act(name, account)
            self._tally.spent[name].append((time.monotonic() - began) * 1000)
            self._tally.wrong[name] += not right
            await asyncio.sleep(self._chance.expovariate(1 / THINKS_S))

    async def _act(self, name: str, account: Account) -> bool:
        if name == "upload":
            return await self._upload(account, self._photo, "me.jpg", "image/jpeg") is not None
        if name == "order":
            return await self._order(account)
        return (await self._ask("GET", READS[name], account))[0] == 200

    async def _order(self, account: Account) -> bool:
        key = {"Idempotency-Key": f"{self._chance.getrandbits(64):x}"}
        path, body, job = await _WANTED[account.line](self, account, key)
        status, answer = await self._ask("POST", path, account, json=body, headers=key)
        if status not in (200, 202):
            sys.stderr.write(f"{account.line}: {status} {json.dumps(answer)[:300]}\n")
            return False
        id = str(answer.get("job_id") or answer["id"])
        asked = f"/api/v1/ai/jobs/{id}" if job else f"/api/v1/workflows/{id}/status"
        self._runs[id] = (asked, account, account.line)
        self._tally.ordered[account.line] += 1
        return True

    async def talking(self, account: Account, _: dict[str, str]) -> tuple[str, dict[str, Any], bool]:
        """A second or two of talking."""
        body = {
            "workflow_type": "avatar_presentation",
            "input_file_id": account.photo,
            "script": f"Hello {self._chance.choice('abcdefgh')}.",
            "target_duration": 2,
            "target_platforms": ["tiktok"],
        }
        return "/api/v1/workflows", body, False

    async def trimmed(self, account: Account, _: dict[str, str]) -> tuple[str, dict[str, Any], bool]:
        """Two seconds of a video."""
        start = round(self._chance.uniform(0, 4), 1)
        return "/api/v1/trim", {"file_id": account.video, "start": start, "end": start + 2}, False

    async def filmed(self, account: Account, key: dict[str, str]) -> tuple[str, dict[str, Any], bool]:
        """A draft of a short film."""
        from tests.chaos.products import _SCRIPT

        film = {
            "title": "The river", "script": _SCRIPT, "images": [account.photo], "voice": "female", "duration": 1,
            "music": "calm piano",
        }  # fmt: skip
        again = {name: f"{value}-plan" for name, value in key.items()}
        _, project = await self._ask("POST", "/api/projects/create", account, json=film, headers=again)
        return "/api/ai/video-generate", {"project_id": project.get("id"), "definition": "draft"}, False

    async def edited(self, account: Account, _: dict[str, str]) -> tuple[str, dict[str, Any], bool]:
        """A picture, cropped somewhere."""
        left = round(self._chance.uniform(0, 0.4), 3)
        recipe = [{"op": "crop", "left": left, "width": 0.5}, {"op": "adjust", "exposure": 0.2}]
        return "/api/v1/ai/image/edit", {"file_id": account.photo, "recipe": recipe}, True

    async def _join(self, line: str, number: int) -> Account:
        account = Account(line, {"X-Product-Line": line})
        email = f"{line}-{number}-{self._chance.getrandbits(40):x}@example.com"
        consents = [{"kind": "terms"}, {"kind": "privacy"}]
        body = {"email": email, "password": PASSWORD, "name": "Asha", "consents": consents}
        status, answer = await self._ask("POST", "/api/v1/auth/register", account, json=body)
        assert status == 201, answer
        body = {"email": email, "password": PASSWORD}
        status, answer = await self._ask("POST", "/api/v1/auth/login", account, json=body)
        assert status == 200, answer
        account.headers["Authorization"] = f"Bearer {answer['access_token']}"
        account.photo = await self._upload(account, self._photo, "me.jpg", "image/jpeg") or ""
        if line == "reely":
            account.video = await self._upload(account, self._film, "talk.mp4", "video/mp4") or ""
        return account

    async def _upload(self, account: Account, content: bytes, name: str, kind: str) -> str | None:
        def form() -> aiohttp.FormData:
            data = aiohttp.FormData()
            data.add_field("file", content, filename=name, content_type=kind)
            return data

        status, answer = await self._ask("POST", "/api/v1/files", account, form=form)
        return str(answer["id"]) if status == 201 else None

    async def _ask(
        self,
        method: str,
        path: str,
        account: Account,
        *,
        json: Any = None,
        headers: dict[str, str] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """The answer; where servers die, whoever is told to come back does, for a while. 0 is none at all."""
        until, sent = time.monotonic() + PATIENCE_S, account.headers | (headers or {})
        while True:
            status, body, wait_s = 0, {}, 0.2
            try:
                async with (
                    asyncio.timeout(REQUEST_S),
                    self._http.request(
                        method, self._url + path, json=json, data=form() if form else None, headers=sent
                    ) as answer,
                ):
                    status, wait_s = answer.status, min(2.0, float(answer.headers.get("Retry-After", 0.2)))
                    text = await answer.read()
                    body = _object(text)
            except (TimeoutError, aiohttp.ClientError):
                status = 0
            if not self._tally.faults or status not in (0, 502, 503, 504) or time.monotonic() > until:
                return status, body
            self._tally.again += 1
            await asyncio.sleep(wait_s)


_WANTED: dict[str, Callable[[Load, Account, dict[str, str]], Awaitable[tuple[str, dict[str, Any], bool]]]] = {
    "talkingphoto": Load.talking,
    "reely": Load.trimmed,
    "filmstudio": Load.filmed,
    "pixie": Load.edited,
}


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def serve(folder: Path, *, faults: bool) -> None:
    """The platform in ``folder`` until standard input ends. Prints its address, and each fault from a first line on."""
    from chassis.run.private_rabbitmq import start_breakable
    from talkingphoto_runner.distributed import DistributedPlatform
    from talkingphoto_runner.embedded import EmbeddedPlatform
    from talkingphoto_runner.layout import Home

    changed: dict[str, dict[str, Any]] = {
        "gateway": {"rate_limit_factor": 1_000.0},
        "users": {"bcrypt_cost": 10},
        "billing": {"opening_plan": "enterprise"},
    }
    async with AsyncExitStack() as stack:
        broker: Any = None
        platform: Any
        if faults:
            broker = await start_breakable(folder / "broker")
            stack.push_async_callback(broker.stop)
            platform = DistributedPlatform(Home(folder / "home"), broker=broker, environment=changed)
        else:
            platform = EmbeddedPlatform(Home(folder / "home"), overrides=changed)
        stack.push_async_callback(platform.stop)
        await platform.start()
        _say({"url": platform.url})
        loop = asyncio.get_running_loop()
        if faults:
            # From one line to the next; afterwards all that was ordered is done in peace.
            await loop.run_in_executor(None, sys.stdin.readline)
            enough = asyncio.Event()
            breaking = asyncio.create_task(_break(platform, broker, enough))
            await loop.run_in_executor(None, sys.stdin.readline)
            enough.set()
            await breaking
        await loop.run_in_executor(None, sys.stdin.read)


async def _break(platform: Any, broker: Any, enough: asyncio.Event) -> None:
    """F02, F04 and F12 in turn: a process, the database, a process, the broker, until it is enough."""
    chance = random.Random(2)  # the same in every run
    for turn in itertools.cycle(("process", "database", "process", "broker")):
        with suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), FAULT_EVERY_S)
        if enough.is_set():
            return
        if turn == "process":
            platform.processes[chance.choice(sorted(platform.processes))].kill()
        elif turn == "database":
            platform.postgres.kill()
        else:
            await broker.kill()
            await broker.start()
        _say({"fault": turn})


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


@dataclass
class Served:
    """A platform in a process of its own."""

    url: str
    process: asyncio.subprocess.Process

    async def next(self) -> None:
        """Tell it to begin with faults, or to end with them."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        await self.process.stdin.drain()


@asynccontextmanager
async def alone(tally: Tally) -> AsyncIterator[Served]:
    """The platform, and what it does to itself, counted."""
    folder = Path(tempfile.mkdtemp(prefix="mixed-load-"))
    arguments = ["-m", "benchmarks.mixed_load", "--serve", str(folder), *(["--faults"] if tally.faults else [])]
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            cwd=Path(__file__).parents[1],
        )
    assert process.stdin is not None and process.stdout is not None
    out = process.stdout

    async def listen() -> None:
        async for line in out:
            if line.startswith(b'{"fault"'):
                tally.done_to[json.loads(line)["fault"]] += 1

    try:
        while not (line := await out.readline()).startswith(b'{"url"'):
            if not line:
                raise RuntimeError("the platform did not start: " + (folder / "log").read_text()[-2000:])
        listening = asyncio.create_task(listen())
        yield Served(json.loads(line)["url"], process)
        listening.cancel()
    finally:
        process.stdin.close()
        await process.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def run(people: int, seconds: float, orders: int, *, faults: bool) -> dict[str, Any]:
    """The figures."""
    tally = Tally(people, faults=faults)
    connector = aiohttp.TCPConnector(limit=0)
    async with alone(tally) as served, aiohttp.ClientSession(connector=connector, trust_env=False) as http:
        load = Load(http, served.url, tally, orders=orders)
        accounts = await load.prepare()
        sys.stderr.write(f"{len(accounts)} accounts are there; {people} people work for {seconds:g} s\n")
        if faults:
            await served.next()
        await load.work(accounts, seconds)
        if faults:
            await served.next()
        sys.stderr.write("what was ordered is waited for\n")
        await load.drain()
    return tally.told()


def main() -> int:
    """Run it; 1 where a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--orders", type=int, default=40, help="at most so many, of all products together")
    parser.add_argument("--faults", action="store_true", help="kill processes, PostgreSQL and the broker meanwhile")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve is not None:
        os.environ.setdefault("MEDIA_PROCESSES", "1")
        asyncio.run(serve(chosen.serve, faults=chosen.faults))
        return 0
    told = asyncio.run(run(chosen.people, chosen.seconds, chosen.orders, faults=chosen.faults))
    sys.stdout.write(json.dumps(told) + "\n")
    good = met(told, faults=chosen.faults)
    sys.stdout.write("Every goal was reached.\n" if good else "A goal was missed.\n")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
