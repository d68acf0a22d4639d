"""Messages that were given up, as administrators see them and put them back."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from playwright.async_api import expect
from tests.e2e.conftest import Platform
from tests.e2e.people import until
from tests.e2e.studio.conftest import PASSWORD, Visit, signed_up
from tests.e2e.studio.test_products import in_persian
from tests.e2e.test_accounts import rows

from chassis import ids

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

Opened = Any
QUEUE = "notify.people"


async def test_dead_letters_are_looked_into_and_put_back(visit: Opened, embedded: Platform) -> None:
    window: Visit = await visit()
    page = window.page
    await window.to("/sign-up")
    email = await signed_up(window)
    await rows(embedded, "users", "UPDATE users SET role = 'admin' WHERE email = $1", email)
    # The role stands in the token.
    await page.get_by_role("button", name="Your account").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("heading", name="Make a photo talk.").wait_for()
    await window.to("/sign-in?next=/admin/letters")
    await page.locator("[name=email]").fill(email)
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator("form button[type=submit]").click()
    await page.get_by_role("heading", level=1, name="Dead letters").wait_for()

    reason = f"<b>nobody reads</b> {secrets.token_hex(4)}"
    kept = "INSERT INTO dead_letters (id, queue, headers, body, attempt, reason) VALUES ($1, $2, '{}', $3, 4, $4)"
    body = json.dumps({"run_id": f"<i>{secrets.token_hex(4)}</i>"}).encode()
    await rows(embedded, "notify", kept, ids.uuid7(), QUEUE, body, reason)
    await page.get_by_role("button", name="Look again").click()
    letter = page.get_by_role("row").filter(has_text=reason)
    await letter.wait_for()
    assert await window.faults() == []
    await letter.get_by_role("button", name="Show letter").click()
    await page.get_by_role("dialog").get_by_text('"run_id": "<i>').wait_for()
    assert await window.faults() == []
    await page.get_by_role("dialog").get_by_role("button", name="Put back").click()
    await page.get_by_text("1 letter was put back.").wait_for()
    assert not await rows(embedded, "notify", "SELECT id FROM dead_letters WHERE reason = $1", reason)
    await expect(page.get_by_role("row").filter(has_text=reason)).to_have_count(0)
    await in_persian(window, ["/admin/letters", "/admin"])

    # It says of no type what it is, so it was given up once more, for that.
    async def again() -> bool | None:
        ended = "DELETE FROM dead_letters WHERE body = $1 RETURNING id"
        return True if await rows(embedded, "notify", ended, body) else None

    await until(again)
    assert window.complaints == []
