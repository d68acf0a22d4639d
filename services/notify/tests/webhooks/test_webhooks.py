"""Customers' webhooks: what arrives, in which order, signed how, and what happens when it does not."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
from services.notify.tests import events
from services.notify.tests.webhooks.conftest import Customer, Receiver, entitlement
from standardwebhooks import webhooks as library

from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from chassis.http import guard
from chassis.messaging.consumer import wait_until
from chassis.settings import SettingsError, load
from chassis.testing.addresses import Names, unsafe_urls
from contracts.notify import WebhookDeliveryFailed
from notify.settings import Settings
from notify.webhooks.models import wait_after


@pytest.fixture(autouse=True)
def _receivers_clock(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Receivers judge a delivery's age by the clock of the test."""
    if "customer" not in request.fixturenames:
        return
    clock = request.getfixturevalue("customer").notify.clock

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return clock.now()

    monkeypatch.setattr(library, "datetime", Now)


def verified(secret: str, request: tuple[dict[str, str], str]) -> Any:
    """What a receiver reads, after both libraries have accepted it."""
    headers, body = request
    svix.webhooks.Webhook(secret).verify(body, headers)
    return standardwebhooks.Webhook(secret).verify(body, headers)


def heard(receiver: Receiver) -> list[tuple[str, int]]:
    said = [json.loads(body) for _, body in receiver.requests]
    return [(one["type"], one["data"].get("sequence")) for one in said]


async def test_a_run_is_told_in_order_and_signed(customer: Customer, receiver: Receiver, new_run: Any) -> None:
    hook = await customer.create(receiver.url)
    run = new_run(customer.id)
    await customer.notify.tell(run.created(), run.progressed(), run.step(), run.completed())
    await customer.notify.settled()
    assert heard(receiver) == [("workflow.created", 1), ("workflow.step_completed", 3), ("workflow.completed", 4)]
    for request in receiver.requests:
        said = verified(hook["secret"], request)
        assert said["data"]["workflow_id"] == str(run.id)
        assert request[0]["content-type"] == "application/json"
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            verified(hook["secret"], (request[0], request[1] + " "))
    log = await customer.deliveries(hook["id"])
    assert [(one["status"], one["attempts"], one["response_status"]) for one in log] == [("delivered", 1, 200)] * 3
    assert [one["event_id"] for one in log] == [headers["webhook-id"] for headers, _ in receiver.requests]
    assert await customer.notify.rows("SELECT id FROM work") == []


async def test_an_event_that_comes_twice_is_told_once(customer: Customer, receiver: Receiver, new_run: Any) -> None:
    await customer.create(receiver.url)
    run = new_run(customer.id)
    end = run.completed()
    delivery = customer.notify.delivery(end)
    for _ in range(2):
        assert await customer.notify.deliver(delivery) == [ACKNOWLEDGE]
    await customer.notify.settled()
    await customer.notify.tell(end, end)
    await customer.notify.settled()
    assert len(receiver.requests) == 1


async def test_only_what_was_asked_for_is_sent_and_only_of_ones_own_runs(
    customer: Customer, receiver: Receiver, new_run: Any
) -> None:
    await customer.create(receiver.url, event_types=["workflow.failed"])
    mine, other = new_run(customer.id), new_run()
    await customer.notify.tell(mine.created(), mine.failed(), other.created(), other.failed())
    await customer.notify.settled()
    assert heard(receiver) == [("workflow.failed", 2)]


async def test_a_receiver_that_was_away_two_hours_gets_each_event_once_and_in_order(
    customer: Customer, receiver: Receiver, new_run: Any
) -> None:
    """It is switched off after twenty failures in a row; while it is away the secret is rotated."""
    notify = customer.notify
    await notify.tell(events.registered(customer.id))
    hook = await customer.create(receiver.url)
    receiver.away = True
    began = notify.clock.now()
    runs = [new_run(customer.id) for _ in range(4)]
    for run in runs:
        await notify.tell(run.created(), run.step())
    while notify.clock.now() < began + timedelta(hours=2):
        await notify.later(timedelta(minutes=1))
    rotated = (await customer.call("POST", f"/{hook['id']}/rotate-secret")).json()
    for run in runs:
        await notify.tell(run.completed())
    await notify.settled()
    found = (await customer.call("GET", f"/{hook['id']}")).json()
    assert (found["active"], found["failures"]) == (False, 20)
    assert found["disabled_at"] is not None
    assert receiver.requests == []
    [failed] = [one for one in notify.said(WebhookDeliveryFailed) if one.switched_off]
    assert str(failed.endpoint_id) == hook["id"]
    assert "A webhook was switched off" in [letter["subject"] for letter in await notify.letters(events.ADDRESS)]
    assert {one["status"] for one in await customer.deliveries(hook["id"])} == {"failed", "missed"}

    receiver.away = False
    answer = await customer.call("POST", f"/{hook['id']}/recover", json={"since": began.isoformat()})
    assert (answer.status_code, answer.json()) == (202, {"deliveries": 12})
    await notify.settled()

    by_run = defaultdict(list)
    for request in receiver.requests:
        said = verified(hook["secret"], request)
        assert said == verified(rotated["secret"], request)
        by_run[said["data"]["workflow_id"]].append((said["type"], request[0]["webhook-id"]))
    assert by_run.keys() == {str(run.id) for run in runs}
    for told in by_run.values():
        assert [kind for kind, _ in told] == ["workflow.created", "workflow.step_completed", "workflow.completed"]
    assert len({name for told in by_run.values() for _, name in told}) == 12
    assert (await customer.call("POST", f"/{hook['id']}/recover", json={"since": began.isoformat()})).json() == {
        "deliveries": 0
    }
    assert (await customer.call("GET", f"/{hook['id']}")).json()["active"] is True


