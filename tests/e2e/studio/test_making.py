"""What there is before an order: the face that is to speak, its voice; and the ways in that need no password."""

from __future__ import annotations

import io
import secrets
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image
from playwright.async_api import expect
from tests.e2e.studio.conftest import Visit, signed_up
from tests.e2e.studio.test_products import in_persian

from simulators.serve import Served
from simulators.vendors.openid.google import Google
from simulators.vendors.openid.issuer import Person

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

Opened = Any


def two_faces(portrait: Path) -> bytes:
    """A photo of two people of one size: nobody knows who is meant."""
    head = Image.open(portrait).convert("RGB").crop((80, 10, 370, 300)).resize((480, 480))
    both = Image.new("RGB", (1120, 560), (190, 190, 190))
    both.paste(head, (40, 40))
    both.paste(head.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (600, 40))
    out = io.BytesIO()
    both.save(out, "JPEG", quality=92)
    return out.getvalue()


async def test_one_of_two_faces_is_chosen_and_its_voice_is_heard(visit: Opened, portrait: Path) -> None:
    window: Visit = await visit()
    page = window.page
    await window.to("/sign-up")
    await signed_up(window)
    photo = {"name": "both.jpg", "mimeType": "image/jpeg", "buffer": two_faces(portrait)}
    await page.locator("input[type=file]").set_input_files(photo)
    await page.get_by_text("Press the face that is to speak.").wait_for()
    await expect(page.locator(".face-mark")).to_have_count(2)
    assert await window.faults() == []
    # The marks lie on the faces: the second one on the right half.
    boxes = [await mark.bounding_box() for mark in await page.locator(".face-mark").all()]
    shown = await page.locator(".faces img").bounding_box()
    assert shown is not None and all(box is not None for box in boxes)
    left, right = sorted(box["x"] + box["width"] / 2 for box in boxes if box)
    assert left < shown["x"] + shown["width"] / 2 < right < shown["x"] + shown["width"]

    await page.get_by_role("button", name="Have face 2 of 2 speak").press("Enter")
    await page.get_by_role("button", name="The whole photo").wait_for()
    await expect(page.locator(".face-mark")).to_have_count(1)
    await expect(page.locator(".photo-picture")).not_to_have_attribute("data-state", "bad")
    assert await window.faults() == []
    await page.reload()
    await page.get_by_role("button", name="The whole photo").click()
    await expect(page.locator(".face-mark")).to_have_count(2)

    await expect(page.get_by_text("Write some words to hear it.")).to_be_visible()
    await page.get_by_label("What it says").fill("Good morning. This is the rest, which is not said.")
    await page.get_by_label("Voice", exact=True).select_option("male")
    await page.get_by_role("button", name="Hear the voice").click()
    sound = page.get_by_label("The first sentence in this voice")
    await sound.wait_for()
    heard = await sound.evaluate(
        "one => one.readyState ? one.duration : new Promise(done => one.onloadedmetadata = () => done(one.duration))"
    )
    assert 0.4 < heard < 3
    assert await window.faults() == []
    await in_persian(window, ["/videos/new"])
    assert window.complaints == []


async def test_google_opens_an_account_and_the_same_one_again(visit: Opened, identities: Served) -> None:
    google = cast(Google, identities.simulator)
    name = secrets.token_hex(6)
    google.person = Person(subject=name, email=f"asha-{name}@example.com")
    window: Visit = await visit()
    page = window.page
    await window.to("/sign-in")
    await page.get_by_role("button", name="Continue with Google").wait_for()
    assert await window.faults() == []
    await expect(page.get_by_role("button", name="Continue with Apple")).to_have_count(0)
    # Nobody has agreed to anything here yet.
    await page.get_by_role("button", name="Continue with Google").click()
    await page.get_by_text("This is your first time here.").wait_for()
    assert await window.faults() == []
    await page.get_by_role("button", name="I agree, go on").click()
    await page.wait_for_url("**/studio/videos/new")
    await page.get_by_role("button", name="Your account").click()
    await page.get_by_text(f"asha-{name}@example.com").wait_for()

    again: Visit = await visit()
    await again.to("/sign-in?next=/library")
    await again.page.get_by_role("button", name="Continue with Google").click()
    await again.page.wait_for_url("**/studio/library")
    assert window.complaints == again.complaints == []
