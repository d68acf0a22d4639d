"""A sentence is heard before anything is ordered: at once, for nothing, and once for all who ask the same."""

from __future__ import annotations

import asyncio
import io
import wave
from typing import Any

import pytest

from ai_router.orders import voices
from chassis import ids
from contracts.billing import ReserveCredits

PREVIEW = "/api/v1/ai/audio/preview"
LINE = {"text": "Good morning.", "voice": "female"}


@pytest.fixture
async def studio(start_router: Any, uploads: Any, at_once: Any) -> Any:
    """A router with its own providers alone, and somebody who asks."""

    class Studio:
        user = ids.uuid7()

    made = Studio()
    made.router = await start_router(files=uploads, options=at_once)
    return made


async def _heard(studio: Any, headers: Any, **asked: Any) -> Any:
    return await studio.router.http.post(PREVIEW, json={**LINE, **asked}, headers=headers(studio.user))


async def test_a_sentence_is_heard_for_nothing_and_spoken_once(
    studio: Any, headers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = []
    known = voices.Voices._spoken

    async def counted(self: voices.Voices, line: voices.Line) -> bytes:
        spoken.append(line.voice)
        return await known(self, line)

    monkeypatch.setattr(voices.Voices, "_spoken", counted)
    first, second = await asyncio.gather(_heard(studio, headers), _heard(studio, headers))
    other = await _heard(studio, headers, voice="male")
    assert [one.status_code for one in (first, second, other)] == [200, 200, 200], first.text
    assert first.headers["content-type"] == "audio/wav"
    assert first.content == second.content != other.content
    assert spoken == ["female", "male"]
    with wave.open(io.BytesIO(first.content)) as sound:
        assert 0.4 < sound.getnframes() / sound.getframerate() < 4
    assert (await studio.router.http.post(PREVIEW, json=LINE)).status_code == 401
    assert studio.router.commands(ReserveCredits) == []


async def test_only_the_latest_are_remembered(studio: Any, headers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "KEPT", 1)
    for text in ("One.", "Two."):
        assert (await _heard(studio, headers, text=text)).status_code == 200
    kept = studio.router.service.app.state.voices._kept
    assert [line.text for line in kept] == ["Two."]


async def test_whoever_waits_too_long_is_told_to_come_again(
    studio: Any, headers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "WITHIN_S", 0.0)
    busy = await _heard(studio, headers)
    assert (busy.status_code, busy.json()["error"]["code"]) == (503, "preview_busy"), busy.text
    assert int(busy.headers["Retry-After"]) >= 1


async def test_what_the_language_cannot_say_is_told(studio: Any, headers: Any) -> None:
    refused = await _heard(studio, headers, text="नमस्ते, आप कैसे हैं?")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "text_refused"), refused.text


@pytest.mark.parametrize("text", ["", " ", "a" * (voices.LONGEST + 1)])
async def test_it_is_a_sentence(studio: Any, headers: Any, text: str) -> None:
    refused = await _heard(studio, headers, text=text)
    assert refused.status_code == 422 and "text" in refused.json()["error"]["fields"], refused.text
