"""From the first page to a video on the disk by keys alone; of each stop is known what the accessibility tree says."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import CDPSession, FileChooser
from tests.e2e.studio.conftest import PASSWORD, Visit

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

Opened = Any
MOST_STOPS = 80
NAMELESS = {"RootWebArea", "generic", "none"}
"""Where the focus is on nothing."""


class Reader:
    """Somebody with a keyboard who hears what has the focus."""

    def __init__(self, window: Visit, session: CDPSession) -> None:
        self.page = window.page
        self._session = session

    async def hears(self) -> tuple[str, str]:
        """Role and name of what has the focus."""
        focused = await self._session.send("Runtime.evaluate", {"expression": "document.activeElement"})
        tree = await self._session.send(
            "Accessibility.getPartialAXTree", {"objectId": focused["result"]["objectId"], "fetchRelatives": False}
        )
        [node] = tree["nodes"][:1]
        return node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "").strip()

    async def goes_to(self, role: str, name: str) -> None:
        """Press Tab until it is there; nothing on the way is without a name."""
        passed = []
        for _ in range(MOST_STOPS):
            here = await self.hears()
            if here[0] == role and here[1].startswith(name):
                return
            assert here[0] in NAMELESS or here[1], f"a stop that says nothing: {here[0]} after {passed[-1:]}"
            passed.append(here)
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"no {role} {name!r} among {passed}")

    async def says(self, words: str) -> None:
        """Wait until it is told without the focus moving: in a region that is live."""
        await self.page.locator("[aria-live], [role=status], [role=alert]").filter(has_text=words).first.wait_for()

    async def types(self, text: str) -> None:
        """Into what has the focus."""
        await self.page.keyboard.type(text)


async def test_a_video_without_a_mouse_and_without_seeing(visit: Opened, portrait: Path, tmp_path: Path) -> None:
    window: Visit = await visit()
    page = window.page
    # From the beginning: a chooser that opens just when one begins to wait for it was, now and then, not noticed.
    chooser: asyncio.Future[FileChooser] = asyncio.get_running_loop().create_future()
    page.once("filechooser", lambda opened: chooser.set_result(opened))
    await page.goto(f"{window.url}/studio/")
    await page.get_by_role("heading", name="Make a photo talk.").wait_for()
    session = await page.context.new_cdp_session(page)
    await session.send("Accessibility.enable")
    reader = Reader(window, session)

    await reader.goes_to("textbox", "Name")
    await reader.types("Asha")
    await reader.goes_to("textbox", "E-mail address")
    await reader.types(f"asha-{secrets.token_hex(6)}@example.com")
    await reader.goes_to("textbox", "Password")
    await reader.types(PASSWORD)
    await reader.goes_to("checkbox", "I agree")
    await page.keyboard.press("Space")
    await reader.goes_to("button", "Create account")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/studio/videos/new")
    await page.get_by_role("heading", name="New video").wait_for()
    # Who cannot see that the page is another one is brought to its heading.
    await page.wait_for_function("document.activeElement.tagName === 'H1'")
    assert await reader.hears() == ("heading", "New video")

    await reader.goes_to("button", "Bring a photo of one face")
    await page.keyboard.press("Enter")
    await (await asyncio.wait_for(chooser, timeout=60)).set_files(portrait)
    await reader.says("A good photo: one clear face.")
    await reader.goes_to("textbox", "What it says")
    await reader.types("Hello, I am glad.")
    await reader.says("1 credit")
    await reader.goes_to("button", "Make the video")
    await page.keyboard.press("Enter")
    await reader.says("You can close this page")
    await page.get_by_role("button", name="Download", exact=True).wait_for(timeout=150_000)
    await reader.goes_to("button", "Download")
    async with page.expect_download() as begun:
        await page.keyboard.press("Enter")
    await (await begun.value).save_as(tmp_path / "video.mp4")
    assert (tmp_path / "video.mp4").read_bytes()[4:8] == b"ftyp"
    assert await window.clicks() == 0
    assert window.complaints == []
