"""From the first page to a video on the disk, as people go: with a mouse, in Persian on a phone, with keys alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from tests.e2e.studio.conftest import Visit, signed_up

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

Opened = Any
LARGEST_FIRST_PAGE = 150_000
LARGEST_SCRIPTS = 300_000
USABLE_WITHIN_MS = 1000
NAUGHTY = "<img src=x onerror=alert(1)><script>alert(1)<script>.jpg"


async def loaded(visit: Visit, kind: str | None = None) -> int:
    """Bytes that came over the wire for this page."""
    sizes: int = await visit.page.evaluate(
        """kind => performance.getEntriesByType('resource').filter(one => !kind || one.name.endsWith(kind))
          .reduce((sum, one) => sum + one.encodedBodySize, 0)""",
        kind,
    )
    return sizes


async def test_a_video_is_five_clicks_away(visit: Opened, portrait: Path, tmp_path: Path) -> None:
    window: Visit = await visit()
    page = window.page
    await page.goto(f"{window.url}/")
    await page.get_by_role("heading", name="Make a photo talk.").wait_for()
    assert page.url == f"{window.url}/studio/"
    assert await loaded(window) < LARGEST_FIRST_PAGE
    assert await window.faults() == []

    await signed_up(window)
    await expect(page.get_by_text("A photo is still missing.")).to_be_visible()
    assert await window.faults() == []
    await page.locator("input[type=file]").set_input_files(
        {"name": NAUGHTY, "mimeType": "image/jpeg", "buffer": portrait.read_bytes()}
    )
    await page.get_by_text("A good photo: one clear face.").wait_for()
    await page.get_by_label("What it says").fill("Hello, I am glad that you are here.")
    await page.get_by_text("More choices").press("Enter")
    await page.get_by_label("Title").fill("<script>alert(2)</script>Welcome & more")
    await expect(page.locator(".price")).to_have_text("1 credit")
    # What was chosen and typed is there after a reload.
    await page.reload()
    await expect(page.get_by_label("What it says")).to_have_value("Hello, I am glad that you are here.")
    await page.get_by_text("A good photo: one clear face.").wait_for()
    await expect(page.locator(".price")).to_have_text("1 credit")
    assert await loaded(window, ".js") < LARGEST_SCRIPTS
    assert await window.faults() == []

    await page.get_by_role("button", name="Make the video").click()
    await page.get_by_text("Your video is being made").wait_for()
    assert await window.faults() == []
    await page.get_by_role("button", name="Download", exact=True).wait_for(timeout=150_000)
    await expect(page.get_by_text("2 credits")).to_be_visible()
    async with page.expect_download() as begun:
        await page.get_by_role("button", name="Download", exact=True).click()
    await (await begun.value).save_as(tmp_path / "video.mp4")
    assert (tmp_path / "video.mp4").read_bytes()[4:8] == b"ftyp"
    # To agree, to open the account, to start, to download; with the one that opens the photo's dialog five.
    assert await window.clicks() == 4
    await page.locator("video").evaluate(
        "video => video.readyState || new Promise(done => video.onloadedmetadata = done)"
    )
    assert await page.locator("video").evaluate("video => video.videoHeight > video.videoWidth")
    for tab in ("Steps", "Time", "Order"):
        await page.get_by_role("tab", name=tab).click()
        await window.settled()
    await page.get_by_role("tab", name="Steps").click()
    await expect(page.get_by_text(re.compile(r"passed \(8 needed\)"))).to_be_visible()
    assert await window.faults() == []

    # Made anew with captions in the picture, which costs nothing, and is looked at where it is listed.
    await page.get_by_role("button", name="Make a variation").click()
    await page.get_by_label("Captions").select_option("burned")
    await page.get_by_text("0 credits").wait_for()
    assert await window.faults() == []
    await page.keyboard.press("Escape")
    await page.get_by_role("navigation").get_by_role("link", name="Videos").click()
    await page.get_by_role("link", name="Welcome & more").wait_for()
    assert await window.faults() == []

    await window.to("/library")
    await page.get_by_text(NAUGHTY).wait_for()
    assert await window.faults() == []
    await window.to("/notifications")
    await page.get_by_text("Your video is ready").wait_for()
    await page.get_by_role("button", name="Mark all as read").click()
    await expect(page.get_by_role("link", name="Notifications, 0 unread")).to_be_visible()
    assert await window.faults() == []

    await page.get_by_role("button", name="Your account").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("heading", name="Make a photo talk.").wait_for()
    assert window.complaints == []


async def test_the_first_page_is_usable_within_a_second(visit: Opened) -> None:
    """Nothing of it is known to the browser. Its processor time, because this machine does other things too: that and
    the way to a server on the same machine are all that it waits for."""
    took = []
    for _ in range(3):
        window: Visit = await visit()
        session = await window.page.context.new_cdp_session(window.page)
        await session.send("Performance.enable")
        await window.page.goto(f"{window.url}/studio/")
        await window.page.get_by_role("heading", name="Make a photo talk.").wait_for()
        await window.page.wait_for_function("performance.getEntriesByName('usable').length > 0")
        metrics = {one["name"]: one["value"] for one in (await session.send("Performance.getMetrics"))["metrics"]}
        took.append(round(1000 * metrics["ProcessTime"]))
    assert min(took) < USABLE_WITHIN_MS, took


async def test_persian_in_the_dark_on_a_phone(visit: Opened) -> None:
    window: Visit = await visit(
        locale="fa-IR", color_scheme="dark", viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True
    )
    page = window.page
    await window.to("/")
    await page.get_by_role("heading", name="بگذارید عکس حرف بزند.").wait_for()
    assert await page.evaluate("document.documentElement.dir") == "rtl"
    assert await window.faults() == []
    await signed_up(window)
    await page.get_by_role("heading", name="ویدیوی تازه").wait_for()
    assert await window.faults() == []
    for path in ("/videos", "/library", "/notifications", "/nothing"):
        await window.to(path)
        assert await window.faults() == [], path
    await page.get_by_role("button", name="فهرست").click()
    await page.get_by_role("dialog").get_by_role("link", name="ویدیوها").wait_for()
    assert await window.faults() == []
    # Another language at once, and still after a reload; so with the theme.
    await page.get_by_role("dialog").get_by_role("button", name="زبان").click()
    await page.get_by_role("button", name="हिन्दी").click()
    await page.get_by_role("dialog").get_by_role("link", name="वीडियो").click()
    await page.get_by_role("heading", name="वीडियो", exact=True).wait_for()
    await page.reload()
    await page.get_by_role("heading", name="वीडियो", exact=True).wait_for()
    assert await page.evaluate("[document.documentElement.dir, document.documentElement.lang]") == ["ltr", "hi"]
    assert await window.faults() == []
    assert window.complaints == []


async def test_keys_are_enough_and_doors_say_what_is_wrong(visit: Opened) -> None:
    window: Visit = await visit()
    page = window.page
    await window.to("/videos")
    await page.wait_for_url("**/studio/sign-in?next=**")
    assert await window.faults() == []
    await page.locator("[name=email]").focus()
    await page.keyboard.type("nobody@example.com")
    await page.keyboard.press("Tab")
    await page.keyboard.type("wrong-password-1")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").get_by_text("do not fit together").wait_for()
    assert await window.faults() == []
    for path, heading in (
        ("/forgot-password", "Forgot your password?"),
        ("/reset-password?token=x", "Set a new password"),
    ):
        await window.to(path)
        await page.get_by_role("heading", name=heading).wait_for()
        assert await window.faults() == [], path

    # The account's form, from the first key to the last.
    await window.to("/sign-up")
    await page.locator("[name=name]").focus()
    await page.keyboard.type("Ravi")
    await page.keyboard.press("Tab")
    await page.keyboard.type("ravi@example")
    await page.keyboard.press("Tab")
    await page.keyboard.type("short")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent.trim()") == "Show"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("[name=password]:invalid")).to_have_count(1)
    email = await signed_up(window, name="Ravi")
    # The first stop on every page leads past the navigation.
    await page.reload()
    await page.get_by_role("heading", name="New video").wait_for()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to content"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"
    # With another product's plan and credits, after the password.
    await page.get_by_role("button", name="Product").press("Enter")
    await page.get_by_role("link", name="Reely").press("Enter")
    await page.get_by_role("heading", name="Sign in to Reely").wait_for()
    await expect(page.locator("[name=email]")).to_have_value(email)
    assert await window.faults() == []
    assert window.complaints == []
