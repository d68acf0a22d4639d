"""Sessions that have ended stay so: over restarts, with new replicas, and when an event was missed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from chassis.bus.messages import Received
from chassis.errors import NotAuthenticated, Unavailable
from chassis.identity.tokens import TokenVerifier
from chassis.messaging.sessions import session_listeners
from chassis.testing.tokens import Issuer, an_identity
from contracts.users import SessionRevoked


class Published:
    """What users publishes, and who asked for it."""

    def __init__(self) -> None:
        self.ended: list[UUID] = []
        self.away = False
        self.marks: list[str | None] = []
        self.answer: Any = None

    async def __call__(self, mark: str | None) -> Mapping[str, Any]:
        self.marks.append(mark)
        if self.away:
            raise OSError("users is away")
        return self.answer or {"as_of": f"mark {len(self.marks)}", "sessions": [str(one) for one in self.ended]}


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def verifier_of(issuer: Issuer, published: Published) -> tuple[TokenVerifier, Ticks]:
    ticks = Ticks()
    return issuer.verifier(fetch_revoked=published, ticks=ticks), ticks


async def test_a_new_replica_knows_what_ended_before_it_began() -> None:
    issuer, published, ended, living = Issuer(), Published(), an_identity(), an_identity()
    published.ended = [ended.session_id]
    verifier, _ = verifier_of(issuer, published)
    await verifier.ready()
    with pytest.raises(NotAuthenticated):
        await verifier.verify(issuer.token(ended))
    assert await verifier.verify(issuer.token(living)) == living
    assert published.marks == [None]


async def test_nobody_is_let_in_before_it_is_known() -> None:
    issuer, published = Issuer(), Published()
    published.away = True
    verifier, ticks = verifier_of(issuer, published)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await verifier.ready()
        with pytest.raises(Unavailable):
            await verifier.verify(issuer.token())
    assert len(published.marks) == 1, "a service that is away is not asked by every request"
    published.away, ticks.now = False, 2.0
    assert await verifier.verify(issuer.token())


@pytest.mark.parametrize(
    "answer", [{"keys": []}, {"as_of": "x", "sessions": ["no id"]}, {"as_of": "x", "sessions": 1}, []]
)
async def test_an_answer_that_is_none_is_no_knowledge(answer: Any) -> None:
    published = Published()
    published.answer = answer or [1]
    verifier, _ = verifier_of(Issuer(), published)
    with pytest.raises(Unavailable):
        await verifier.ready()


async def test_a_missed_event_is_made_good_within_half_a_minute() -> None:
    issuer, published, identity = Issuer(), Published(), an_identity()
    verifier, ticks = verifier_of(issuer, published)
    token = issuer.token(identity)
    await verifier.verify(token)
    published.ended, ticks.now = [identity.session_id], 30.0
    with pytest.raises(NotAuthenticated):
        await verifier.verify(token)
    assert published.marks == [None, "mark 1"]


async def test_while_users_is_away_what_is_known_counts() -> None:
    issuer, published, ended = Issuer(), Published(), an_identity()
    published.ended = [ended.session_id]
    verifier, ticks = verifier_of(issuer, published)
    await verifier.ready()
    published.away, ticks.now = True, 3600.0
    assert await verifier.verify(issuer.token())
    with pytest.raises(NotAuthenticated):
        await verifier.verify(issuer.token(ended))


async def test_many_requests_at_once_ask_once() -> None:
    issuer, published = Issuer(), Published()
    verifier, ticks = verifier_of(issuer, published)
    await asyncio.gather(*(verifier.verify(issuer.token()) for _ in range(20)))
    ticks.now = 31.0
    await asyncio.gather(*(verifier.verify(issuer.token()) for _ in range(20)))
    assert len(published.marks) == 2


async def test_every_service_that_hears_of_an_end_refuses_its_tokens() -> None:
    issuer, identity = Issuer(), an_identity()
    verifier, _ = verifier_of(issuer, Published())
    token = issuer.token(identity)
    await verifier.verify(token)
    listeners = session_listeners("export", verifier)
    event = SessionRevoked(user_id=identity.user_id, session_id=identity.session_id)
    listeners._listeners[SessionRevoked.NAME](Received(event, None, 1))  # type: ignore[arg-type]  # nobody reads it
    with pytest.raises(NotAuthenticated):
        await verifier.verify(token)
