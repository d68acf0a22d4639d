"""Providers that do the work on this machine's CPU, without a key and without a price (AIR-24, AIR-28).

The work itself is in :mod:`ai_router.providers.local.work` and runs in worker processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from ai_router.providers import results
from ai_router.providers.local import work
from ai_router.providers.port import (
    Declaration,
    FailureClass,
    ProviderFailure,
    ProviderRequest,
    ProviderResult,
    Report,
    Workspace,
)
from chassis.work.process_pool import ProcessPool, WorkerDied
from contracts.enums import Capability, Language, ProviderKey
from media.errors import BadMedia, MediaError, NotConfigured

T = TypeVar("T")

REDRAWN = "real-esrgan"
"""The upscaler's model that takes minutes."""
SHORT_FILM_S = 12.0
"""A film up to that long is made beside long ones, and does not wait for them."""
_LANGUAGES = frozenset(language.value for language in Language)


class Local:
    """What local providers share: a process pool, and errors in the router's words."""

    key: str
    declarations: tuple[Declaration, ...]
    quick = False
    """Whatever is asked for takes seconds."""

    def __init__(self, processes: ProcessPool, *, deadline_s: float) -> None:
        self._processes = processes
        self._deadline_s = deadline_s

    async def healthy(self) -> None:
        """Always: it needs nothing but this machine."""

    def _offered(self, request: ProviderRequest) -> tuple[str, tuple[str, ...]]:
        """The model that does ``request``, and what is asked for and not acted on. Raises ``INPUT`` for a capability or
        model that is not offered, before any work."""
        declaration = results.declared(self.declarations, request.capability)
        return results.model_of(declaration, request), results.ignored(declaration, request)

    async def _run(
        self,
        request: ProviderRequest,
        report: Report,
        work: Callable[..., T],
        *arguments: Any,
        quick: bool | None = None,
    ) -> T:
        deadline_s = min(self._deadline_s, request.deadline_s)
        with local_failures(self.key):
            return await self._processes.run(
                work,
                *arguments,
                deadline_s=deadline_s,
                report=report,
                quick=(self.quick or _is_short(request)) if quick is None else quick,
            )


class LocalUpscaler(Local):
    """Photo enhancement and enlargement."""

    key = ProviderKey.LOCAL_UPSCALER
    quick = True
    declarations = (
        Declaration(
            Capability.IMAGE_ENHANCEMENT,
            models=("photo-enhance",),
            honours=frozenset({"enhancement_type", "strength"}),
            price_unit="image",
            idempotency="key",
        ),
        Declaration(
            Capability.IMAGE_UPSCALE,
            models=("photo-upscale", REDRAWN),
            honours=frozenset({"factor"}),
            price_unit="image",
            idempotency="key",
        ),
    )

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """The better photo as ``image``; what was applied is in ``data``."""
        model, ignored = self._offered(request)
        photo = await input_file(request, workspace, "image")
        out = workspace.directory / "result.jpg"
        if request.capability is Capability.IMAGE_UPSCALE:
            factor = request.parameters.get("factor", 2)
            if factor not in (2, 4):
                raise refused(f"factor {factor!r} is neither 2 nor 4", "Choose a factor of 2 or 4.")
            quick = model != REDRAWN
            made = await self._run(request, report, work.upscale, photo, out, factor, not quick, quick=quick)
        else:
            kind = str(request.parameters.get("enhancement_type", "standard"))
            strength = _number(request.parameters, "strength", 1.0)
            made = await self._run(request, report, work.enhance, photo, out, kind, strength)
        image = await workspace.keep(out, "image/jpeg", role="image")
        return ProviderResult(
            outputs={"image": image},
            units=Decimal(1),
            model=model,
            data=made,
            ignored=ignored,
        )


