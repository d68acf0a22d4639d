"""The auditor fails on planted bugs: a clean bill means something only if a dirty one is possible."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.auditor import Auditor, Violation, Witness
from tests.chaos.load import Load, Plan

from ai_router.jobs import repository as jobs
from ai_router.jobs.models import WORK, Call
from ai_router.jobs.running.workspace import AttemptWorkspace
from billing.ledger import rules
from billing.ledger.models import Account, Change, Hold
from chassis.bus.memory import InProcessBus
from chassis.bus.messages import Outgoing
from chassis.data.bookkeeping import Bookkeeping
from chassis.data.leased_work import NewWork
from chassis.data.transaction import Transaction
from chassis.testing.folders import quick_folder
from contracts.objects import StoredObject
from notify.live import repository
from talkingphoto_runner.embedded import EmbeddedPlatform
from talkingphoto_runner.layout import Home

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]

Plant = Callable[[pytest.MonkeyPatch], None]


def _capture_that_leaves_its_hold_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row adds up, so that no constraint refuses it; account and holds together do not."""
    honest = rules.capture

    def capture(account: Account, held: Hold, *rest: Any) -> Change:
        return replace(honest(account, held, *rest), hold=held)

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


def _transaction_that_is_none(service: str, lost: Callable[[Transaction], bool]) -> Plant:
    """One that everybody takes for committed, and whose effects are not there."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        honest = Transaction._commit
        victims: list[Transaction] = []

        async def commit(self: Transaction) -> None:
            if victims or self._service != service or not lost(self):
                await honest(self)
                return
            victims.append(self)
            if self._begun:
                await self._roll_back()

        monkeypatch.setattr(Transaction, "_commit", commit)

    return plant


def _took_something_in(tx: Transaction) -> bool:
    return bool(tx._books.seen)


def _finished_something(tx: Transaction) -> bool:
    return bool(tx._books.finished and tx._books.outgoing)


def _job_that_nobody_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Bookkeeping.add_work
    forgotten: list[NewWork] = []

    def add_work(self: Bookkeeping, work: NewWork, given: str | None) -> None:
        if work.kind == WORK and not forgotten:
            forgotten.append(work)
        else:
            honest(self, work, given)

    monkeypatch.setattr(Bookkeeping, "add_work", add_work)


def _paid_calls_that_nobody_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = jobs._call_arguments

    def arguments(calls: Sequence[Call]) -> list[list[Any]]:
        return honest([call._replace(paid=True, state="accepted") for call in calls])

    monkeypatch.setattr(jobs, "_call_arguments", arguments)


def _results_that_are_stored_under_a_second_key(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = AttemptWorkspace.keep

    async def keep(self: AttemptWorkspace, path: Path, mime_type: str, *, role: str) -> StoredObject:
        await self._store.put_file(path, f"documents/{self._user_id}/{self._attempt_id.hex}-{role}.copy", mime_type)
        return await honest(self, path, mime_type, role=role)

    monkeypatch.setattr(AttemptWorkspace, "keep", keep)


async def test_the_honest_platform_is_clean() -> None:
    found = await _violations()
    assert not found, "\n".join(map(str, found))


PLANTED: dict[str, tuple[Plant, str, str, float]] = {
    # It never becomes quiet, because a hold stays open; the account is wrong at once.
    "open-hold": (_capture_that_leaves_its_hold_open, "I3", "open holds", 20),
    "dropped-message": (_bus_that_confirms_what_it_dropped, "I4", "arrived", 15),
    "second-end": (_log_that_keeps_every_end_twice, "I2", "ends in the client event log", 60),
    # A run stands still until its job is asked for again, long after.
    "lost-intake": (
        _transaction_that_is_none("ai_router", _took_something_in),
        "I4",
        "ai_router has not taken it in",
        10,
    ),
    "lost-end": (_transaction_that_is_none("ai_router", _finished_something), "I4", "nobody has committed it", 15),
    "idle-job": (_job_that_nobody_works_on, "I6", "without work", 10),
    "open-call": (_paid_calls_that_nobody_closes, "I6", "is paid for and accepted", 60),
    "orphan": (_results_that_are_stored_under_a_second_key, "I6", "belongs to nobody", 60),
}
"""What is planted, the invariant that it breaks, what the auditor says, and how long nothing moves until then."""


async def test_a_planted_bug_is_found(planted: tuple[Plant, str, str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    """By what it does, and not by something else that is wrong with it."""
    plant, invariant, words, patience_s = planted
    plant(monkeypatch)
    found = await _violations(patience_s)
    assert [v for v in found if v.invariant == invariant and words in v.text], "\n".join(map(str, found))


async def _violations(patience_s: float = 60) -> list[Violation]:
    """What the auditor finds once the platform is quiet, or nothing has moved for so long."""
    folder = quick_folder(f"talkingphoto-audit-{secrets.token_hex(2)}-")
    platform = EmbeddedPlatform(Home(folder), media_processes=1, overrides={"billing": {"opening_plan": "enterprise"}})
    witness = Witness()
    try:
        await platform.start()
        urls = {name: database.url for name, database in platform.databases.items()}
        auditor = Auditor(urls, platform.home.objects / "objects")
        await auditor.watch()
        await Load(platform.url, witness, 7, Plan(runs=2, cancelled=0, speechless=1)).run()
        await auditor.settle(witness, patience_s=patience_s)
        return await auditor.audit(witness)
    finally:
        await platform.stop()
        shutil.rmtree(folder, ignore_errors=True)
