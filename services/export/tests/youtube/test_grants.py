"""Connecting: whose grant it is, and what may be wrong with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from simulators.core.faults import Fault
from simulators.vendors.youtube.server import CHANNEL_ID

_SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"


async def _callback(studio: Any, brought: dict[str, str], **more: Any) -> tuple[int, str | None]:
    answer = await studio.export.http.get("/api/v1/youtube/callback", params=brought, **more)
    return answer.status_code, answer.json().get("error", {}).get("code")


async def test_a_grant_is_good_once(start_studio: Any, user: UUID) -> None:
    """Whoever hears the answer twice connects once."""
    studio = await start_studio(consume=False)
    brought = await studio.consent(user)
    (cookie,) = studio.export.http.cookies.jar
    assert await _callback(studio, brought) == (200, None)
    studio.export.http.cookies.jar.set_cookie(cookie)
    assert await _callback(studio, brought) == (400, "youtube_grant_unknown")
    assert await studio.export.fetch("SELECT 1 FROM youtube_states") == []


async def test_a_grant_counts_only_from_who_began(start_studio: Any, user: UUID) -> None:
    """Another browser or another user cannot finish it; the same user can with a token, the same browser without."""
    studio = await start_studio(consume=False)
    http = studio.export.http
    for value, headers in ((None, {}), ("another", {}), (None, studio.logged_in(ids.uuid7()))):
        brought = await studio.consent(user)
        (cookie,) = http.cookies.jar
        cookie.value = value
        if value is None:
            http.cookies.clear()
        assert await _callback(studio, brought, headers=headers) == (400, "youtube_grant_unknown")
        http.cookies.clear()
    assert await studio.export.fetch("SELECT 1 FROM youtube_connections") == []
    brought = await studio.consent(user)
    http.cookies.clear()
    assert await _callback(studio, brought, headers=studio.logged_in(user)) == (200, None)
    assert await _callback(studio, {"state": "made up", "code": "x"}) == (400, "youtube_grant_unknown")
    assert await _callback(studio, {"code": "x"}) == (422, "invalid")


async def test_a_grant_does_not_wait_for_ever(start_studio: Any, user: UUID) -> None:
    """Ten minutes; then it begins again. Old ones are forgotten, and nobody collects many."""
    studio = await start_studio(consume=False)
    brought = await studio.consent(user)
    await studio.export.execute("UPDATE youtube_states SET expires_at = now() - interval '1 second'")
    assert await _callback(studio, brought) == (400, "youtube_grant_unknown")
    for _ in range(12):
        await studio.consent(user)
    assert len(await studio.export.fetch("SELECT 1 FROM youtube_states")) == 10


async def test_a_key_that_was_taken_away_ends_what_it_sealed(start_studio: Any, user: UUID) -> None:
    """A grant under way begins again, a connection has to be made again; nothing breaks."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    brought = await studio.consent(user)
    (cookie,) = studio.export.http.cookies.jar
    other = {"url": studio.export.database.url, "encryption_key": "another-key-of-more-than-32-characters"}
    second = await start_studio(vendor=studio.vendor, **other)
    cookie.domain = "export.local"
    second.export.http.cookies.jar.set_cookie(cookie)
    assert await _callback(second, brought) == (400, "youtube_grant_unknown")
    seen = await second.uploaded(user, await second.project(user))
    assert seen["error"] == "The connection to your channel has ended. Connect it again."
    await second.connect(user)
    assert (await second.uploaded(user, await second.project(user)))["upload_status"] == "complete"


async def test_where_the_user_is_sent(start_studio: Any, user: UUID) -> None:
    """Offline access, consent each time, a challenge; a cookie that only the callback gets."""
    studio = await start_studio(consume=False, public_url="https://talkingphoto.example")
    begun = await studio.export.http.get("/api/v1/youtube/connect", headers=studio.logged_in(user))
    url = begun.json()["authorization_url"]
    for part in (
        "access_type=offline", "prompt=consent", "code_challenge_method=S256", "response_type=code",
        "redirect_uri=https%3A%2F%2Ftalkingphoto.example%2Fapi%2Fv1%2Fyoutube%2Fcallback",
    ):  # fmt: skip
        assert part in url
    cookie = begun.headers["set-cookie"]
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/api/v1/youtube/callback", "Max-Age=600"):
        assert part in cookie
    assert (await studio.export.http.get("/api/v1/youtube/connect")).status_code == 401


