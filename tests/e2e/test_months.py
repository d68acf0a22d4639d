"""A free month: three videos, a fourth refused with what would help, and three again when the next month begins."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import cv2
import pytest

from talkingphoto.client import ApiError, Client, Credentials
from talkingphoto.making import Order

pytestmark = [pytest.mark.journey, pytest.mark.moves_clock, pytest.mark.timeout(240)]

PASSWORD = "monsoon-42-lamp"


@pytest.fixture
def small(portrait: Path, tmp_path: Path) -> Path:
    """A portrait that is quickly made to speak."""
    found = cv2.imread(str(portrait))
    assert found is not None
    path = tmp_path / "small.jpg"
    cv2.imwrite(str(path), cv2.resize(found, (256, round(256 * found.shape[0] / found.shape[1]))))
    return path


class Admin:
    """Somebody who may move the platform's clock."""

    def __init__(self, platform: Any) -> None:
        self._platform = platform
        self._credentials = Credentials(f"admin-{secrets.token_hex(5)}@example.com", PASSWORD)

    async def begin(self) -> None:
        async with Client(self._platform.url) as client:
            await client.register(self._credentials, name="Admin")
        url = self._platform.database_urls["users"].replace("postgresql+asyncpg", "postgresql")
        users = await asyncpg.connect(url)
        await users.execute("UPDATE users SET role = 'admin' WHERE email = $1", self._credentials.email)
        await users.close()

    async def move_to(self, moment: datetime) -> None:
        async with Client(self._platform.url) as client:
            await client.log_in(self._credentials)
            ahead = (moment - datetime.now(UTC)).total_seconds()
            answer = await client.send("PUT", "/api/v1/admin/billing/clock", json={"offset_s": ahead})
            assert datetime.fromisoformat(answer["now"]) >= moment


async def _three_videos(user: Client, order: dict[str, Any]) -> None:
    accepted = await asyncio.gather(*(user.create_run(order, idempotency_key=secrets.token_hex(8)) for _ in range(3)))
    for run in accepted:
        last = [update async for update in user.follow(run["id"])][-1]
        assert last["state"] == "completed", await user.run(run["id"])


async def test_three_videos_in_january_and_three_in_february(platform: Any, small: Path) -> None:
    admin, credentials = Admin(platform), Credentials(f"asha-{secrets.token_hex(5)}@example.com", PASSWORD)
    await admin.begin()
    year = datetime.now(UTC).year + 1
    await admin.move_to(datetime(year, 1, 10, 12, tzinfo=UTC))

    async with Client(platform.url) as user:
        await user.register(credentials, name="Asha")
        uploaded = await user.upload(small)
        order = Order(photo=small, script="Hello there.", platforms=("tiktok",)).request()
        order |= {"input_file_id": uploaded["id"]}
        await _three_videos(user, order)

        with pytest.raises(ApiError) as refused:
            await user.create_run(order, idempotency_key="fourth")
        assert (refused.value.status, refused.value.code) == (402, "quota_exceeded")
        assert refused.value.details == {
            "limit": 3,
            "used": 3,
            "plan": "free",
            "upgrade_to": ["starter", "pro", "enterprise"],
            "anew_at": f"{year}-02-01T00:00:00+00:00",
        }
        assert f"01 February {year}" in str(refused.value)

        await admin.move_to(datetime(year, 2, 1, 0, 0, 5, tzinfo=UTC))
        assert (await user._ask("GET", "/api/v1/workflows")).status_code == 401
        usage = await user.send("GET", "/api/v1/usage/current")
        assert (usage["meters"]["workflows"]["used"], usage["meters"]["workflows"]["left"]) == (0, 3)
        await _three_videos(user, order)
        with pytest.raises(ApiError) as again:
            await user.create_run(order, idempotency_key="eighth")
        assert (again.value.status, again.value.details["anew_at"]) == (402, f"{year}-03-01T00:00:00+00:00")
