"""A clip is made, its words are chosen and written otherwise, and it is made anew; the version before comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from tests.e2e.studio.conftest import Visit
from tests.e2e.studio.test_products import arrived, in_persian
from tests.e2e.test_reely import SAID, link, shown

from simulators.serve import Served

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

Opened = Any
_TALK = "longerwords"


async def test_a_clip_is_edited_by_its_words(visit: Opened, videos: Served, tmp_path: Path) -> None:
    shown(videos, _TALK, f"{SAID} {SAID}", tmp_path)
    window: Visit = await visit()
    page = window.page
    await arrived(window, "Clips", "Reely")
    await window.to("/clips/new")
    await page.get_by_label("Link to a video").fill(link(_TALK))
    await page.get_by_label("Longest", exact=True).select_option("15")
    await page.get_by_role("button", name="Make clips").click()
    await page.get_by_role("link", name="Edit", exact=True).first.wait_for(timeout=120_000)
    assert await window.faults() == []
    made = page.url.partition("/studio")[2]
    await window.to(f"/videos/{made.rpartition('/')[2]}")
    await page.wait_for_url(f"**{made}")
    await page.get_by_role("link", name="Edit", exact=True).first.click()
    await page.get_by_role("heading", name="Version 1").wait_for()
    words = page.locator(".script-word")
    await words.first.wait_for()
    await page.locator(".wave svg").wait_for()
    assert await window.faults() == []

    # The last words are chosen and cut out, put back, and cut out once more: by keys.
    inside = page.locator(".script-word[data-in=true]")
    before = await inside.count()
    await inside.nth(before - 2).click()
    await page.keyboard.press("Shift+ArrowRight")
    await expect(page.locator(".script-word[aria-pressed=true]")).to_have_count(2)
    await page.keyboard.press("Delete")
    await expect(inside).to_have_count(before - 2)
    await page.keyboard.press("Control+z")
    await expect(inside).to_have_count(before)
    await page.get_by_role("button", name="Redo").click()
    await expect(inside).to_have_count(before - 2)
    # A word is written otherwise where it stands.
    await inside.nth(1).dblclick()
    await expect(page.locator(".script-input")).to_be_focused()
    await page.keyboard.type("<b>Everybody</b>")
    await page.keyboard.press("Enter")
    await expect(inside.nth(1)).to_have_text("<b>Everybody</b>")
    await expect(inside.nth(1)).to_be_focused()
    await page.reload()
    await expect(inside.nth(1)).to_have_text("<b>Everybody</b>")
    await expect(inside).to_have_count(before - 2)
    assert await window.faults() == []

    await page.get_by_role("button", name="Make the clip anew").click()
    await page.get_by_role("heading", name="Version 2").wait_for(timeout=120_000)
    await expect(inside).to_have_count(before - 2)
    await expect(inside.nth(1)).to_have_text("<b>Everybody</b>")
    assert await window.faults() == []
    await page.get_by_role("button", name="Version before").click()
    await page.get_by_role("heading", name="Version 1").wait_for(timeout=120_000)
    await expect(inside).to_have_count(before)
    await in_persian(window, [page.url.partition("/studio")[2]])
    assert window.complaints == []
