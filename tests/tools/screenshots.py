"""The pictures of the studio that the README shows, of a platform that is started for them: ``make screenshots``."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import shutil
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright
from tests.e2e.browsers import found_browser

from chassis.testing.folders import quick_folder
from talkingphoto.sample import sample_portrait
from talkingphoto_runner.embedded import EmbeddedPlatform
from talkingphoto_runner.layout import Home

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PASSWORD = "monsoon-42-lamp"
SCRIPT = "Hello! I was a photo a minute ago. Now I can tell you about our shop, in your language and with captions."
QUALITY = 78
"""Of the JPEGs: some 50 KB each."""
DESKTOP, PHONE = {"width": 1180, "height": 780}, {"width": 375, "height": 760}


async def opened(chromium: Browser, url: str, **how: Any) -> Page:
    """A window on the first page of the studio."""
    context = await chromium.new_context(**{"locale": "en-GB", "viewport": DESKTOP, **how})
    context.set_default_timeout(120_000)
    page = await context.new_page()
    await page.goto(f"{url}/studio/")
    await page.locator("main h1").wait_for()
    return page


async def signed_up(page: Page) -> None:
    """With an account, at the form of a new video."""
    form = page.locator("form")
    await form.locator("[name=name]").fill("Asha Rao")
    await form.locator("[name=email]").fill(f"asha-{secrets.token_hex(4)}@example.com")
    await form.locator("[name=password]").fill(PASSWORD)
    await form.locator("[name=agreed]").check()
    await form.locator("button[type=submit]").click()
    await page.wait_for_url("**/studio/videos/new")


async def written(page: Page, script: str) -> None:
    """With a photo and words, and a price."""
    await page.locator("input[type=file]").set_input_files(sample_portrait())
    await page.locator(".photo-picture img").wait_for()
    await page.locator("[name=script]").fill(script)
    await page.locator(".price").wait_for()
    await page.locator(".photo-picture img").evaluate("one => one.decode()")


async def taken(page: Page, out: Path) -> None:
    """One picture, once nothing moves any more."""
    await page.evaluate("scrollTo(0, 0)")
    await page.screenshot(path=out, type="jpeg", quality=QUALITY, animations="disabled")
    print(f"{out.name}: {out.stat().st_size / 1000:.0f} KB")


async def screenshots(url: str, out: Path) -> None:
    """A new video by day, what came of it by night, and the same in Persian on a phone."""
    out.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=found_browser(), args=["--no-sandbox", "--no-proxy-server", "--disable-gpu"]
        )
        page = await opened(chromium, url)
        await signed_up(page)
        await written(page, SCRIPT)
        await taken(page, out / "studio-new.jpg")
        await page.get_by_role("button", name="Make the video").click()
        await page.get_by_role("button", name="Download", exact=True).wait_for()
        await page.emulate_media(color_scheme="dark")
        # As it is when it is looked at: in the middle of a word.
        await page.locator("video").evaluate(
            "one => new Promise(done => { one.onseeked = done; one.muted = true; one.currentTime = 1.5; })"
        )
        await page.get_by_role("tab", name="Steps").click()
        await taken(page, out / "studio-result.jpg")
        phone = await opened(chromium, url, locale="fa-IR", viewport=PHONE, has_touch=True, is_mobile=True)
        await signed_up(phone)
        await written(phone, "Hello, I am glad that you are here.")
        await taken(phone, out / "studio-phone.jpg")
        await chromium.close()


async def main() -> None:
    """See the module."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path, default=IMAGES)
    chosen = arguments.parse_args()
    folder = quick_folder("talkingphoto-screenshots-")
    platform = EmbeddedPlatform(Home(folder))
    try:
        await platform.start()
        await screenshots(platform.url, chosen.out)
    finally:
        await platform.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
