"""The auditor fails on planted bugs: a clean bill means something only if a dirty one is possible."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.auditor import Auditor, Violation, Witness
from tests.chaos.load import Load, Plan

from billing.ledger import rules
from chassis.bus.memory import InProcessBus
from chassis.messages import Outgoing
from notify.live import repository
from talkingphoto.platform.embedded import EmbeddedPlatform
from talkingphoto.platform.layout import Home

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]

Plant = Callable[[pytest.MonkeyPatch], None]


def _capture_that_forgets_what_was_held(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rules.capture

    def capture(account: rules.Account, held: rules.Hold, *rest: Any) -> rules.Change:
        change = honest(account, held, *rest)
        return replace(change, account=replace(change.account, held=account.held))

    monkeypatch.setattr(rules, "capture", capture)


def _bus_that_confirms_what_it_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = InProcessBus.publish

    async def publish(self: InProcessBus, messages: list[Outgoing], confirmed: Any) -> None:
        lost = [message for message in messages if message.routing_key == "workflow.step_completed.v1"][:1]
        confirmed([message.id for message in lost])
        await honest(self, [message for message in messages if message not in lost], confirmed)

    monkeypatch.setattr(InProcessBus, "publish", publish)


def _log_that_keeps_every_end_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = repository.append

    def append(updates: Any, tx: Any) -> None:
        honest(updates, tx)
        honest([replace(update, sequence=update.sequence + 1) for update in updates if update.state.final], tx)

    monkeypatch.setattr(repository, "append", append)


@pytest.mark.parametrize(
    ("plant", "invariant"),
    [
        (None, None),
        (_capture_that_forgets_what_was_held, "I3"),
        (_bus_that_confirms_what_it_dropped, "I4"),
        (_log_that_keeps_every_end_twice, "I2"),
    ],
)
async def test_planted_bugs_are_found_and_the_honest_platform_is_clean(
    plant: Plant | None, invariant: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if plant is not None:
        plant(monkeypatch)
    found = await _violations()
    assert {violation.invariant for violation in found} >= ({invariant} if invariant else set())
    if invariant is None:
        assert not found, "\n".join(map(str, found))


async def _violations() -> list[Violation]:
    folder = Path(tempfile.mkdtemp(prefix=f"talkingphoto-audit-{secrets.token_hex(2)}-"))
    platform = EmbeddedPlatform(Home(folder), media_processes=1)
    witness = Witness()
    try:
        await platform.start()
        await Load(platform.url, witness, 7, Plan(runs=2, cancelled=0, faceless=1)).run()
        auditor = Auditor({name: database.url for name, database in platform.databases.items()})
        # A planted bug may keep it from ever becoming quiet; what is wrong is wrong after this long as well.
        await auditor.settle(witness, timeout_s=20)
        return await auditor.audit(witness)
    finally:
        await platform.stop()
        shutil.rmtree(folder, ignore_errors=True)
