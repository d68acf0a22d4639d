"""One platform at a time in a home."""

from __future__ import annotations

from pathlib import Path

import pytest

from talkingphoto.platform.layout import Home
from talkingphoto.platform.running import AlreadyRunning, Presence, running_operations, running_url


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.prepare()
    return made


def test_nobody_runs_in_a_new_home(home: Home) -> None:
    assert running_url(home) is None


def test_the_one_that_runs_can_be_found_and_keeps_others_out(home: Home) -> None:
    first = Presence(home)
    first.take()
    with pytest.raises(AlreadyRunning) as starting:
        Presence(home).take()
    assert starting.value.url is None
    first.announce("http://127.0.0.1:8000", {"billing.api": "http://127.0.0.1:9001"})
    with pytest.raises(AlreadyRunning, match=r"at http://127\.0\.0\.1:8000"):
        Presence(home).take()
    assert running_url(home) == "http://127.0.0.1:8000"
    assert running_operations(home) == {"billing.api": "http://127.0.0.1:9001"}
    first.release()
    assert running_operations(home) == {}


def test_after_it_has_left_the_next_may_come(home: Home) -> None:
    first = Presence(home)
    first.take()
    first.announce("http://127.0.0.1:8000", {})
    first.release()
    assert running_url(home) is None
    second = Presence(home)
    second.take()
    second.release()
