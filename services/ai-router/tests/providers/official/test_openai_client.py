"""``openai`` against the OpenAI simulator."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Iterator

import openai
import pydantic
import pytest
from PIL import Image

from simulators.core import media
from simulators.core.faults import HINT_SECONDS, Fault
from simulators.serve import Served

VENDOR = "openai"


@pytest.fixture
def client(vendor: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=vendor.simulator.key, base_url=f"{vendor.url}/v1", max_retries=0) as client:
        yield client


def _picture(answer: openai.types.ImagesResponse) -> Image.Image:
    assert answer.data
    return Image.open(io.BytesIO(base64.b64decode(answer.data[0].b64_json or "")))


def test_generate_a_picture(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-2.5-flare", prompt="a lighthouse", size="1024x1536")
    picture = _picture(answer)
    assert (picture.format, picture.size) == ("PNG", (256, 384))
    assert answer.usage is not None
    assert answer.usage.total_tokens == 1106


def test_edit_with_a_mask(client: openai.OpenAI, vendor: Served) -> None:
    """The client sends a form; the simulator sees both files."""
    photo = ("photo.jpg", media.image("image/jpeg"), "image/jpeg")
    mask = ("mask.png", media.image("image/png"), "image/png")
    answer = client.images.edit(model="gpt-image-2.5-flare", prompt="a red hat", image=photo, mask=mask)
    assert _picture(answer).format == "PNG"
    assert vendor.simulator.ledger.entries[-1].body["files"] == ["image", "mask"]


def test_speech(client: openai.OpenAI) -> None:
    spoken = client.audio.speech.create(
        model="gpt-4o-mini-tts", voice="marin", input="Good morning.", response_format="wav"
    )
    with wave.open(io.BytesIO(spoken.content)) as file:
        assert file.getnframes() > 0


class Hook(pydantic.BaseModel):
    start: float
    end: float
    title: str


class Hooks(pydantic.BaseModel):
    hooks: list[Hook]


def test_structured_answers_are_parsed(client: openai.OpenAI) -> None:
    """``responses.parse`` sends a schema and validates what comes back."""
    turn = json.dumps({"transcript": [{"start": 1.0, "end": 4.0, "text": "Wait for it."}], "duration": 9})
    answer = client.responses.parse(model="gpt-5.4-mini", instructions="find hooks", input=turn, text_format=Hooks)
    assert answer.output_parsed is not None
    assert (answer.output_parsed.hooks[0].start, answer.output_parsed.hooks[0].end) == (1.0, 4.0)


def test_a_filtered_answer_is_incomplete(client: openai.OpenAI, vendor: Served) -> None:
    vendor.simulator.plan.script("perform", [Fault.REFUSED_OUTPUT])
    answer = client.responses.create(model="gpt-5.4-mini", input="{}")
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "content_filter"


@pytest.mark.parametrize(
    ("fault", "raised", "code"),
    [
        (Fault.AUTH, openai.AuthenticationError, "invalid_api_key"),
        (Fault.BAD_INPUT, openai.BadRequestError, "invalid_image_file"),
        (Fault.REFUSED_INPUT, openai.BadRequestError, "moderation_blocked"),
        (Fault.QUOTA, openai.RateLimitError, "insufficient_quota"),
        (Fault.THROTTLED_HINT, openai.RateLimitError, "rate_limit_exceeded"),
        (Fault.OVERLOADED, openai.InternalServerError, None),
        (Fault.SERVER_ERROR, openai.InternalServerError, None),
    ],
)
def test_errors_have_the_documented_shape(
    client: openai.OpenAI, vendor: Served, fault: Fault, raised: type[openai.APIStatusError], code: str | None
) -> None:
    vendor.simulator.plan.script("perform", [fault])
    with pytest.raises(raised) as caught:
        client.images.generate(model="gpt-image-2.5-flare", prompt="a lighthouse")
    assert caught.value.code == code
    if fault is Fault.THROTTLED_HINT:
        assert caught.value.response.headers["retry-after"] == str(HINT_SECONDS)


def test_time_outs_and_broken_connections(client: openai.OpenAI, vendor: Served) -> None:
    """Either way the client cannot know, and the ledger has one acceptance from each."""
    before = len(vendor.simulator.ledger)
    vendor.simulator.plan.script("perform", [Fault.HANG_AFTER, Fault.DROP_AFTER])
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.3).images.generate(model="gpt-image-2.5-flare", prompt="a lighthouse")
    with pytest.raises((openai.APIConnectionError, openai.APIResponseValidationError)):
        client.images.generate(model="gpt-image-2.5-flare", prompt="a lighthouse")
    assert len(vendor.simulator.ledger) == before + 2