async def test_saying_no_connects_nothing(start_studio: Any, user: UUID) -> None:
    """Altogether, or to a part of it."""
    studio = await start_studio(consume=False)
    studio.vendor.plan.script("consent", [Fault.DENIED])
    assert await _callback(studio, await studio.consent(user)) == (403, "youtube_grant_refused")
    studio.vendor.accounts.allowed = frozenset({_SCOPE})
    assert await _callback(studio, await studio.consent(user)) == (200, None)


async def test_an_account_without_a_channel(start_studio: Any, user: UUID) -> None:
    """There is nowhere to upload to."""
    studio = await start_studio(consume=False)
    studio.vendor.has_channel = False
    assert await _callback(studio, await studio.consent(user)) == (409, "youtube_no_channel")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.BAD_INPUT, (403, "youtube_grant_refused")),
        (Fault.AUTH, (503, "youtube_unavailable")),
        (Fault.OVERLOADED, (503, "youtube_unavailable")),
        (Fault.DROP_AFTER, (503, "youtube_unavailable")),
        (Fault.HANG_BEFORE, (503, "youtube_unavailable")),
        (Fault.GARBLED, (503, "youtube_unavailable")),
    ],
)
async def test_an_exchange_that_fails(start_studio: Any, user: UUID, fault: Fault, expected: tuple[int, str]) -> None:
    """The user begins again, and then it works."""
    studio = await start_studio(consume=False)
    brought = await studio.consent(user)
    studio.vendor.plan.script("token", [fault])
    assert await _callback(studio, brought) == expected
    assert (await studio.connect(user))["channel_id"] == CHANNEL_ID


async def test_two_tabs_do_not_disturb_each_other(start_studio: Any, user: UUID) -> None:
    """Either may be finished first."""
    studio = await start_studio(consume=False)
    first, second = await studio.consent(user), await studio.consent(user)
    assert await _callback(studio, second) == (200, None)
    assert await _callback(studio, first) == (200, None)
    assert list(studio.export.http.cookies.jar) == []


async def test_a_browser_goes_on_to_a_page(start_studio: Any, user: UUID) -> None:
    """With what came of it; a client that sends a token reads the answer itself."""
    page = "https://talkingphoto.example/settings?tab=video"
    studio = await start_studio(consume=False, youtube_return_url=page)
    get, brought = studio.export.http.get, await studio.consent(user)
    for outcome in ("connected", "youtube_grant_unknown"):
        answer = await get("/api/v1/youtube/callback", params=brought)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{page}&youtube={outcome}")
    brought = await studio.consent(user)
    assert await _callback(studio, brought, headers=studio.logged_in(user)) == (200, None)


