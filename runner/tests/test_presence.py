"""One platform at a time in a home."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.http.operations import operations_app
from chassis.testing.served import served
from talkingphoto.running import running_url, unready
from talkingphoto_runner.doctor import Finding, examine
from talkingphoto_runner.layout import Home
from talkingphoto_runner.presence import AlreadyRunning, Presence, running_operations


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.prepare()
    return made


def test_nobody_runs_in_a_new_home(home: Home) -> None:
    assert running_url(home.root) is None


def test_the_one_that_runs_can_be_found_and_keeps_others_out(home: Home) -> None:
    first = Presence(home)
    first.take()
    with pytest.raises(AlreadyRunning) as starting:
        Presence(home).take()
    assert starting.value.url is None
    first.announce("http://127.0.0.1:8000", {"billing.api": "http://127.0.0.1:9001"})
    with pytest.raises(AlreadyRunning, match=r"at http://127\.0\.0\.1:8000"):
        Presence(home).take()
    assert running_url(home.root) == "http://127.0.0.1:8000"
    assert running_operations(home) == {"billing.api": "http://127.0.0.1:9001"}
    first.release()
    assert running_operations(home) == {}


def test_after_it_has_left_the_next_may_come(home: Home) -> None:
    first = Presence(home)
    first.take()
    first.announce("http://127.0.0.1:8000", {})
    first.release()
    assert running_url(home.root) is None
    second = Presence(home)
    second.take()
    second.release()


async def test_doctor_and_status_ask_every_process_whether_it_is_ready(home: Home) -> None:
    async def fine() -> None:
        return None

    async def away() -> None:
        raise ConnectionRefusedError

    def processes(findings: list[Finding]) -> list[tuple[bool, str]]:
        return [(finding.ok, finding.found) for finding in findings if finding.what == "processes that are ready"]

    assert processes(await examine(home)) == []
    first = Presence(home)
    first.take()
    ready = operations_app("billing", {"database": fine})
    lacking = operations_app("export", {"database": fine, "bus": away, "store": away})
    async with served(ready) as billing, served(lacking) as export:
        first.announce("http://127.0.0.1:8000", {"billing.api": billing})
        assert processes(await examine(home)) == [(True, "1 of 1")]
        assert await unready(home.root) == {}
        first.release()
        first.take()
        urls = {"billing.api": billing, "export.worker": export, "users.api": "http://127.0.0.1:1"}
        first.announce("http://127.0.0.1:8000", urls)
        said = "export.worker lacks bus, store, users.api does not answer at http://127.0.0.1:1"
        assert processes(await examine(home)) == [(False, said)]
        assert await unready(home.root) == {
            "export.worker": "lacks bus, store",
            "users.api": "does not answer at http://127.0.0.1:1",
        }
    first.release()
