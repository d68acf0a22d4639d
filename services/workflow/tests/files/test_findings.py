"""Photos that cannot be made to speak: told at the upload, refused before anything is held."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.billing import ReserveCredits
from workflow.files import intake

PORTRAIT = Path(__file__).parents[4] / "samples" / "portrait.jpg"


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _portrait() -> Image.Image:
    return Image.open(PORTRAIT).convert("RGB")


def _noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (512, 512, 3), np.uint8))


def _two() -> Image.Image:
    head = _portrait().crop((80, 10, 370, 300))
    both = Image.new("RGB", (1000, 520), (190, 190, 190))
    both.paste(head.resize((480, 480)), (20, 20))
    both.paste(head.resize((400, 400)).transpose(Image.Transpose.FLIP_LEFT_RIGHT), (560, 60))
    return both


async def _orders(world: Any) -> int:
    return len(world.others.asked(ReserveCredits))


@pytest.mark.parametrize(
    ("photo", "code", "advice"),
    [
        pytest.param(
            lambda: _portrait().rotate(90), "TURNED_AWAY", "Turn the photo so that the head is upright.", id="lying"
        ),
        pytest.param(_noise, "NO_FACE", "Use a photo that shows one face clearly, from the front.", id="noise"),
        pytest.param(
            lambda: _portrait().resize((80, 100)),
            "LOW_RESOLUTION",
            "The photo is 80 x 100 pixels. Use one with at least 256 on each side, better 480.",
            id="tiny",
        ),
    ],
)
async def test_what_cannot_speak_is_said_at_the_upload_and_refused_before_credits_are_held(
    shared: Any, somebody: Identity, photo: Any, code: str, advice: str
) -> None:
    before = await _orders(shared)
    uploaded = (await shared.upload(somebody, _jpeg(photo()))).json()
    first = uploaded["findings"][0]
    assert first == {"code": code, "blocking": True, "advice": advice}
    metadata = await shared.call(somebody, "GET", f"/api/v1/files/{uploaded['id']}/metadata")
    assert metadata.json()["findings"] == uploaded["findings"]
    refused = await shared.order(somebody, input_file_id=uploaded["id"])
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["code"] == "file_not_usable"
    assert error["message"] == f"This photo cannot be made to speak. {advice}"
    assert await _orders(shared) == before
    assert (await shared.call(somebody, "GET", "/api/v1/workflows")).json()["total"] == 0


async def test_two_faces_are_taken_and_it_is_said_which_one_speaks(shared: Any, somebody: Identity) -> None:
    uploaded = (await shared.upload(somebody, _jpeg(_two()))).json()
    assert [finding["blocking"] for finding in uploaded["findings"]] == [False]
    left, right = uploaded["faces"]
    assert left["width"] > right["width"]
    assert left["x"] < left["x"] + left["width"] < 0.5 < right["x"] < right["x"] + right["width"] < 1
    assert (await shared.call(somebody, "GET", f"/api/v1/files/{uploaded['id']}/metadata")).json()["faces"] == [
        left,
        right,
    ]
    accepted = await shared.order(somebody, input_file_id=uploaded["id"])
    assert accepted.status_code == 202
    assert accepted.json()["warnings"] == [
        "It is the largest of the 2 faces, on the left, that will speak. Crop the photo to choose."
    ]


async def test_a_good_photo_has_nothing_to_be_said_of(shared: Any, somebody: Identity) -> None:
    """Nor has one that lies in its file and says how it stands."""
    assert (await shared.upload(somebody, PORTRAIT.read_bytes())).json()["findings"] == []
    lying, exif = _portrait().rotate(90), Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    buffer = io.BytesIO()
    lying.save(buffer, "JPEG", quality=92, exif=exif)
    assert (await shared.upload(somebody, buffer.getvalue())).json()["findings"] == []


async def test_another_users_photo_is_not_there_whatever_was_found(shared: Any, help_: SimpleNamespace) -> None:
    owner, other = help_.an_identity(), help_.an_identity()
    uploaded = (await shared.upload(owner, _jpeg(_noise()))).json()
    refused = await shared.order(other, input_file_id=uploaded["id"])
    assert refused.json()["error"]["fields"] == {"input_file_id": "not found"}
    missing = await shared.order(other, input_file_id=str(ids.uuid7()))
    assert missing.json()["error"]["message"] == refused.json()["error"]["message"]


async def test_an_upload_does_not_wait_for_an_opinion(
    shared: Any, somebody: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever animates the photo then judges it."""
    monkeypatch.setattr(intake, "FINDING_S", 0.001)
    async with asyncio.timeout(intake.ANSWER_WITHIN_S):
        uploaded = await shared.upload(somebody, _jpeg(_noise()))
    assert uploaded.status_code == 201
    assert uploaded.json()["findings"] == []
    assert (await shared.order(somebody, input_file_id=uploaded.json()["id"])).status_code == 202
