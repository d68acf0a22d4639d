"""A server of one's own: found by its address alone, asked in the words it knows, believed as far as it can be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from ai_router.providers.port import FailureClass, Performs, ProviderFailure
from ai_router.providers.registry import configured
from ai_router.providers.vendors.own_server import size_of, transcript
from contracts.enums import Capability
from media.speech.synthesis import synthesise
from simulators.matrix.scenarios import SCENARIOS, Bench, request_of
from simulators.matrix.workspace import FolderWorkspace


def _only(settings: Mapping[str, str]) -> dict[str, Any]:
    return dict(configured(settings, httpx.AsyncClient))


def test_its_address_is_enough_and_its_models_are_the_operators() -> None:
    assert _only({}) == {}
    found = _only({"OWN_SERVER_BASE_URL": "http://gpu:8080/v1", "OWN_SERVER_SPEECH_MODELS": "kokoro, piper"})
    models = {one.capability: one.models for one in found["own_server"].declarations}
    assert models[Capability.AUDIO_GENERATION] == ("kokoro", "piper")
    assert models[Capability.TRANSCRIPTION] == ("whisper-1",)
    assert "authorization" not in found["own_server"].http.headers


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(None, None, "1024x1024"), (1080, 1920, "576x1024"), (1920, 1080, "1024x576"), (5000, 10, "1024x64")],
)
def test_sizes_keep_their_ratio_in_steps_that_models_take(width: int | None, height: int | None, size: str) -> None:
    assert size_of(width, height) == size


async def test_words_come_with_their_times(at: Bench, workspace: FolderWorkspace) -> None:
    scenario = next(one for one in SCENARIOS if (one.provider, one.capability) == ("own_server", "transcription"))
    file = synthesise("Good morning, and welcome.", workspace.directory / "said.wav").path
    request = request_of(scenario, workspace)
    request = type(request)(
        request.attempt_id,
        request.job_id,
        request.capability,
        None,
        {"audio": workspace.put(file.read_bytes(), "audio/wav")},
        {"language": "en"},
    )
    provider = at.providers["own_server"]
    assert isinstance(provider, Performs)
    result = await provider.perform(request, workspace, lambda _: None)
    document = json.loads(workspace.read(result.outputs["document"]))
    assert (document["language"], result.data["language"]) == ("en", "en"), "the server says english"
    assert [word["text"].strip(",.").casefold() for word in document["words"]] == ["good", "morning", "and", "welcome"]
    assert all(word["start"] <= word["end"] <= document["duration"] for word in document["words"])
    [entry] = at.simulators["own_server"].ledger.entries
    assert entry.body == {"model": "whisper-1", "language": "en", "granularities": ["segment", "word"]}


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ({}, FailureClass.EMPTY),
        ({"text": None}, FailureClass.EMPTY),
        ({"text": "hello", "words": [{"word": "hello"}]}, FailureClass.BAD_OUTPUT),
        ({"text": "hello", "segments": [{"text": "hello", "start": "soon", "end": 1}]}, FailureClass.BAD_OUTPUT),
    ],
)
def test_a_transcription_that_is_none_is_not_believed(answer: dict[str, Any], failure: FailureClass) -> None:
    with pytest.raises(ProviderFailure) as caught:
        transcript(answer)
    assert caught.value.failure is failure


def test_a_server_that_tells_no_times_still_tells_the_text() -> None:
    """Many leave words out whatever they are asked."""
    assert transcript({"text": " hello "}) == {
        "text": "hello",
        "language": "",
        "duration": 0.0,
        "words": [],
        "segments": [],
    }
