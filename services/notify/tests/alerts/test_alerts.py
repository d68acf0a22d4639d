"""Operators hear of what is wrong, once in ten minutes, and when it is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest_asyncio
from aiohttp import web

from contracts.notify import AlertRaised

TOKEN = "the-token-of-alertmanager-in-tests"
MINUTE = timedelta(minutes=1)


@dataclass
class Chat:
    """Discord and Slack; answers ``statuses`` first, then 200."""

    url: str = ""
    said: list[tuple[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        self.said.append((request.path, await request.json()))
        return web.Response(status=204)

    def texts(self, path: str) -> list[str]:
        return [body.get("content") or body.get("text") for where, body in self.said if where == path]


@pytest_asyncio.fixture(loop_scope="session")
async def chat() -> AsyncIterator[Chat]:
    made = Chat()
    app = web.Application()
    app.router.add_post("/{rest:.*}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def notify(start_notify: Any, chat: Chat) -> Any:
    return await start_notify(
        alert_token=TOKEN,
        discord_webhook_url=f"{chat.url}/discord",
        slack_webhook_url=f"{chat.url}/slack",
        alert_mail_to="operators@example.com",
    )


async def send(notify: Any, *alerts: dict[str, Any], token: str = TOKEN) -> int:
    body = {"version": "4", "status": "firing", "receiver": "notify", "groupLabels": {}, "alerts": list(alerts)}
    async with notify.client(token) as client:
        answer = await client.post("/alerts/alertmanager", json=body)
    await notify.settled()
    return int(answer.status_code)


def alert(status: str = "firing", fingerprint: str = "f1", **annotations: str) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "QueueGrows", "severity": "critical", "service": "export"},
        "annotations": {"summary": "The queue <grows> @everyone"} | annotations,
        "startsAt": "2026-05-17T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": fingerprint,
    }


async def test_an_alert_is_told_by_every_channel_and_logged(notify: Any, chat: Chat, logged: Any) -> None:
    assert await send(notify, alert()) == 204
    told = "[CRITICAL] export: The queue <grows> @everyone\n2026-05-17 12:00:00 UTC, severity critical"
    assert chat.texts("/discord") == [told]
    assert chat.said[0][1].get("allowed_mentions") == {"parse": []} or chat.said[1][1]["allowed_mentions"] == {
        "parse": []
    }
    assert chat.texts("/slack") == [told.replace("<grows>", "&lt;grows&gt;")]
    [letter] = await notify.letters("operators@example.com")
    assert letter["subject"] == "[CRITICAL] export: The queue <grows> @everyone"
    assert "severity critical" in letter["text"]
    assert "alert.heard" in logged() and chat.url not in logged()
    [raised] = notify.said(AlertRaised)
    assert (raised.severity, raised.service) == ("critical", "export")


async def test_equal_alerts_within_ten_minutes_are_told_once(notify: Any, chat: Chat) -> None:
    for _ in range(5):
        await send(notify, alert(), alert(fingerprint="f2"))
        notify.clock.advance(MINUTE)
    assert len(chat.texts("/discord")) == 2
    await notify.later(5 * MINUTE)
    await send(notify, alert())
    assert len(chat.texts("/discord")) == 3
    assert chat.texts("/discord")[-1].endswith("heard 6 times")


async def test_what_is_over_is_told_once_and_what_comes_back_is_told_anew(notify: Any, chat: Chat) -> None:
    await send(notify, alert())
    notify.clock.advance(11 * MINUTE)
    for _ in range(2):
        assert await send(notify, alert("resolved")) == 204
    assert [text.split("]")[0] for text in chat.texts("/slack")] == ["[CRITICAL", "[RESOLVED"]
    await send(notify, alert())
    assert [text.split("]")[0] for text in chat.texts("/slack")] == ["[CRITICAL", "[RESOLVED", "[CRITICAL"]
    assert len(await notify.letters("operators@example.com")) == 3


async def test_what_goes_and_comes_within_ten_minutes_is_told_once(notify: Any, chat: Chat) -> None:
    for status in ("firing", "resolved", "firing", "resolved"):
        await send(notify, alert(status))
        notify.clock.advance(MINUTE)
    assert [text.split("]")[0] for text in chat.texts("/slack")] == ["[CRITICAL"]
    await notify.later(10 * MINUTE)
    assert [text.split("]")[0] for text in chat.texts("/slack")] == ["[CRITICAL", "[RESOLVED"]


async def test_what_is_back_is_not_told_to_be_over(notify: Any, chat: Chat) -> None:
    for status in ("firing", "resolved", "firing"):
        await send(notify, alert(status))
    await notify.later(20 * MINUTE)
    assert [text.split("]")[0] for text in chat.texts("/slack")] == ["[CRITICAL"]


async def test_a_channel_that_is_away_is_tried_again_and_keeps_no_other_back(notify: Any, chat: Chat) -> None:
    chat.statuses = [500, 500]
    await send(notify, alert())
    assert len(await notify.letters("operators@example.com")) == 1
    assert chat.said == []
    await notify.later(MINUTE)
    assert (len(chat.texts("/discord")), len(chat.texts("/slack"))) == (1, 1)


async def test_a_channel_that_stays_away_is_given_up(notify: Any, chat: Chat, logged: Any) -> None:
    chat.statuses = [500] * 8
    await send(notify, alert())
    for wait in (1, 2, 4, 8):
        await notify.later(wait * MINUTE)
    assert chat.statuses == [] and chat.said == []
    assert await notify.rows("SELECT id FROM work") == []
    assert logged().count("alert.not_told") == 2


async def test_who_has_not_the_token_tells_nothing(notify: Any, chat: Chat) -> None:
    assert await send(notify, alert(), token="another") == 401
    async with notify.client() as nobody:
        assert (await nobody.post("/alerts/alertmanager", json={"alerts": [alert()]})).status_code == 401
    assert await notify.rows("SELECT id FROM alerts") == []


async def test_without_a_token_no_alerts_are_taken_and_without_channels_they_are_logged(
    start_notify: Any, logged: Any
) -> None:
    assert await send(await start_notify(), alert()) == 404
    notify = await start_notify(alert_token=TOKEN)
    assert await send(notify, alert(summary="Something is wrong")) == 204
    assert "Something is wrong" in logged()
    assert await notify.rows("SELECT id FROM work") == []


async def test_what_is_no_alert_is_refused(notify: Any) -> None:
    assert await send(notify, {"status": "odd", "labels": {}}) == 422


async def test_an_alert_with_next_to_nothing_in_it_is_told(notify: Any, chat: Chat) -> None:
    assert await send(notify, {"status": "firing", "labels": {"alertname": "Watchdog"}}) == 204
    assert chat.texts("/slack") == ["[WARNING] platform: Watchdog\n2026-05-17 12:00:00 UTC, severity warning"]