async def test_connecting_again_replaces_the_connection(start_studio: Any, user: UUID) -> None:
    """One for each user, and the newest."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    (before,) = await studio.export.fetch("SELECT * FROM youtube_connections")
    await studio.connect(user)
    (after,) = await studio.export.fetch("SELECT * FROM youtube_connections")
    assert before["tokens"] != after["tokens"]
    assert [grant.revoked for grant in studio.vendor.accounts.grants] == [False, False]


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.SERVER_ERROR])
async def test_a_revocation_that_fails_is_made_later(start_studio: Any, user: UUID, fault: Fault) -> None:
    """The user is disconnected at once; Google hears of it when it listens."""
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.plan.script("cancel", [fault])
    me = studio.logged_in(user)
    assert (await studio.export.http.delete("/api/v1/youtube/connection", headers=me)).status_code == 204
    await studio.export.eventually("SELECT attempts FROM work WHERE lease_token IS NULL", [1])
    await studio.export.execute("UPDATE work SET run_after = now()")
    await studio.export.eventually("SELECT count(*) FROM work", [0])
    assert [grant.revoked for grant in studio.vendor.accounts.grants] == [True]


async def _disconnect(studio: Any, user: UUID) -> None:
    answer = await studio.export.http.delete("/api/v1/youtube/connection", headers=studio.logged_in(user))
    assert answer.status_code == 204


def _revoked(studio: Any) -> list[bool]:
    return [grant.revoked for grant in studio.vendor.accounts.grants]


async def test_a_revocation_that_comes_late_leaves_the_new_connection_alone(start_studio: Any, user: UUID) -> None:
    """Google ends every grant of an account at once, the one given again meanwhile with them."""
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.plan.script("cancel", [Fault.SERVER_ERROR])
    await _disconnect(studio, user)
    await studio.export.eventually("SELECT attempts FROM work WHERE lease_token IS NULL", [1])
    await studio.connect(user)
    await studio.export.execute("UPDATE work SET run_after = now()")
    await studio.export.eventually("SELECT count(*) FROM work", [0])
    assert _revoked(studio) == [False, False]
    assert (await studio.uploaded(user, await studio.project(user)))["upload_status"] == "complete"
    await _disconnect(studio, user)
    await studio.export.eventually("SELECT count(*) FROM work", [0])
    assert _revoked(studio) == [True, True]


async def test_who_else_is_connected_to_the_channel_stays_connected(start_studio: Any, user: UUID) -> None:
    studio = await start_studio()
    other = ids.uuid7()
    await studio.connect(user)
    await studio.connect(other)
    await _disconnect(studio, user)
    await studio.export.eventually("SELECT count(*) FROM work", [0])
    assert _revoked(studio) == [False, False]
    assert (await studio.uploaded(other, await studio.project(other)))["upload_status"] == "complete"


async def test_while_an_earlier_grant_is_being_ended_nobody_gets_a_new_one(start_studio: Any, user: UUID) -> None:
    """One under way could end it; one that waits is put off until it can see the new connection."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    await _disconnect(studio, user)
    brought = await studio.consent(user)
    await studio.export.execute("UPDATE work SET lease_token = $1, lease_until = now() + interval '1 minute'", user)
    assert await _callback(studio, brought) == (503, "youtube_unavailable")
    await studio.export.execute("UPDATE work SET lease_token = NULL, lease_until = NULL")
    assert await _callback(studio, await studio.consent(user)) == (200, None)
    assert await studio.export.fetch("SELECT 1 FROM work WHERE run_after < now() + interval '1 minute'") == []


async def test_only_the_account_that_revokes_loses_its_grants(start_studio: Any, user: UUID) -> None:
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.accounts.account = "ravi@example.com"
    brought = await studio.consent(ids.uuid7())
    studio.vendor.accounts.account = "asha@example.com"
    assert brought["code"]
    await _disconnect(studio, user)
    await studio.export.eventually("SELECT count(*) FROM work", [0])
    assert _revoked(studio) == [True, False]


async def test_renewed_tokens_take_the_place_only_of_those_they_renew(start_studio: Any, user: UUID) -> None:
    """A run that began before the user connected again renews its old grant; the new one stays."""
    studio = await start_studio(consume=False)
    connections = studio.export.service.app.state.youtube
    await studio.connect(user)
    old = await connections.access(user, CHANNEL_ID)
    await studio.connect(user)
    (new,) = await studio.export.fetch("SELECT tokens FROM youtube_connections")
    studio.vendor.accounts.expire()
    renewed_before = len(studio.vendor.accounts.access)

    async def look(token: str) -> Any:
        return await connections._youtube.channel(token)

    assert (await old.call(look)).id == CHANNEL_ID
    assert len(studio.vendor.accounts.access) == renewed_before + 1
    assert await studio.export.fetch("SELECT tokens FROM youtube_connections") == [new]
    fresh = await connections.access(user, CHANNEL_ID)
    assert (await fresh.call(look)).id == CHANNEL_ID
    (kept,) = await studio.export.fetch("SELECT tokens FROM youtube_connections")
    assert kept != new
