"""A server of one's own that speaks OpenAI's protocol: speech, pictures, transcription.

LocalAI, Speaches, vLLM and others speak it. What they have in common is what is used here: ``/v1/audio/speech``,
``/v1/images/generations``, ``/v1/audio/transcriptions`` and ``/v1/models`` as developers.openai.com/api/docs describes
them; which models there are is the operator's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import failure, listed, path, told
from ai_router.providers.http import HEALTH_TIMEOUT_S, MEBIBYTE, MEDIA_ANSWER_LIMIT, VendorHttp
from ai_router.providers.port import (
    Declaration,
    FailureClass,
    ProviderRequest,
    ProviderResult,
    Report,
    Workspace,
)
from ai_router.providers.vendors import openai
from contracts.enums import Capability, ProviderKey
from media.ears.names import code_of

DIALECT = replace(openai.DIALECT, vendor="own_server")

_SPEECH, _PICTURES, _EARS = "tts-1", "stablediffusion", "whisper-1"
"""The names that such servers give their models where nobody names others."""
_VOICES = {"female": "nova", "male": "onyx", "neutral": "alloy"}
_LONGEST_SCRIPT, _LONGEST_PROMPT = 20_000, 4_000
_LARGEST_RECORDING = 200 * MEBIBYTE
_SIDE, _STEP = 1024, 64
"""Pictures are asked for with a longest side that every diffusion model takes, in steps that all take."""


def declarations(settings: Mapping[str, str]) -> tuple[Declaration, ...]:
    """What the server can be asked for: a capability each, its models from ``OWN_SERVER_SPEECH_MODELS``,
    ``OWN_SERVER_IMAGE_MODELS`` and ``OWN_SERVER_TRANSCRIPTION_MODELS`` (names, commas between them)."""

    def models(name: str, otherwise: str) -> tuple[str, ...]:
        named = settings.get(f"OWN_SERVER_{name}_MODELS", "").split(",")
        return tuple(filter(None, (one.strip() for one in named))) or (otherwise,)

    return (
        Declaration(
            Capability.AUDIO_GENERATION,
            models("SPEECH", _SPEECH),
            honours=frozenset({"script", "voice", "speed"}),
            price_unit="job",
            idempotency="none",
            max_characters=_LONGEST_SCRIPT,
        ),
        Declaration(
            Capability.IMAGE_GENERATION,
            models("IMAGE", _PICTURES),
            honours=frozenset({"prompt", "width", "height"}),
            price_unit="job",
            idempotency="none",
            max_characters=_LONGEST_PROMPT,
        ),
        Declaration(
            Capability.TRANSCRIPTION,
            models("TRANSCRIPTION", _EARS),
            honours=frozenset({"language"}),
            price_unit="job",
            idempotency="none",
            max_input_bytes=_LARGEST_RECORDING,
        ),
    )


@dataclass(slots=True)
class OwnServer:
    """One call per task. Satisfies ``Performs``."""

    http: VendorHttp
    declarations: tuple[Declaration, ...]
    key: str = ProviderKey.OWN_SERVER

    async def healthy(self) -> None:
        """Ask which models are there."""
        await self.http.call("GET", "/models", read_timeout_s=HEALTH_TIMEOUT_S)

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """Speak, draw or listen, by capability."""
        declaration = results.declared(self.declarations, request.capability)
        made = ProviderResult(
            outputs={},
            units=Decimal(1),
            model=results.model_of(declaration, request),
            ignored=results.ignored(declaration, request),
        )
        match request.capability:
            case Capability.AUDIO_GENERATION:
                return await self._speak(made, request, workspace)
            case Capability.IMAGE_GENERATION:
                return await self._draw(made, request, workspace)
            case _:
                return await self._listen(made, request, workspace)

    async def _speak(self, made: ProviderResult, request: ProviderRequest, workspace: Workspace) -> ProviderResult:
        body: dict[str, Any] = {
            "model": made.model,
            "input": results.text(request, "script", longest=_LONGEST_SCRIPT),
            "voice": _VOICES.get(str(request.parameters.get("voice")), _VOICES["neutral"]),
            "response_format": "wav",
        }
        if isinstance(speed := request.parameters.get("speed"), int | float):
            body["speed"] = min(4.0, max(0.25, speed))
        answer = await self.http.call(
            "POST",
            "/audio/speech",
            accepts=True,
            as_json=False,
            json_body=body,
            read_timeout_s=request.deadline_s,
            limit=MEDIA_ANSWER_LIMIT,
        )
        stored, content = await results.keep_bytes(workspace, answer.body, role="audio", kind="audio")
        return replace(made, outputs={"audio": stored}, data={"seconds": content.seconds})

    async def _draw(self, made: ProviderResult, request: ProviderRequest, workspace: Workspace) -> ProviderResult:
        answer = await self.http.call(
            "POST",
            "/images/generations",
            accepts=True,
            json_body={
                "model": made.model,
                "prompt": results.text(request, "prompt", longest=_LONGEST_PROMPT),
                "n": 1,
                "size": size_of(request.parameters.get("width"), request.parameters.get("height")),
                "response_format": "b64_json",
            },
            read_timeout_s=request.deadline_s,
            limit=MEDIA_ANSWER_LIMIT,
        )
        data = told(answer.data, "data", 0, "b64_json")
        if not data:
            raise self.http.refused(answer.data)
        stored, _ = await results.keep_encoded(workspace, data, role="image", kind="image")
        return replace(made, outputs={"image": stored}, raw=results.scrub(answer.data, self.http.secrets))

    async def _listen(self, made: ProviderResult, request: ProviderRequest, workspace: Workspace) -> ProviderResult:
        role = "audio" if "audio" in request.inputs else "video"
        file, mime_type = await results.source(request, role, workspace, limit=_LARGEST_RECORDING)
        form: dict[str, Any] = {
            "model": str(made.model),
            "response_format": "verbose_json",
            "timestamp_granularities[]": ["word", "segment"],
        }
        if language := request.parameters.get("language"):
            form["language"] = str(language)
        name = f"{role}.{mime_type.partition('/')[2]}"
        answer = await self.http.call(
            "POST",
            "/audio/transcriptions",
            accepts=True,
            form=form,
            files={"file": (name, await results.read(file), mime_type)},
            read_timeout_s=request.deadline_s,
        )
        document = transcript(answer.data)
        stored = await results.keep_document(workspace, document)
        about = {"text": document["text"], "language": document["language"], "duration": document["duration"]}
        nobody = () if document["text"] else ("nobody speaks in it",)
        return replace(made, outputs={"document": stored}, data=about, warnings=nobody)


def size_of(width: object, height: object) -> str:
    """The size a picture is asked for in: as wide to high as wanted, the longer side 1024."""
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        return f"{_SIDE}x{_SIDE}"
    longest = max(width, height)
    sides = (max(_STEP, round(side * _SIDE / longest / _STEP) * _STEP) for side in (width, height))
    return "x".join(map(str, sides))


def transcript(answer: Any) -> dict[str, Any]:
    """The answer as our document. Raises ``EMPTY`` without a text, ``BAD_OUTPUT`` for times that are none."""
    if not isinstance(path(answer, "text"), str):
        raise failure(FailureClass.EMPTY, "no text in the transcription")
    try:
        words = [
            {"text": str(one["word"]).strip(), "start": float(one["start"]), "end": float(one["end"])}
            for one in listed(answer, "words")
        ]
        segments = [
            {"text": str(one["text"]).strip(), "start": float(one["start"]), "end": float(one["end"])}
            for one in listed(answer, "segments")
        ]
        ends = [float(one["end"]) for one in listed(answer, "segments")]
        duration = float(path(answer, "duration") or max(ends, default=0.0))
    except (KeyError, TypeError, ValueError):
        raise failure(FailureClass.BAD_OUTPUT, "the transcription has words without times") from None
    language = code_of(str(path(answer, "language") or ""))
    said = str(path(answer, "text")).strip()
    return {"text": said, "language": language, "duration": duration, "words": words, "segments": segments}
