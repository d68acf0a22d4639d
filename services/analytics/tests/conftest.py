"""Analytics, and somebody who may read its reports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from analytics.composition import SPEC
from analytics.figures.folding import Folding
from analytics.figures.repository import TABLES
from chassis import ids
from chassis.clock import Clock
from chassis.identity.tokens import Identity
from chassis.testing.slices import NOW, DatabaseFor, ManualClock, Slice, TokenIsTheUser, slice_of
from chassis.testing.tokens import an_identity
from contracts.ai_router import CostRecorded, FallbackUsed, JobCompleted, ProviderHealthChanged
from contracts.billing import PaymentRefunded, PaymentSucceeded, SubscriptionCreated
from contracts.enums import Capability, WorkflowType
from contracts.message import Message
from contracts.objects import StoredObject
from contracts.users import ConsentChanged, EmailVerified, LoginFailed, UserLoggedIn, UserRegistered
from contracts.workflow import FileUploaded, RunCompleted, RunCreated, RunFailed, StepCompleted

OWNER = ids.uuid7()
PEOPLE = tuple(ids.uuid7() for _ in range(3))


class OwnerIsAdministrator(TokenIsTheUser):
    """One id is an administrator's."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._now = clock.now

    async def verify(self, token: str) -> Identity:
        identity = await super().verify(token)
        if identity.user_id != OWNER:
            return identity
        return an_identity(user_id=OWNER, role="admin", issued_at=self._now())


class Analytics(Slice):
    """The service, with what it has made of what it heard."""

    owner = OWNER

    async def hear(self, *messages: Message) -> None:
        """Events arrive and are added up."""
        await self.tell(*messages)
        await self.fold()
        self.clock.advance(timedelta(seconds=1))
        self.clock.advance(timedelta(seconds=1))

    async def fold(self) -> None:
        """Add up what is new."""
        [folding] = [part for part in self.service.background if isinstance(part, Folding)]
        await folding.round()

    async def consents(self, person: UUID, *, granted: bool = True, kind: Any = "analytics") -> None:
        """A person agrees, or takes it back."""
        await self.tell(ConsentChanged(user_id=person, kind=kind, granted=granted, given_at=self.clock.now()))

    async def figures(self) -> dict[str, list[dict[str, Any]]]:
        """All figures, to be compared."""
        return {table: await self.rows(f"SELECT * FROM {table} AS t ORDER BY t") for table in TABLES}  # noqa: S608

    async def get(self, path: str, **params: object) -> Any:
        """A report, as its owner reads it."""
        async with self.client(OWNER) as client:
            answer = await client.get(f"/api/v1/analytics/{path}", params={k: str(v) for k, v in params.items()})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest_asyncio.fixture(loop_scope="session")
async def analytics(database_for: DatabaseFor) -> AsyncIterator[Analytics]:
    clock = ManualClock(NOW)
    async with slice_of(SPEC, database_for, Analytics, clock=clock, verifier=OwnerIsAdministrator(clock)) as service:
        yield service


