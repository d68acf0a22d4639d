"""Clips, films and pictures, each from the first look at its page: into its product, an order, what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from tests.e2e.studio.conftest import PASSWORD, Visit, signed_up

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

Opened = Any
LARGEST_SCRIPTS = 300_000
FOUR_MINUTES = "https://www.youtube.com/watch?v=fourminutes"
FIRST = "The river begins as a thread of water. Nobody notices it there."
MARKED = '<the sea> & "the sky"'
"""What no tag of HTML is stays in a script, and is shown as it was written."""
SCRIPT = f"# The river\n\n{FIRST}\n\nAt the end {MARKED} are wide."


async def arrived(window: Visit, link: str, product: str) -> None:
    """A new account, led by its navigation into another product and back to the page it wanted."""
    page = window.page
    await window.to("/sign-up")
    await signed_up(window)
    await page.get_by_role("navigation").get_by_role("link", name=link, exact=True).click()
    await page.get_by_role("link", name=f"Go on in {product}").wait_for()
    assert await window.faults() == []
    await page.get_by_role("link", name=f"Go on in {product}").click()
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator("form button[type=submit]").click()
    await page.get_by_role("heading", level=1, name="Sign in to").wait_for(state="detached")
    await window.settled()


async def in_persian(window: Visit, paths: Sequence[str]) -> None:
    """The same pages from right to left, in the dark, on a phone."""
    page = window.page
    await page.evaluate("""localStorage.setItem('studio.language', '{"tag": "fa", "dir": "rtl"}')""")
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 375, "height": 740})
    for path in paths:
        await window.to(path)
        assert await page.evaluate("document.documentElement.dir") == "rtl"
        assert await window.faults() == [], path


async def scripts(window: Visit) -> int:
    """Bytes of scripts that this page took."""
    sizes: int = await window.page.evaluate(
        "performance.getEntriesByType('resource').filter(one => one.name.endsWith('.js'))"
        ".reduce((sum, one) => sum + one.encodedBodySize, 0)"
    )
    return sizes


async def test_a_part_of_a_video(visit: Opened, tmp_path: Path) -> None:
    window: Visit = await visit()
    page = window.page
    await arrived(window, "Clips", "Reely")
    await page.get_by_text("Your best moments are in there somewhere").wait_for()
    await page.get_by_text("5 of 5 left").wait_for()
    assert await window.faults() == []
    await page.get_by_role("link", name="Find the best moments").first.click()
    await page.get_by_label("Link to a video").fill("https://example.com/film")
    await page.get_by_role("button", name="Make clips").click()
    await expect(page.get_by_label("Link to a video")).to_have_attribute("aria-invalid", "true")
    assert await window.faults() == []

    await window.to("/clips/trim")
    await page.get_by_label("Link to a video").fill(FOUR_MINUTES)
    await page.get_by_label("From", exact=True).fill("0:10")
    await page.get_by_label("Until", exact=True).fill("0:09")
    await page.get_by_text("The end has to come after the beginning.").wait_for()
    await page.get_by_label("Until", exact=True).fill("0:12")
    await page.reload()
    await expect(page.get_by_label("Link to a video")).to_have_value(FOUR_MINUTES)
    await expect(page.get_by_label("Until", exact=True)).to_have_value("0:12")
    assert await scripts(window) < LARGEST_SCRIPTS
    assert await window.faults() == []
    await page.get_by_role("button", name="Cut it out").click()
    await page.get_by_role("heading", name="It is ready").wait_for()
    assert await window.faults() == []
    async with page.expect_download() as begun:
        await page.get_by_role("button", name="Download").click()
    await (await begun.value).save_as(tmp_path / "part.mp4")
    assert (tmp_path / "part.mp4").read_bytes()[4:8] == b"ftyp"
    await in_persian(window, ["/clips", "/clips/new", "/clips/trim", page.url.partition("/studio")[2]])
    assert window.complaints == []


async def test_a_film_is_planned_before_it_costs_anything(visit: Opened, portrait: Path) -> None:
    window: Visit = await visit()
    page = window.page
    await arrived(window, "Film", "AI Film Studio")
    await page.get_by_role("link", name="New film").first.click()
    await page.get_by_label("What is said").fill(SCRIPT)
    await page.locator("input[type=file]").set_input_files(portrait)
    await page.get_by_role("button", name="Take out portrait.jpg").wait_for()
    await page.get_by_text("The film takes 3 credits; you have 3.").wait_for()
    await page.reload()
    await expect(page.get_by_label("What is said")).to_have_value(SCRIPT)
    assert await scripts(window) < LARGEST_SCRIPTS
    assert await window.faults() == []
    await page.get_by_role("button", name="Plan the film").click()
    await page.get_by_text("Before you order").wait_for()
    await page.get_by_text(MARKED).first.wait_for()
    assert await window.faults() == []

    shot = page.get_by_role("listitem").filter(has_text="thread of water")
    await shot.get_by_role("button").click()
    await shot.get_by_role("button", name="Edit").click()
    await page.get_by_role("dialog").get_by_label("What is said").fill("The river begins as a drop.")
    assert await window.faults() == []
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    changed = page.get_by_role("listitem").filter(has_text="begins as a drop")
    for act, badge in (("Approve", "Approved"), ("Lock", "Locked")):
        await changed.get_by_role("button").first.click()
        await changed.get_by_role("button", name=act, exact=True).click()
        await changed.locator(".badge", has_text=badge).wait_for()
    await page.get_by_role("tab", name="Script").click()
    await expect(page.get_by_label("What is said")).to_have_value(SCRIPT.replace(FIRST, "The river begins as a drop."))
    await page.get_by_role("tab", name="Shots").click()

    # Ordered, and stopped before it is made: what was set aside is there again.
    await page.get_by_role("button", name="Make the film").click()
    await page.get_by_text("The film is being made").wait_for()
    assert await window.faults() == []
    await page.get_by_role("button", name="Stop it").click()
    await page.get_by_role("dialog").get_by_role("button", name="Stop it").click()
    await page.get_by_role("link", name="3 credits").wait_for()
    await in_persian(window, ["/film", "/film/new", page.url.partition("/studio")[2]])
    assert window.complaints == []


async def test_a_picture_is_edited_step_by_step_and_shared(visit: Opened, portrait: Path) -> None:
    window: Visit = await visit()
    page = window.page
    await arrived(window, "Pictures", "Pixie")
    await page.get_by_text("Your first picture is a sentence away").wait_for()
    assert await window.faults() == []
    await page.locator("input[type=file]").set_input_files(portrait)
    await page.get_by_role("heading", name="Edit a picture").wait_for()
    for step in ("Crop", "Light and colour"):
        await page.get_by_role("button", name="Add a step").click()
        await page.get_by_role("button", name=step, exact=True).click()
    await page.get_by_label("Exposure").fill("0.5")
    await page.get_by_role("img", name="The picture with these steps").wait_for()
    await page.locator("img[src^='blob:']").wait_for()
    await page.get_by_role("button", name="Take out Light and colour").click()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_label("Exposure")).to_have_value("0.5")
    await page.reload()
    await expect(page.get_by_label("Exposure")).to_have_value("0.5")
    assert await scripts(window) < LARGEST_SCRIPTS
    assert await window.faults() == []
    edit = page.url.partition("/studio")[2]
    await page.get_by_role("button", name="Make the picture").click()
    await page.get_by_role("heading", name="How it was made").wait_for()
    await page.get_by_role("heading", name="Where it comes from").wait_for()
    await page.get_by_text("Your upload").wait_for()
    assert await window.faults() == []
    made = page.url.partition("/studio")[2]

    # A part is marked without a pointer.
    await page.get_by_role("link", name="Change a part").click()
    await page.get_by_role("button", name="Mark 50 by 50").click()
    await page.get_by_text("1 mark; only there is anything changed.").wait_for()
    assert await window.faults() == []
    paint = page.url.partition("/studio")[2]

    await window.to("/pictures/projects")
    await page.get_by_role("button", name="New project").first.click()
    await page.get_by_role("dialog").get_by_label("Name").fill("<b>Harbour</b>")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Make a link").click()
    link = await page.locator("code").first.inner_text()
    assert await window.faults() == []
    project = page.url.partition("/studio")[2]
    stranger: Visit = await visit()
    await stranger.page.goto(link)
    await stranger.page.get_by_role("heading", name="<b>Harbour</b>").wait_for()
    assert await stranger.faults() == []
    await page.get_by_role("button", name="End", exact=True).click()
    await expect(page.get_by_role("button", name="End", exact=True)).to_have_count(0)
    await stranger.page.reload()
    await stranger.page.get_by_role("heading", name="This is not shared any more").first.wait_for()
    await in_persian(window, ["/pictures", made, edit, paint, "/pictures/compare", "/pictures/projects", project])
    assert window.complaints == stranger.complaints == []