class LocalSpeech(Local):
    """Speech in eight languages, with the time of every word and sound: by a network in English and by espeak-ng in the
    others, or by a Piper voice where one is configured for the language and voice. Whoever wants one of them asks for
    it as the model."""

    key = ProviderKey.LOCAL_SPEECH
    quick = True

    def __init__(self, processes: ProcessPool, *, deadline_s: float, piper_voices: Mapping[str, Path]) -> None:
        super().__init__(processes, deadline_s=deadline_s)
        self._voices = piper_voices
        self.declarations = (
            Declaration(
                Capability.AUDIO_GENERATION,
                models=("hibari", "espeak-ng", "piper") if piper_voices else ("hibari", "espeak-ng"),
                honours=frozenset({"script", "language", "voice", "speed", "pitch", "lexicon", "sample_rate"}),
                price_unit="job",
                idempotency="key",
                max_characters=20_000,
                languages=_LANGUAGES,
            ),
        )

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """``audio`` (WAV) and ``timings`` (JSON: words, phonemes, duration and more).

        Raises ``INPUT`` where a model is asked for that does not speak the language, or Piper and no voice is
        configured for that language and voice.
        """
        _, ignored = self._offered(request)
        script = request.parameters.get("script")
        if not isinstance(script, str) or not script.strip():
            raise refused("the script is empty", "Write some words to say.")
        sound = workspace.directory / "speech.wav"
        timings = workspace.directory / "timings.json"
        options = {
            name: request.parameters[name]
            for name in ("language", "voice", "speed", "pitch", "lexicon", "sample_rate")
            if request.parameters.get(name) is not None
        }
        voice_file = self._voice_file(request)
        if voice_file is not None:
            options["voice_file"] = voice_file
        elif request.model == "piper":
            raise refused("no Piper voice is configured for this language and voice", "Choose another voice.")
        elif request.model is not None:
            options["engine"] = request.model
        spoken = await self._run(request, report, work.speak, script, sound, timings, options)
        return ProviderResult(
            outputs={
                "audio": await workspace.keep(sound, "audio/wav", role="audio"),
                "timings": await workspace.keep(timings, "application/json", role="timings"),
            },
            units=Decimal(1),
            model="piper" if voice_file is not None else spoken["engine"],
            data=spoken,
            ignored=ignored,
        )

    def _voice_file(self, request: ProviderRequest) -> Path | None:
        if request.model in ("hibari", "espeak-ng"):
            return None
        language = request.parameters.get("language") or "en"
        voice = request.parameters.get("voice") or "neutral"
        return voice_file(self._voices, str(language), str(voice))


class LocalTalkingPhoto(Local):
    """The talking photo: mouth, eyes and head of a portrait moved to recorded speech."""

    key = ProviderKey.LOCAL_STABLE_VIDEO
    WIDTH, HEIGHT = 720, 1280

    def __init__(self, processes: ProcessPool, *, deadline_s: float, whisper: Path | None) -> None:
        super().__init__(processes, deadline_s=deadline_s)
        self._whisper = whisper

    declarations = (
        Declaration(
            Capability.VIDEO_GENERATION,
            models=("talking-photo",),
            honours=frozenset({"width", "height", "frame_rate", "seed", "motion", "duration"}),
            price_unit="second",
            idempotency="key",
        ),
        Declaration(
            Capability.LIP_SYNC,
            models=("talking-photo",),
            honours=frozenset({"seed", "motion"}),
            price_unit="second",
            idempotency="key",
        ),
    )

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """``video`` (MP4), as long as the speech. Needs the inputs ``image``, ``audio`` and ``timings``; to fit lips
        ``video``, of which the best picture of the largest face is taken, and ``audio``."""
        model, ignored = self._offered(request)
        if request.capability is Capability.LIP_SYNC:
            return await self._lips(request, workspace, report, model, ignored)
        photo = await input_file(request, workspace, "image")
        audio = await input_file(request, workspace, "audio")
        timings = await input_file(request, workspace, "timings")
        out = workspace.directory / "talking.mp4"
        options = {
            "width": int(_number(request.parameters, "width", self.WIDTH)),
            "height": int(_number(request.parameters, "height", self.HEIGHT)),
            "frame_rate": _number(request.parameters, "frame_rate", 30.0),
            "seed": int(_number(request.parameters, "seed", 0)),
            "motion": _number(request.parameters, "motion", 1.0),
        }
        made = await self._run(request, report, work.talk, photo, audio, timings, out, options)
        return ProviderResult(
            outputs={"video": await workspace.keep(out, "video/mp4", role="video")},
            units=Decimal(str(round(float(made["duration"]), 3))),
            model=model,
            data=made,
            ignored=ignored,
        )

    async def _lips(
        self, request: ProviderRequest, workspace: Workspace, report: Report, model: str, ignored: tuple[str, ...]
    ) -> ProviderResult:
        video = await input_file(request, workspace, "video")
        audio = await input_file(request, workspace, "audio")
        out = workspace.directory / "lips.mp4"
        options = {
            "seed": int(_number(request.parameters, "seed", 0)),
            "motion": _number(request.parameters, "motion", 1.0),
        }
        made = await self._run(request, report, work.sync_lips, video, audio, out, self._whisper, options)
        return ProviderResult(
            outputs={"video": await workspace.keep(out, "video/mp4", role="video")},
            units=Decimal(str(round(float(made["duration"]), 3))),
            model=model,
            data=made,
            ignored=ignored,
        )