async def test_what_fails_is_tried_again_after_60_120_240_seconds_and_on(
    customer: Customer, receiver: Receiver, new_run: Any
) -> None:
    hook = await customer.create(receiver.url)
    receiver.away = True
    await customer.notify.tell(new_run(customer.id).created())
    await customer.notify.settled()
    for tries, wait_s in enumerate((60, 120, 240, 480, 960, 1920, 3600), start=1):
        assert receiver.tried == tries
        await customer.notify.later(timedelta(seconds=wait_s - 1))
        assert receiver.tried == tries
        await customer.notify.later(timedelta(seconds=1))
    [log] = await customer.deliveries(hook["id"])
    assert (log["status"], log["attempts"], log["response_status"]) == ("failed", 8, 503)
    assert len(customer.notify.said(WebhookDeliveryFailed)) == 1
    assert await customer.notify.rows("SELECT id FROM work") == []


async def test_what_follows_on_something_that_failed_waits_for_it(
    customer: Customer, receiver: Receiver, new_run: Any
) -> None:
    await customer.create(receiver.url)
    late, other = new_run(customer.id), new_run(customer.id)
    receiver.away = True
    await customer.notify.tell(late.created())
    await customer.notify.settled()
    receiver.away = False
    await customer.notify.tell(late.completed())
    await customer.notify.tell(other.created())
    await customer.notify.settled()
    assert heard(receiver) == [("workflow.created", 1)]
    await customer.notify.later(timedelta(seconds=60))
    assert heard(receiver) == [("workflow.created", 1), ("workflow.created", 1), ("workflow.completed", 2)]


async def test_what_comes_after_something_given_up_is_recovered_with_it_in_order(
    customer: Customer, receiver: Receiver, new_run: Any
) -> None:
    hook = await customer.create(receiver.url)
    run, began = new_run(customer.id), customer.notify.clock.now()
    receiver.away = True
    await customer.notify.tell(run.created())
    await customer.notify.settled()
    for wait_s in (60, 120, 240, 480, 960, 1920, 3600):
        await customer.notify.later(timedelta(seconds=wait_s))
    receiver.away = False
    await customer.notify.tell(run.completed())
    await customer.notify.settled()
    assert receiver.requests == []
    assert [one["status"] for one in await customer.deliveries(hook["id"])] == ["failed", "missed"]
    answer = await customer.call("POST", f"/{hook['id']}/recover", json={"since": began.isoformat()})
    assert answer.json() == {"deliveries": 2}
    await customer.notify.settled()
    assert heard(receiver) == [("workflow.created", 1), ("workflow.completed", 2)]


async def test_what_comes_while_others_are_sent_is_sent_too(
    customer: Customer, receiver: Receiver, new_run: Any
) -> None:
    """Between a lane's last look and the end of its work nothing is lost."""
    await customer.create(receiver.url)
    run = new_run(customer.id)
    await customer.notify.tell(run.created())
    await customer.notify.settled()
    for number in range(40):
        await customer.notify.tell(run.step())
        await wait_until(lambda number=number: len(receiver.requests) >= number - 2, timeout_s=10)  # type: ignore[misc]
    await customer.notify.settled()
    assert [sequence for _, sequence in heard(receiver)] == list(range(1, 42))


