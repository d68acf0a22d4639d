"""A real browser, without a window."""

from __future__ import annotations

import asyncio
import html
import shutil
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def found_browser() -> str:
    """A browser of this machine. There is none: the test fails and says what to install, it is not left out."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(f"needs one of {', '.join(BROWSERS)} on the PATH: apt-get install chromium")
    return found


async def dom_of(browser: str, url: str, profile: Path) -> tuple[str, str]:
    """What a browser makes of a page once its scripts have run, and what it says on its error output."""
    process = await asyncio.create_subprocess_exec(
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-proxy-server",
        f"--user-data-dir={profile}",
        # Time for the page's own timers, not of the clock.
        "--virtual-time-budget=30000",
        "--dump-dom",
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(100):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return html.unescape(out.decode()), errors.decode()[-2000:]