class LocalMusic(Local):
    """Simple background music."""

    key = ProviderKey.LOCAL_MUSIC
    declarations = (
        Declaration(
            Capability.MUSIC_GENERATION,
            models=("music-bed",),
            honours=frozenset({"style", "duration", "tempo", "seed"}),
            price_unit="job",
            idempotency="key",
            max_seconds=600.0,
        ),
    )

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """``audio`` (WAV) of the wanted length."""
        model, ignored = self._offered(request)
        if request.parameters.get("style") is None and request.parameters.get("duration") is None:
            raise refused("neither a style nor a length was given", "Say which style of music, or how long.")
        out = workspace.directory / "music.wav"
        seconds = _number(request.parameters, "duration", 30.0)
        if not 0 < seconds <= 600:
            raise refused(f"{seconds:g} s of music were asked for", "Choose a length of up to ten minutes.")
        options: dict[str, Any] = {
            "style": str(request.parameters.get("style", "calm")),
            "seconds": seconds,
            "seed": int(_number(request.parameters, "seed", 0)),
        }
        if request.parameters.get("tempo") is not None:
            options["tempo"] = _number(request.parameters, "tempo", 0.0)
        prompt = str(request.parameters.get("prompt") or "")
        made = await self._run(request, report, work.compose, out, options, prompt)
        return ProviderResult(
            outputs={"audio": await workspace.keep(out, "audio/wav", role="audio")},
            units=Decimal(1),
            model=model,
            data=made,
            ignored=ignored,
        )


def voice_file(voices: Mapping[str, Path], language: str, voice: str) -> Path | None:
    """The Piper voice that is set up for this language and voice, else for the language; None where none is."""
    return voices.get(f"{language}:{voice}", voices.get(language))


@contextmanager
def local_failures(provider: str) -> Iterator[None]:
    """Errors of the media library and of worker processes become failure classes."""
    try:
        yield
    except BadMedia as error:
        raise ProviderFailure(
            FailureClass.INPUT,
            f"{provider}: {error.code}: {error.message}",
            user_message=error.advice or error.message,
            vendor_code=error.code,
        ) from error
    except NotConfigured as error:
        # Our own installation is wrong, as with a wrong key: nothing the user changes helps.
        raise ProviderFailure(
            FailureClass.AUTH, f"{provider}: {error.code}: {error.message}", vendor_code=error.code
        ) from error
    except MediaError as error:
        raise ProviderFailure(
            FailureClass.TRANSIENT, f"{provider}: {error.code}: {error.message}", vendor_code=error.code
        ) from error
    except WorkerDied as error:
        raise ProviderFailure(FailureClass.TRANSIENT, f"{provider}: {error}") from error
    except TimeoutError as error:
        raise ProviderFailure(FailureClass.STUCK, f"{provider}: not finished within its deadline") from error


async def input_file(request: ProviderRequest, workspace: Workspace, role: str) -> Path:
    """The local file of an input; raises ``INPUT`` where it is missing."""
    stored = request.inputs.get(role)
    if stored is None:
        raise refused(f"no input in the role {role}", f"This needs a file in the role {role}.")
    return await workspace.fetch(stored)


def _is_short(request: ProviderRequest) -> bool:
    seconds = request.parameters.get("duration")
    return isinstance(seconds, int | float) and seconds <= SHORT_FILM_S


def _number(parameters: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = parameters.get(name)
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(f"{name} is not a number", f"Give {name} as a number.")
    return float(value)


def refused(message: str, advice: str) -> ProviderFailure:
    """What was asked for cannot be done; ``advice`` is for the person."""
    return ProviderFailure(FailureClass.INPUT, message, user_message=advice)