async def test_a_receiver_that_is_gone_is_switched_off_at_once(
    customer: Customer, receiver: Receiver, new_run: Any
) -> None:
    hook = await customer.create(receiver.url)
    receiver.status = 410
    await customer.notify.tell(new_run(customer.id).created())
    await customer.notify.settled()
    assert (await customer.call("GET", f"/{hook['id']}")).json()["active"] is False


async def test_after_a_day_the_old_secret_signs_no_more(customer: Customer, receiver: Receiver) -> None:
    hook = await customer.create(receiver.url)
    new = (await customer.call("POST", f"/{hook['id']}/rotate-secret")).json()["secret"]
    for wait, old_is_good in ((timedelta(hours=23), True), (timedelta(hours=2), False)):
        await customer.notify.later(wait)
        assert (await customer.call("POST", f"/{hook['id']}/test")).status_code == 202
        await customer.notify.settled()
        assert verified(new, receiver.requests[-1])["type"] == "webhook.test"
        if old_is_good:
            assert verified(hook["secret"], receiver.requests[-1])
        else:
            with pytest.raises(standardwebhooks.WebhookVerificationError):
                verified(hook["secret"], receiver.requests[-1])


async def test_one_delivery_is_sent_again_under_its_own_name(
    customer: Customer, receiver: Receiver, new_run: Any
) -> None:
    hook = await customer.create(receiver.url)
    await customer.notify.tell(new_run(customer.id).created())
    await customer.notify.settled()
    [log] = await customer.deliveries(hook["id"], status="delivered")
    answer = await customer.call("POST", f"/{hook['id']}/deliveries/{log['id']}/resend")
    assert answer.status_code == 202
    await customer.notify.settled()
    first, second = receiver.requests
    assert first[1] == second[1] and first[0]["webhook-id"] == second[0]["webhook-id"]
    unknown = await customer.call("POST", f"/{hook['id']}/deliveries/{ids.uuid7()}/resend")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "delivery_not_found")


async def test_the_secret_is_shown_once_and_kept_unreadable(customer: Customer, receiver: Receiver) -> None:
    hook = await customer.create(receiver.url)
    assert hook["secret"].startswith("whsec_")
    for path in ("", f"/{hook['id']}"):
        assert hook["secret"] not in (await customer.call("GET", path)).text
    for row in await customer.notify.fetch("SELECT to_jsonb(e)::text AS row FROM webhook_endpoints AS e"):
        assert hook["secret"] not in row["row"] and hook["secret"].removeprefix("whsec_") not in row["row"]


async def test_a_secret_under_a_lost_key_is_told_to_its_owner(customer: Customer, receiver: Receiver) -> None:
    hook = await customer.create(receiver.url)
    await customer.notify.execute("UPDATE webhook_endpoints SET sealed_secret = 'gAAAAA'")
    await customer.call("POST", f"/{hook['id']}/test")
    await customer.notify.settled()
    [log] = await customer.deliveries(hook["id"])
    assert (log["status"], log["error"]) == ("pending", "the secret cannot be read any more: make a new one")
    made = (await customer.call("POST", f"/{hook['id']}/rotate-secret")).json()
    await customer.notify.later(timedelta(minutes=1))
    assert verified(made["secret"], receiver.requests[0])["type"] == "webhook.test"


async def test_redirects_are_not_followed(customer: Customer, receiver: Receiver) -> None:
    hook = await customer.create(receiver.url)
    receiver.status, receiver.location = 302, receiver.url
    await customer.call("POST", f"/{hook['id']}/test")
    await customer.notify.settled()
    assert len(receiver.requests) == 1
    [log] = await customer.deliveries(hook["id"])
    assert (log["status"], log["error"]) == ("pending", "answered 302")


async def test_who_has_no_webhooks_in_the_plan_gets_none(customer: Customer, receiver: Receiver, new_run: Any) -> None:
    stranger = Customer(customer.notify, ids.uuid7())
    answer = await stranger.call("POST", json={"url": receiver.url})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_in_plan")
    await customer.create(receiver.url)
    await customer.notify.tell(entitlement(customer.id, webhooks=False, version=3))
    await customer.notify.tell(entitlement(customer.id, version=2))
    await customer.notify.tell(new_run(customer.id).created())
    await customer.notify.settled()
    assert receiver.requests == []


async def test_another_users_webhook_is_none(customer: Customer, receiver: Receiver) -> None:
    hook = await customer.create(receiver.url)
    stranger = Customer(customer.notify, ids.uuid7())
    await customer.notify.tell(entitlement(stranger.id))
    body, since = {"url": receiver.url}, {"since": "2026-01-01T00:00:00Z"}
    calls = [("GET", "", {}), ("PUT", "", {"json": body}), ("DELETE", "", {}), ("GET", "/deliveries", {}),
             ("POST", "/rotate-secret", {}), ("POST", "/test", {}), ("POST", "/recover", {"json": since}),
             ("POST", f"/deliveries/{ids.uuid7()}/resend", {})]  # fmt: skip
    for method, path, more in calls:
        answer = await stranger.call(method, f"/{hook['id']}{path}", **more)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "webhook_not_found"), path
    assert (await stranger.call("GET")).json()["total"] == 0
    assert (await customer.call("GET")).json()["total"] == 1


