"""What one has and pays, how one is let in, and who may look at everybody's: the pages of the account itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect
from tests.e2e.studio.conftest import Visit, signed_up
from tests.e2e.studio.test_products import in_persian

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

Opened = Any


async def test_a_plan_is_paid_for_and_a_key_made_with_it(visit: Opened) -> None:
    window: Visit = await visit()
    page = window.page
    await window.to("/")
    await signed_up(window)
    await page.get_by_role("link", name="3 credits").click()
    await expect(page.locator(".amount")).to_have_text("3 credits to use")
    await window.settled()
    assert await window.faults() == []

    # The plan comes without keys, and says so with the way to one that has them.
    await window.to("/settings/keys")
    await page.get_by_role("heading", name="Your plan comes without API keys").wait_for()
    assert await window.faults() == []
    await page.get_by_role("link", name="See the plans").click()
    await page.get_by_role("button", name="Choose Pro").click()
    await page.get_by_role("button", name="Pay").click()
    await page.get_by_text("You are on Pro now.").wait_for()

    await window.to("/settings/keys")
    await page.get_by_label("Name", exact=True).fill("Nightly <b>job</b>")
    await page.get_by_role("button", name="Make the key").click()
    await expect(page.locator(".secret")).to_have_text(re.compile("^tpk_"))
    assert await window.faults() == []
    await page.get_by_role("button", name="Revoke: Nightly").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await page.get_by_role("heading", name="No keys yet").wait_for()

    # Where letters lead, and who is no administrator.
    await window.to("/billing")
    await page.wait_for_url("**/studio/money")
    await page.get_by_role("button", name="Cancel plan").wait_for()
    assert await window.faults() == []
    await window.to("/admin")
    await page.get_by_role("heading", name="This is for administrators").wait_for()

    rooms = {"money": ("plans", "statement"), "settings": ("security", "keys", "webhooks", "notifications", "privacy")}
    await in_persian(
        window, [path for room in rooms for path in (f"/{room}", *(f"/{room}/{one}" for one in rooms[room]))]
    )
    assert window.complaints == []
