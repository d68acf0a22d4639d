"""``google-genai`` against the Gemini simulator."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from PIL import Image

from simulators.core import media
from simulators.core.faults import HINT_SECONDS, Fault
from simulators.serve import Served

VENDOR = "gemini"
MODEL = "gemini-2.5-flash-image"


@pytest.fixture
def client(vendor: Served) -> Iterator[genai.Client]:
    with genai.Client(api_key=vendor.simulator.key, http_options=types.HttpOptions(base_url=vendor.url)) as client:
        yield client


def _ask(client: genai.Client) -> Any:
    picture = types.Part.from_bytes(data=media.image("image/jpeg"), mime_type="image/jpeg")
    config = types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"], image_config=types.ImageConfig(aspect_ratio="9:16"), seed=7
    )
    return client.models.generate_content(
        model=MODEL,
        contents=types.Content(role="user", parts=[types.Part.from_text(text="brighter"), picture]),
        config=config,
    )


def test_a_picture_comes_back_in_the_asked_shape(client: genai.Client, vendor: Served) -> None:
    """The official client sends a photo and reads a PNG of the asked ratio."""
    answer = _ask(client)
    parts = answer.candidates[0].content.parts
    image = Image.open(io.BytesIO(next(p.inline_data.data for p in parts if p.inline_data)))
    assert image.format == "PNG"
    assert image.size == (180, 320)
    sent = vendor.simulator.ledger.entries[-1].body
    assert sent["generationConfig"]["imageConfig"] == {"aspectRatio": "9:16"}
    assert base64.urlsafe_b64decode(sent["contents"][0]["parts"][1]["inlineData"]["data"]) == media.image("image/jpeg")


def test_refusals_and_nothing_are_read_as_such(client: genai.Client, vendor: Served) -> None:
    """Blocked prompts, withheld results and empty answers arrive where the client documents them."""
    vendor.simulator.plan.script("perform", [Fault.REFUSED_INPUT, Fault.REFUSED_OUTPUT, Fault.EMPTY])
    assert _ask(client).prompt_feedback.block_reason is types.BlockedReason.PROHIBITED_CONTENT
    assert _ask(client).candidates[0].finish_reason is types.FinishReason.IMAGE_SAFETY
    assert _ask(client).candidates[0].content is None


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (Fault.AUTH, 400, "INVALID_ARGUMENT"),
        (Fault.BAD_INPUT, 400, "INVALID_ARGUMENT"),
        (Fault.QUOTA, 429, "RESOURCE_EXHAUSTED"),
        (Fault.SERVER_ERROR, 500, "INTERNAL"),
        (Fault.OVERLOADED, 503, "UNAVAILABLE"),
    ],
)
def test_errors_have_the_documented_shape(
    client: genai.Client, vendor: Served, fault: Fault, code: int, status: str
) -> None:
    vendor.simulator.plan.script("perform", [fault])
    with pytest.raises(errors.APIError) as caught:
        _ask(client)
    assert (caught.value.code, caught.value.status) == (code, status)


def test_a_wait_is_told_in_retry_info(client: genai.Client, vendor: Served) -> None:
    vendor.simulator.plan.script("perform", [Fault.THROTTLED_HINT])
    with pytest.raises(errors.ClientError) as caught:
        _ask(client)
    assert caught.value.details["error"]["details"][0]["retryDelay"] == f"{HINT_SECONDS}s"


def test_a_broken_connection_after_acceptance_is_an_error_and_one_acceptance(
    client: genai.Client, vendor: Served
) -> None:
    import httpx2

    before = len(vendor.simulator.ledger)
    vendor.simulator.plan.script("perform", [Fault.DROP_AFTER])
    with pytest.raises(httpx2.RemoteProtocolError):
        _ask(client)
    assert len(vendor.simulator.ledger) == before + 1