def events_of_a_month() -> list[Message]:
    """Three people register; one uploads, orders twice and pays; one only looks in; one orders what fails."""
    asha, _, chitra = PEOPLE
    first, second, failed, subscription, payment = (ids.uuid7() for _ in range(5))
    video = StoredObject(key="videos/v.mp4", sha256="0" * 64, size=1, mime_type="video/mp4")
    line = "talkingphoto"

    def run(kind: Any, run_id: UUID, person: UUID, sequence: int, **fields: Any) -> Any:
        return kind(run_id=run_id, user_id=person, product_line=line, sequence=sequence, **fields)

    def completed(run_id: UUID, sequence: int, cost: str, seconds: float) -> Any:
        return run(
            RunCompleted,
            run_id,
            asha,
            sequence,
            workflow_type=WorkflowType.PRODUCT_DEMO,
            results={"video": video},
            cost=Decimal(cost),
            credits=1,
            seconds=seconds,
        )

    def job(provider: str, capability: Capability, score: float | None, seconds: float) -> JobCompleted:
        return JobCompleted(
            job_id=ids.uuid7(),
            user_id=asha,
            capability=capability,
            provider=provider,
            outputs={},
            score=score,
            attempts=1,
            cost=Decimal(0),
            seconds=seconds,
        )

    def cost(provider: str, amount: str) -> CostRecorded:
        return CostRecorded(
            attempt_id=ids.uuid7(),
            job_id=ids.uuid7(),
            user_id=asha,
            provider=provider,
            capability=Capability.VIDEO_GENERATION,
            units=Decimal(8),
            unit_cost=Decimal("0.25"),
            cost=Decimal(amount),
        )

    subscribed = {
        "subscription_id": subscription,
        "user_id": asha,
        "product_line": line,
        "plan": "pro",
        "plan_name": "Pro",
        "interval": "month",
        "status": "active",
        "period_start": NOW,
        "period_end": NOW + timedelta(days=30),
    }
    return [
        *(
            UserRegistered(
                user_id=person,
                email=f"{name}@example.com",
                name=name.title(),
                username=f"{name}_42",
                home_product_line=line,
            )
            for person, name in zip(PEOPLE, ("asha", "ben", "chitra"), strict=True)
        ),
        EmailVerified(user_id=asha),
        EmailVerified(user_id=chitra),
        UserLoggedIn(
            user_id=asha, session_id=ids.uuid7(), product_line=line, device="Firefox on Linux", address_hash="a" * 16
        ),
        LoginFailed(login_hash="b" * 16, address_hash="c" * 16, reason="credentials", product_line=line),
        FileUploaded(
            file_id=ids.uuid7(), user_id=asha, product_line=line, mime_type="image/jpeg", size=1000, sha256="0" * 64
        ),
        run(RunCreated, first, asha, 1, workflow_type=WorkflowType.PRODUCT_DEMO, title="My secret plan"),
        run(StepCompleted, first, asha, 2, step="enhance", attempts=1, score=9.5, cost=Decimal(0), seconds=1.0),
        job("local_upscaler", Capability.IMAGE_ENHANCEMENT, 9.5, 1.0),
        job("veo3", Capability.VIDEO_GENERATION, 8.0, 12.0),
        cost("veo3", "2.0000"),
        run(StepCompleted, first, asha, 3, step="generate", attempts=1, score=8.0, cost=Decimal(2), seconds=12.0),
        completed(first, 4, "2.0000", 20.0),
        run(RunCreated, second, asha, 1, workflow_type=WorkflowType.PRODUCT_DEMO),
        FallbackUsed(
            job_id=ids.uuid7(),
            capability=Capability.VIDEO_GENERATION,
            failed="veo3",
            failure="transient",
            next_provider="runway_act2",
        ),
        job("runway_act2", Capability.VIDEO_GENERATION, 7.0, 16.0),
        cost("runway_act2", "3.0000"),
        completed(second, 2, "3.0000", 30.0),
        run(RunCreated, failed, chitra, 1, workflow_type=WorkflowType.EDUCATIONAL),
        run(
            RunFailed,
            failed,
            chitra,
            2,
            step="check",
            code="no_face",
            message="There is no face.",
            retryable=False,
            credits_returned=True,
        ),
        SubscriptionCreated(**subscribed),
        PaymentSucceeded(
            payment_id=payment,
            user_id=asha,
            product_line=line,
            amount=49900,
            currency="INR",
            description="Pro, a month, for Asha",
            plan="pro",
            paid_at=NOW,
        ),
        PaymentRefunded(
            payment_id=payment,
            user_id=asha,
            product_line=line,
            amount=9900,
            currency="INR",
            in_full=False,
            refunded_at=NOW,
        ),
        ProviderHealthChanged(provider="veo3", healthy=False, error="503 from https://secret.example"),
    ]


@pytest.fixture
def month() -> list[Message]:
    """What happened in a month."""
    return events_of_a_month()
