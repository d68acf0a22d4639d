"""Holds for single AI jobs, over messages and over HTTP: what counts them, what they cost, whose they are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from billing.ledger.meters import meter_of_job
from chassis import ids
from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    EntitlementsChanged,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
    UsageLimitNear,
    UsageLimitReached,
)
from contracts.enums import Capability
from contracts.users import UserRegistered


@pytest.fixture
def in_pixie(billing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is the user's id, and every session is in Pixie."""

    async def verify(token: str) -> Identity:
        return an_identity(user_id=UUID(token), product_line="pixie")

    monkeypatch.setattr(billing.service.app.state.verifier, "verify", verify)


def a_job(user_id: UUID, line: str = "pixie", credits: int = 4, **more: Any) -> ReserveCredits:
    return ReserveCredits(
        **{
            "reservation_id": ids.uuid7(),
            "run_id": ids.uuid7(),
            "user_id": user_id,
            "product_line": line,
            "credits": credits,
            "capability": Capability.IMAGE_GENERATION.value,
            **more,
        }
    )


def done(held: ReserveCredits) -> CaptureCredits:
    return CaptureCredits(
        reservation_id=held.reservation_id, run_id=held.run_id, credits=held.credits, actual_cost=Decimal("0.5")
    )


@pytest.mark.parametrize(
    ("line", "capability", "meter"),
    [
        ("pixie", "image_generation", "image_jobs"),
        ("pixie", "video_generation", "video_jobs"),
        ("filmstudio", "music_generation", "audio_jobs"),
        ("filmstudio", "something_new", "other_jobs"),
        ("talkingphoto", "image_enhancement", "workflows"),
        ("reely", "hook_detection", "auto_hooks"),
        ("reely", "image_upscale", "image_jobs"),
    ],
)
def test_what_counts_a_job_depends_on_the_line(line: str, capability: str, meter: str) -> None:
    assert meter_of_job(line, capability) == meter


async def test_a_job_is_held_counted_and_paid_for_like_a_run(billing: Any, in_pixie: None) -> None:
    user_id = ids.uuid7()
    await billing.tell(UserRegistered(user_id=user_id, email="a@example.com", username="a", home_product_line="pixie"))
    first, failed, much = a_job(user_id), a_job(user_id), a_job(user_id, credits=22)
    await billing.tell(first, failed, much)
    assert [held.credits for held in billing.said(CreditsReserved)] == [4, 4]
    [refused] = billing.said(ReservationRefused)
    assert (refused.reason, refused.upgrade_to) == ("insufficient_credits", ("premium",))
    await billing.tell(done(first), done(first))
    await billing.tell(ReleaseCredits(reservation_id=failed.reservation_id, run_id=failed.run_id, reason="failed"))
    assert [each.credits for each in billing.said(CreditsCaptured)] == [4, 4]
    assert [each.credits for each in billing.said(CreditsReleased)] == [4]
    account = await billing.account(user_id)
    assert (account["settled"], account["held"], account["used"]) == (21, 0, {"image_jobs": 1})
    assert billing.said(EntitlementsChanged)[-1].used == {}, "what has no limit is nobody else's to know"
    async with billing.client(user_id) as client:
        usage = (await client.get("/api/v1/usage/current")).json()
        history = (await client.get("/api/v1/usage/history")).json()
        entry = (await client.get("/api/v1/billing/credits/transactions")).json()["items"][0]
    assert usage["meters"] == {"image_jobs": {"used": 1, "limit": -1, "left": None}}
    assert [(month["action"], month["credits"]) for month in history["months"]] == [("image_jobs", 4)]
    assert (entry["description"], entry["amount"]) == ("Image generation delivered", -4)
    await billing.check_books()


async def test_who_has_spent_most_of_the_months_credits_is_told_once(billing: Any, in_pixie: None) -> None:
    user_id = ids.uuid7()
    for credits in (19, 1, 3, 2):
        held = a_job(user_id, credits=credits)
        await billing.tell(held)
        await billing.tell(done(held))
    [near], [reached] = billing.said(UsageLimitNear), billing.said(UsageLimitReached)
    assert (near.meter, near.used, near.limit, near.upgrade_to) == ("credits", 20, 25, ("premium",))
    assert (reached.meter, reached.used, reached.limit) == ("credits", 25, 25)


