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
from chassis.bus.messages import Outgoing
from notify.live import repository
from talkingphoto_runner.embedded import EmbeddedPlatform
from talkingphoto_runner.layout import Home

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


async def test_the_honest_platform_is_clean() -> None:
    found = await _violations()
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize(
    ("plant", "invariant", "words", "patience_s"),
    [
        # It never becomes quiet, because what is held cannot be given back; the account is wrong at once.
        (_capture_that_forgets_what_was_held, "I3", "open holds", 20),
        (_bus_that_confirms_what_it_dropped, "I4", "arrived", 60),
        (_log_that_keeps_every_end_twice, "I2", "ends in the client event log", 60),
    ],
)
async def test_a_planted_bug_is_found(
    plant: Plant, invariant: str, words: str, patience_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what it does, and not by something else that is wrong with it."""
    plant(monkeypatch)
    found = await _violations(patience_s)
    assert [v for v in found if v.invariant == invariant and words in v.text], "\n".join(map(str, found))


async def _violations(patience_s: float = 60) -> list[Violation]:
    """What the auditor finds once the platform is quiet, or nothing has moved for so long."""
    folder = Path(tempfile.mkdtemp(prefix=f"talkingphoto-audit-{secrets.token_hex(2)}-"))
    platform = EmbeddedPlatform(Home(folder), media_processes=1)
    witness = Witness()
    try:
        await platform.start()
        await Load(platform.url, witness, 7, Plan(runs=2, cancelled=0, faceless=1)).run()
        auditor = Auditor({name: database.url for name, database in platform.databases.items()})
        await auditor.settle(witness, patience_s=patience_s)
        return await auditor.audit(witness)
    finally:
        await platform.stop()
        shutil.rmtree(folder, ignore_errors=True)
