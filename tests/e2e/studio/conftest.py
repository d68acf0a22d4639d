"""One browser for all of the studio's tests, on the embedded platform that others use too."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from tests.e2e.conftest import Platform

AXE = Path(__file__).parents[3] / "services" / "gateway" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "monsoon-42-lamp"

# The policy lets nothing in that a page did not bring: the tool is run in a world of its own.
_LOOK = """async ({only}) => {
  const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found = await axe.run(document, {runOnly: rules});
  return found.violations.filter(one => only.includes(one.impact))
    .map(one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).slice(0, 4).join(', ')}`);
}"""


_STICKS_OUT = """[...document.body.querySelectorAll('*')]
  .filter(one => { const box = one.getBoundingClientRect(); return box.left < -1 || box.right > innerWidth + 1; })
  .map(one => `${one.tagName.toLowerCase()}.${one.className}`).join(', ')"""


@dataclass
class Visit:
    """A window on the studio, and what its console said that is no good news."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    async def to(self, path: str) -> None:
        """Go to a page of the studio and wait until it is drawn."""
        await self.page.goto(f"{self.url}/studio{path}")
        await self.page.locator("main h1").wait_for(state="attached")
        await self.settled()

    async def clicks(self) -> int:
        """How often something was pressed with a pointer since the window is open."""
        found: int = await self.page.evaluate("Number(sessionStorage.getItem('clicks') ?? 0)")
        return found

    async def settled(self) -> None:
        """Wait until nothing is on its way any more."""
        await self.page.locator("main .skeleton").first.wait_for(state="detached")

    async def faults(self) -> list[str]:
        """What axe finds that is serious, and what sticks out of the window."""
        session = await self.page.context.new_cdp_session(self.page)
        tree = await session.send("Page.getFrameTree")
        world = await session.send(
            "Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "axe"}
        )
        where = {"contextId": world["executionContextId"]}
        await session.send("Runtime.evaluate", {"expression": AXE.read_text(), **where})
        said = await session.send(
            "Runtime.evaluate",
            {
                "expression": f"({_LOOK})({{only: ['serious', 'critical']}})",
                "awaitPromise": True,
                "returnByValue": True,
                **where,
            },
        )
        await session.detach()
        found: list[str] = said["result"].get("value", [str(said)])
        wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            found.append(f"{wide} pixels wider than the window: {await self.page.evaluate(_STICKS_OUT)}")
        return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(browser: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--no-proxy-server", "--disable-gpu"]
        )
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser, embedded: Platform) -> AsyncIterator[Any]:
    """Opens a window with whatever it is to differ in; windows end with the test."""
    contexts: list[BrowserContext] = []

    async def opened(**how: Any) -> Visit:
        context = await chromium.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **how})
        context.set_default_timeout(60_000)
        contexts.append(context)
        # How often something was pressed with a pointer: keys make clicks too, and are told apart by their detail.
        await context.add_init_script(
            "addEventListener('click', one => one.isTrusted && one.detail > 0"
            " && sessionStorage.setItem('clicks', Number(sessionStorage.getItem('clicks') ?? 0) + 1), true)"
        )
        page = await context.new_page()
        visit = Visit(page, embedded.url)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("console", lambda said: visit.complaints.append(said.text) if "Content Security" in said.text else None)
        page.on("dialog", lambda shown: visit.complaints.append(f"a dialog: {shown.message}"))
        return visit

    yield opened
    for context in contexts:
        await context.close()


async def signed_up(visit: Visit, name: str = "Asha") -> str:
    """Open an account by the form of the first page; the address it has."""
    email = f"asha-{secrets.token_hex(6)}@example.com"
    form = visit.page.locator("form")
    await form.locator("[name=name]").fill(name)
    await form.locator("[name=email]").fill(email)
    await form.locator("[name=password]").fill(PASSWORD)
    await form.locator("[name=agreed]").check()
    await form.locator("button[type=submit]").click()
    await visit.page.wait_for_url("**/studio/videos/new")
    return email