async def test_it_can_be_changed_switched_off_and_removed(customer: Customer, receiver: Receiver, new_run: Any) -> None:
    hook = await customer.create(receiver.url)
    off = await customer.call("PUT", f"/{hook['id']}", json={"url": receiver.url, "active": False})
    assert (off.json()["active"], off.json()["event_types"]) == (False, [])
    await customer.notify.tell(new_run(customer.id).created())
    await customer.notify.settled()
    assert receiver.requests == []
    assert (await customer.call("POST", f"/{hook['id']}/test")).json()["error"]["code"] == "webhook_off"
    assert (await customer.call("DELETE", f"/{hook['id']}")).status_code == 204
    assert await customer.notify.rows("SELECT id FROM webhook_deliveries") == []
    assert (await customer.call("DELETE", f"/{hook['id']}")).status_code == 404


async def test_there_are_at_most_ten(customer: Customer, receiver: Receiver) -> None:
    for _ in range(10):
        await customer.create(receiver.url)
    answer = await customer.call("POST", json={"url": receiver.url})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_webhooks")


async def test_no_address_of_ours_is_taken_or_reached(
    start_notify: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is refused when it is given, and refused again when it would be sent to, however it came to be kept."""
    monkeypatch.setattr(guard, "get_running_loop", Names)
    notify = await start_notify()
    customer = Customer(notify, ids.uuid7())
    await notify.tell(entitlement(customer.id))
    hook = await customer.create("https://public.example.com/hook")
    port = int(receiver.url.split(":")[2].split("/")[0])
    urls = unsafe_urls(port)
    assert len(urls) >= 150
    for url in urls:
        answer = await customer.call("PUT", f"/{hook['id']}", json={"url": url})
        assert answer.status_code == 422, url
        assert (await customer.call("POST", json={"url": url})).status_code == 422, url
    for url in urls:
        await notify.execute("UPDATE webhook_endpoints SET url = $1, active = true, failures = 0", url)
        assert (await customer.call("POST", f"/{hook['id']}/test")).status_code == 202
        await notify.settled()
    log = await notify.rows("SELECT error, attempts FROM webhook_deliveries")
    assert len(log) == len(urls)
    assert all(one["attempts"] == 1 and one["error"].startswith("the address ") for one in log)
    assert receiver.tried == 0


async def test_a_name_that_leads_inwards_later_is_refused_then(
    start_notify: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(turning_example_com=["93.184.215.14", "127.0.0.1"])
    monkeypatch.setattr(guard, "get_running_loop", lambda: names)
    notify = await start_notify()
    customer = Customer(notify, ids.uuid7())
    await notify.tell(entitlement(customer.id))
    port = receiver.url.split(":")[2].split("/")[0]
    hook = await customer.create(f"https://turning.example.com:{port}/hook")
    await customer.call("POST", f"/{hook['id']}/test")
    await notify.settled()
    [log] = await customer.deliveries(hook["id"])
    assert log["error"] == "the address leads into private address space"
    assert receiver.tried == 0


def test_waits_grow_to_an_hour() -> None:
    assert [wait_after(attempts).total_seconds() for attempts in (1, 2, 3, 7, 50)] == [60, 120, 240, 3600, 3600]


def test_production_lets_no_webhook_lead_inwards() -> None:
    with pytest.raises(SettingsError, match="WEBHOOK_PRIVATE_TARGETS"):
        load(
            Settings,
            env="production",
            webhook_private_targets=True,
            public_url="https://a.talkingphoto.ai",
            database_url="postgresql+asyncpg://x",
            smtp_url="smtps://a:b7Gkq@mail.talkingphoto.ai",
            encryption_key="b3c9d1e5f7a24680b3c9d1e5f7a24680",
            link_key="0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        )


async def test_the_moment_of_a_delivery_is_the_machines(customer: Customer, receiver: Receiver) -> None:
    hook = await customer.create(receiver.url)
    await customer.call("POST", f"/{hook['id']}/test")
    await customer.notify.settled()
    at = int(receiver.requests[0][0]["webhook-timestamp"])
    assert datetime.fromtimestamp(at, UTC) == customer.notify.clock.machine()
