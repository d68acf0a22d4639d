"""ElevenLabs: speech with the time of every character, and music.

Sources: elevenlabs.io/docs/api-reference (create speech with timing, compose music), help.elevenlabs.io "API - Error
Code 400 or 401" and "429"; ``elevenlabs/text_to_speech/raw_client.py`` (``convert_with_timestamps``),
``music/raw_client.py`` (``compose``), ``types/audio_with_timestamps_response.py``, ``core/client_wrapper.py``
(``xi-api-key``).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import Dialect, failure, listed, path, rule, told, words_of
from ai_router.providers.http import HEALTH_TIMEOUT_S, MEDIA_ANSWER_LIMIT, VendorHttp
from ai_router.providers.port import (
    Declaration,
    FailureClass,
    ProviderRequest,
    ProviderResult,
    Report,
    Workspace,
)
from contracts.enums import Capability

_SPEECH_MODELS = ("eleven_multilingual_v2", "eleven_flash_v2_5")
_TAKES_LANGUAGE = frozenset({"eleven_flash_v2_5"})
_MUSIC_MODELS = ("music_v1", "music_v2")
_VOICES = {
    "female": "EXAVITQu4vr4xnSDxMaL",
    "male": "JBFqnCBsd6RMkjVDRZzb",
    "neutral": "SAz9YHcvj6GT2YYXdXww",
}
_FORMAT = {"output_format": "mp3_44100_128"}
_SCRIPT_LIMIT = 10_000
_PROMPT_LIMIT = 2_000
_MUSIC_SECONDS = (3.0, 600.0)
_SPEEDS = (0.7, 1.2)


def _codes(body: Any) -> frozenset[str]:
    """``status``, ``code`` and ``type`` of the detail; validation errors are a list of types."""
    detail = path(body, "detail")
    if isinstance(detail, list):
        return words_of(*(path(each, "type") for each in detail))
    return words_of(path(detail, "status"), path(detail, "code"), path(detail, "type"))


DIALECT = Dialect(
    vendor="elevenlabs",
    codes=_codes,
    message=lambda body: str(path(body, "detail", "message") or path(body, "detail", 0, "msg") or ""),
    rules=(
        # Both a bad key and a used-up allowance answer 401.
        rule(FailureClass.QUOTA, "quota_exceeded", "insufficient_credits", "payment_required"),
        rule(
            FailureClass.AUTH,
            "invalid_api_key",
            "missing_permissions",
            "detected_unusual_activity",
            "needs_authorization",
        ),
        rule(FailureClass.MODERATION_INPUT, "content_against_policy", "bad_prompt", "bad_composition_plan"),
        rule(
            FailureClass.THROTTLED, "too_many_concurrent_requests", "rate_limit_exceeded", "concurrent_limit_exceeded"
        ),
        rule(FailureClass.TRANSIENT, "system_busy"),
        rule(
            FailureClass.INPUT, "max_character_limit_exceeded", words="This text is too long to be spoken in one piece."
        ),
        rule(FailureClass.INPUT, "voice_not_found", words="This voice is not available."),
    ),
)


@dataclass(slots=True)
class ElevenLabs:
    """One call, one sound. Satisfies ``Performs``."""

    http: VendorHttp
    key: str = "elevenlabs"
    declarations: tuple[Declaration, ...] = (
        Declaration(
            capability=Capability.AUDIO_GENERATION,
            models=_SPEECH_MODELS,
            honours=frozenset({"script", "voice", "speed", "seed", "language"}),
            price_unit="character",
            idempotency="none",
            max_characters=_SCRIPT_LIMIT,
        ),
        Declaration(
            capability=Capability.MUSIC_GENERATION,
            models=_MUSIC_MODELS,
            honours=frozenset({"prompt", "style", "duration"}),
            price_unit="second",
            idempotency="none",
            max_seconds=_MUSIC_SECONDS[1],
            max_characters=_PROMPT_LIMIT,
        ),
    )

    async def healthy(self) -> None:
        """List the models, which is free."""
        await self.http.call("GET", "/v1/models", read_timeout_s=HEALTH_TIMEOUT_S)

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """Speak or compose, by capability."""
        declaration = results.declared(self.declarations, request.capability)
        model = results.model_of(declaration, request)
        if request.capability is Capability.MUSIC_GENERATION:
            return await self._compose(declaration, model, request, workspace)
        return await self._speak(declaration, model, request, workspace)

    async def _speak(
        self, declaration: Declaration, model: str, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        script = results.text(request, "script", longest=_SCRIPT_LIMIT)
        body: dict[str, Any] = {"text": script, "model_id": model}
        language = request.parameters.get("language")
        if language and model in _TAKES_LANGUAGE:
            body["language_code"] = str(language)
        if isinstance(speed := request.parameters.get("speed"), int | float):
            body["voice_settings"] = {"speed": min(_SPEEDS[1], max(_SPEEDS[0], speed))}
        if isinstance(seed := request.parameters.get("seed"), int):
            body["seed"] = seed % 2**32
        wanted = str(request.parameters.get("voice", "neutral"))
        answer = await self.http.call(
            "POST",
            f"/v1/text-to-speech/{_VOICES.get(wanted, wanted)}/with-timestamps",
            accepts=True,
            json_body=body,
            params=_FORMAT,
            read_timeout_s=request.deadline_s,
            limit=MEDIA_ANSWER_LIMIT,
        )
        sound = told(answer.data, "audio_base64")
        if not sound:
            raise failure(FailureClass.EMPTY, "elevenlabs answered without sound")
        stored, content = await results.keep_encoded(workspace, sound, role="audio", kind="audio")
        spoken = words(path(answer.data, "alignment"))
        cost = answer.headers.get("character-cost", "")
        return ProviderResult(
            outputs={"audio": stored},
            units=Decimal(cost) if cost.isdigit() and int(cost) else Decimal(len(script)),
            vendor_job_id=answer.headers.get("request-id"),
            model=model,
            data={"words": spoken, "seconds": content.seconds},
            ignored=results.ignored(declaration, request),
            warnings=() if spoken else ("the times of the words are missing",),
            raw=results.scrub(answer.data, self.http.secrets),
        )

    async def _compose(
        self, declaration: Declaration, model: str, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        prompt = results.text(request, "prompt", longest=_PROMPT_LIMIT)
        if style := request.parameters.get("style"):
            prompt = f"{prompt}. Style: {style}"
        body: dict[str, Any] = {"prompt": prompt, "model_id": model, "force_instrumental": True}
        if isinstance(seconds := request.parameters.get("duration"), int | float):
            body["music_length_ms"] = round(1000 * min(_MUSIC_SECONDS[1], max(_MUSIC_SECONDS[0], seconds)))
        answer = await self.http.call(
            "POST",
            "/v1/music",
            accepts=True,
            as_json=False,
            json_body=body,
            params=_FORMAT,
            read_timeout_s=request.deadline_s,
            limit=MEDIA_ANSWER_LIMIT,
        )
        stored, content = await results.keep_bytes(workspace, answer.body, role="audio", kind="audio")
        return ProviderResult(
            outputs={"audio": stored},
            units=Decimal(str(round(content.seconds or 0, 3))),
            vendor_job_id=answer.headers.get("song-id") or answer.headers.get("request-id"),
            model=model,
            data={"seconds": content.seconds},
            ignored=results.ignored(declaration, request),
        )


def words(alignment: Any) -> list[dict[str, Any]]:
    """Words with start and end in seconds, from ElevenLabs' times of single characters; none where those do not fit."""
    characters = listed(alignment, "characters")
    starts = listed(alignment, "character_start_times_seconds")
    ends = listed(alignment, "character_end_times_seconds")
    fits = all(isinstance(each, str) for each in characters) and all(isinstance(t, int | float) for t in starts + ends)
    if not fits or not len(characters) == len(starts) == len(ends):
        return []
    found: list[dict[str, Any]] = []
    open_word = False
    for character, start, end in zip(characters, starts, ends, strict=True):
        if character.isspace():
            open_word = False
        elif open_word:
            found[-1] = {**found[-1], "text": found[-1]["text"] + character, "end": end}
        else:
            found.append({"text": character, "start": start, "end": end})
            open_word = True
    return found