async def test_a_talkingphoto_job_counts_as_what_its_plans_count(billing: Any) -> None:
    user_id = ids.uuid7()
    jobs = [a_job(user_id, "talkingphoto", credits=1, capability="image_enhancement") for _ in range(4)]
    await billing.tell(*jobs)
    assert len(billing.said(CreditsReserved)) == 3
    [refused] = billing.said(ReservationRefused)
    assert (refused.reason, refused.used, refused.limit) == ("quota_exceeded", 3, 3)


@pytest.mark.parametrize(("least", "allowed"), [("0.10", True), ("0.11", False)])
async def test_the_least_cost_decides_whether_the_plan_can_pay(billing: Any, least: str, allowed: bool) -> None:
    """The expected cost may be above the budget where a cheaper way is left (BIL-66)."""
    order = a_job(ids.uuid7(), "talkingphoto", credits=1, capability=None, meter="workflows", units=1)
    costly = order.model_copy(update={"estimated_cost": Decimal("1.5"), "least_cost": Decimal(least)})
    await billing.tell(costly)
    assert bool(billing.said(CreditsReserved)) is allowed
    assert [refused.reason for refused in billing.said(ReservationRefused)] == ([] if allowed else ["budget_exceeded"])


async def test_holds_are_made_and_settled_over_http_too(billing: Any, in_pixie: None) -> None:
    user_id, stranger, hold_id = ids.uuid7(), ids.uuid7(), ids.uuid7()
    body = {
        "reservation_id": str(hold_id), "subject_id": str(ids.uuid7()), "credits": 3, "capability": "image_edit",
    }  # fmt: skip
    path = f"/internal/reservations/{hold_id}"
    async with billing.client(user_id) as client, billing.client(stranger) as other:
        for _ in range(2):
            made = await client.post("/internal/reservations", json=body)
            assert (made.status_code, made.json()["state"], made.json()["meter"]) == (201, "held", "image_jobs")
        refused = await client.post("/internal/reservations", json={**body, "reservation_id": str(ids.uuid7()),
                                                                    "credits": 23})  # fmt: skip
        assert (refused.status_code, refused.json()["error"]["details"]["reason"]) == (402, "insufficient_credits")
        for method, where, sent in (
            ("GET", path, None),
            ("POST", f"{path}/capture", {"credits": 3}),
            ("POST", f"{path}/release", {"reason": "mine"}),
            ("POST", "/internal/reservations", body),
        ):
            answer = await other.request(method, where, json=sent)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "hold_not_found"), where
        for _ in range(2):
            spent = await client.post(f"{path}/capture", json={"credits": 2, "actual_cost": "0.1"})
            assert (spent.status_code, spent.json()["captured"]) == (200, 2)
        left = await client.post(f"{path}/release", json={"reason": "late"})
        assert (left.status_code, left.json()["state"]) == (200, "captured")
        entitled = (await client.get("/internal/entitlements")).json()
        assert (entitled["plan"], entitled["credits_available"]) == ("free", 23)
        feature = (await client.get("/internal/features/storage_mb")).json()
        assert (feature["allowed"], feature["value"], feature["plans"]) == (True, 1024, ["free", "premium"])
        assert (await other.get("/internal/entitlements")).status_code == 404
    await billing.check_books()


async def test_what_was_released_cannot_be_captured_over_http(billing: Any, in_pixie: None) -> None:
    user_id, hold_id = ids.uuid7(), ids.uuid7()
    body = {"reservation_id": str(hold_id), "subject_id": str(ids.uuid7()), "credits": 3}
    async with billing.client(user_id) as client:
        await client.post("/internal/reservations", json=body)
        await client.post(f"/internal/reservations/{hold_id}/release", json={"reason": "failed"})
        late = await client.post(f"/internal/reservations/{hold_id}/capture", json={"credits": 3})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "hold_ended")
    assert (await billing.account(user_id))["settled"] == 25
