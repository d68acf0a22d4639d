"""A rollout on one machine: processes are restarted one after another, and may be of the release before."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests import compose_file
from tests.chaos.auditor import Answer, Witness
from tests.chaos.load import Load, Plan

from chassis.testing.proxy import Proxy
from talkingphoto_runner.distributed import DistributedPlatform

REPOSITORY = compose_file.REPOSITORY
MIGRATIONS = "services/*/migrations/versions/*"


def order_of_a_rollout(platform: DistributedPlatform) -> list[str]:
    """Every process: workers and APIs of a service together, the gateway last."""
    return sorted(platform.processes, key=lambda name: (name.startswith("gateway"), name))


@asynccontextmanager
async def balanced(platform: DistributedPlatform) -> AsyncIterator[Proxy]:
    """An address before the gateway that stays while what is behind it is replaced, as a cluster's service does."""
    at = urlsplit(platform.url)
    assert at.hostname is not None
    assert at.port is not None
    proxy = Proxy(at.hostname, at.port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()


async def restart(platform: DistributedPlatform, proxy: Proxy, name: str) -> None:
    """Stop a process in order and start it again; of the gateway a second one takes what is new before that."""
    if name != "gateway.api":
        await platform.stop_process(name)
        await platform.start_process(name)
        return
    first = proxy.upstream
    async with platform.beside(name) as url:
        at = urlsplit(url)
        assert at.hostname is not None
        assert at.port is not None
        proxy.upstream = (at.hostname, at.port)
        assert await platform.stop_process(name) == 0
        await platform.start_process(name)
        proxy.upstream = first


async def orders_until(done: asyncio.Event, url: str, witness: Witness, plan: Plan, *, seed: int) -> None:
    """One user after another orders and looks at what becomes of it, until ``done``; at least one.

    The next one comes when the last one's orders have ended: however long a rollout takes, no more is under way than
    the machine makes meanwhile.
    """
    while True:
        load = Load(url, witness, seed, plan, patience_s=120)
        await load.run()
        await load.watch()
        if done.is_set():
            return
        seed += 1


def not_told_to_retry(witness: Witness) -> list[Answer | str]:
    """What no client should have seen: no answer, or a failure that does not say when to try again."""
    failed = [answer for answer in witness.answers if answer.status >= 500 and answer.retry_after is None]
    return [*failed, *witness.broken]


@contextmanager
def release_before(folder: Path) -> Iterator[str]:
    """The code as it was before the newest migration, as a ``PYTHONPATH``. Needs the history: no shallow clone."""
    newest = _git("log", "-1", "--format=%H", "--diff-filter=A", "--", MIGRATIONS)
    tree = folder / "before"
    _git("worktree", "add", "--detach", "--quiet", str(tree), f"{newest}~1")
    try:
        yield ":".join(str(path) for path in sorted(tree.glob("*/src")) + sorted(tree.glob("*/*/src")))
    finally:
        _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", "-C", REPOSITORY, *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()
