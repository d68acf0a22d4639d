"""``google-genai`` in platform mode against the Veo simulator."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import av
import pytest
from google import genai
from google.genai import errors, types

from simulators.core import media
from simulators.core.faults import Fault
from simulators.serve import Served

VENDOR = "veo"


@pytest.fixture
def client(vendor: Served) -> Iterator[genai.Client]:
    options = types.HttpOptions(base_url=vendor.url)
    with genai.Client(vertexai=True, api_key=vendor.simulator.key, http_options=options) as client:
        yield client


def _start(client: genai.Client) -> Any:
    image = types.Image(image_bytes=media.image("image/jpeg"), mime_type="image/jpeg")
    return client.models.generate_videos(
        model="veo-3.1-generate-001",
        source=types.GenerateVideosSource(prompt="she smiles", image=image),
        config=types.GenerateVideosConfig(duration_seconds=4, aspect_ratio="9:16", number_of_videos=1, seed=3),
    )


def _finish(client: genai.Client, operation: Any) -> Any:
    for _ in range(5):
        if operation.done:
            return operation
        operation = client.operations.get(operation)
    raise AssertionError("the operation never finished")


def test_submit_poll_and_read_the_clip(client: genai.Client, vendor: Served) -> None:
    """The clip in the finished operation is a real MP4 of the asked length and shape."""
    operation = _finish(client, _start(client))
    clip = operation.response.generated_videos[0].video
    with av.open(io.BytesIO(clip.video_bytes)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (180, 320)
        assert stream.frames / 10 == 4.0
    assert vendor.simulator.ledger.entries[-1].body["parameters"]["durationSeconds"] == 4


def test_a_withheld_clip_is_counted_with_its_reason(client: genai.Client, vendor: Served) -> None:
    vendor.simulator.plan.script("submit", [Fault.REFUSED_OUTPUT])
    operation = _finish(client, _start(client))
    assert operation.response.rai_media_filtered_count == 1
    assert operation.response.rai_media_filtered_reasons


def test_a_failed_operation_carries_an_error(client: genai.Client, vendor: Served) -> None:
    vendor.simulator.plan.script("submit", [Fault.JOB_FAILED])
    assert _finish(client, _start(client)).error["code"] == 13


@pytest.mark.parametrize(("fault", "code"), [(Fault.THROTTLED, 429), (Fault.REFUSED_INPUT, 400), (Fault.AUTH, 400)])
def test_errors_have_the_documented_shape(client: genai.Client, vendor: Served, fault: Fault, code: int) -> None:
    vendor.simulator.plan.script("submit", [fault])
    with pytest.raises(errors.APIError) as caught:
        _start(client)
    assert caught.value.code == code


def test_an_unknown_operation_is_not_found(client: genai.Client, vendor: Served) -> None:
    operation = _start(client)
    vendor.simulator.plan.script("poll", [Fault.JOB_LOST])
    with pytest.raises(errors.ClientError) as caught:
        client.operations.get(operation)
    assert caught.value.code == 404
