"""Looking for a lost job: "not there" only when that is certain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest

from ai_router.providers import finding
from ai_router.providers.finding import found
from ai_router.providers.port import Accepted, FailureClass, ProviderFailure

JOB = Accepted("1")


def _answers(*answers: Accepted | FailureClass | None) -> tuple[Callable[[], Awaitable[Accepted | None]], list[int]]:
    left: Iterator[Accepted | FailureClass | None] = iter(answers)
    asked: list[int] = []

    async def ask() -> Accepted | None:
        asked.append(1)
        answer = next(left)
        if isinstance(answer, FailureClass):
            raise ProviderFailure(answer, "failed")
        return answer

    return ask, asked


async def test_a_job_that_is_there_is_found_at_once() -> None:
    ask, asked = _answers(JOB)
    assert await found(ask, settle_s=60) == JOB
    assert len(asked) == 1


async def test_a_job_that_shows_up_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_EVERY_S", 0.0)
    ask, asked = _answers(None, None, None, None, FailureClass.TRANSIENT, JOB)
    assert await found(ask, settle_s=60) == JOB
    assert len(asked) == 6


async def test_three_answers_after_the_time_are_certain() -> None:
    ask, asked = _answers(None, FailureClass.THROTTLED, None)
    assert await found(ask, settle_s=0) is None
    assert len(asked) == 3


async def test_a_vendor_that_cannot_be_asked_leaves_the_outcome_unknown() -> None:
    """Never "nothing was accepted": that would hand the work over again."""
    ask, _ = _answers(None, None, FailureClass.TRANSIENT)
    with pytest.raises(ProviderFailure) as caught:
        await found(ask, settle_s=0)
    assert caught.value.failure is FailureClass.UNKNOWN_OUTCOME


async def test_a_revoked_key_is_said_at_once() -> None:
    ask, asked = _answers(FailureClass.AUTH)
    with pytest.raises(ProviderFailure) as caught:
        await found(ask, settle_s=60)
    assert caught.value.failure is FailureClass.AUTH
    assert len(asked) == 1
