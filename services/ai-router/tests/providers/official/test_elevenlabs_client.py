"""``elevenlabs`` against the ElevenLabs simulator."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import av
import httpx
import pytest
from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError

from ai_router.providers.vendors.elevenlabs import words
from simulators.core.faults import HINT_SECONDS, Fault
from simulators.serve import Served

VENDOR = "elevenlabs"
VOICE = "EXAVITQu4vr4xnSDxMaL"


@pytest.fixture
def client(vendor: Served) -> Iterator[ElevenLabs]:
    with httpx.Client(timeout=10.0) as http:
        yield ElevenLabs(api_key=vendor.simulator.key, base_url=vendor.url, httpx_client=http)


def _seconds(data: bytes) -> float:
    with av.open(io.BytesIO(data), "r") as container:
        assert container.streams.audio[0].codec_context.name.startswith("mp3")
        return float(container.duration or 0) / av.time_base


def test_speech_with_the_time_of_every_character(client: ElevenLabs) -> None:
    said = client.text_to_speech.convert_with_timestamps(
        VOICE, text="Good morning.", model_id="eleven_multilingual_v2", output_format="mp3_44100_128"
    )
    ends = said.alignment.character_end_times_seconds
    assert 0 <= _seconds(base64.b64decode(said.audio_base_64)) - ends[-1] < 0.4
    assert said.alignment is not None
    assert "".join(said.alignment.characters) == "Good morning."
    assert [word["text"] for word in words(said.alignment.model_dump())] == ["Good", "morning."]


def test_speech_as_a_stream(client: ElevenLabs) -> None:
    assert _seconds(b"".join(client.text_to_speech.convert(VOICE, text="Good morning."))) > 0.5


def test_music(client: ElevenLabs, vendor: Served) -> None:
    made = b"".join(client.music.compose(prompt="calm piano", music_length_ms=3000))
    assert _seconds(made) == pytest.approx(3.0, abs=0.1)
    assert vendor.simulator.ledger.entries[-1].body["music_length_ms"] == 3000


@pytest.mark.parametrize(
    ("fault", "status", "word"),
    [
        (Fault.AUTH, 401, "invalid_api_key"),
        (Fault.QUOTA, 401, "quota_exceeded"),
        (Fault.BAD_INPUT, 400, "voice_not_found"),
        (Fault.THROTTLED_HINT, 429, "too_many_concurrent_requests"),
    ],
)
def test_errors_have_the_documented_shape(
    client: ElevenLabs, vendor: Served, fault: Fault, status: int, word: str
) -> None:
    vendor.simulator.plan.script("perform", [fault])
    with pytest.raises(ApiError) as caught:
        client.text_to_speech.convert_with_timestamps(VOICE, text="Hi.", request_options={"max_retries": 0})
    assert caught.value.status_code == status
    assert caught.value.body["detail"]["status"] == word
    if fault is Fault.THROTTLED_HINT:
        assert (caught.value.headers or {})["retry-after"] == str(HINT_SECONDS)


def test_nothing_to_say_is_a_validation_error(client: ElevenLabs) -> None:
    with pytest.raises(ApiError) as caught:
        client.text_to_speech.convert_with_timestamps(VOICE, text="")
    assert caught.value.status_code == 422
