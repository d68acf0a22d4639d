"""Making what was paid for fit what it is for: a clip its speech, of which a vendor makes certain lengths only and some
without sound, and speech the mouth that is to say it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from ai_router.jobs.moments import TRANSCRIPT, is_proposed, read_in
from ai_router.jobs.running import measure
from ai_router.jobs.running.guarding import DRIFTED, guard, is_guarded
from ai_router.jobs.running.validation import expected_seconds, near
from ai_router.providers.local import clip_work, work
from ai_router.providers.port import FailureClass, ProviderFailure, ProviderResult, Workspace
from chassis.work.process_pool import ProcessPool, WorkerDied
from contracts.ai_router import SubmitJob
from contracts.enums import Capability
from contracts.objects import StoredObject
from media.errors import BadMedia, MediaError

T = TypeVar("T")

FIT_DEADLINE_S = 600.0


class Fitter(Protocol):
    """Fits results to what they are for."""

    async def fit(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> ProviderResult:
        """The result, or what was made of it. Raises ``ProviderFailure`` for what cannot be read."""
        ...

    async def measure(self, result: ProviderResult, ordered_s: float, workspace: Workspace) -> None:
        """Return where a clip can be read and is as long as it was ordered; raise ``ProviderFailure`` else."""
        ...

    async def join(
        self, command: SubmitJob, clips: Sequence[tuple[StoredObject, float]], workspace: Workspace
    ) -> StoredObject:
        """One film of ``clips``, each until its second of the speech, with the speech for its sound.

        Raises ``ProviderFailure`` for what cannot be read.
        """
        ...


class ClipFitter:
    """Cuts silent clips to the length of their speech and gives them its sound, in worker processes.

    A clip that speaks for itself stays as it was ordered: another track would part lips and voice, and a cut words.
    """

    def __init__(self, processes: ProcessPool) -> None:
        self._processes = processes

    async def fit(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> ProviderResult:
        """See :class:`Fitter`. Only a clip that is as long as it was ordered is fitted; the others are not what was
        asked for, and are for the judge."""
        if command.capability is Capability.AUDIO_GENERATION:
            return await self._timed(command, result, workspace)
        if is_proposed(command, result):
            return await self._settled(command, result, workspace)
        if is_guarded(command, result):
            return await self._guarded(command, result, workspace)
        audio, timings = command.inputs.get("audio"), command.inputs.get("timings")
        clip = result.outputs.get("video")
        if result.ordered_s is None or clip is None or audio is None or timings is None:
            return result
        seconds = await expected_seconds(command, await workspace.fetch(timings))
        if seconds is None:
            return result
        if seconds > result.ordered_s + 0.5:
            # Less was ordered than there is to say: the judge compares with the speech.
            return replace(result, ordered_s=None)
        source, out = await workspace.fetch(clip), workspace.directory / "fitted.mp4"
        length = await self._run(measure.fit, source, await workspace.fetch(audio), out, seconds, quick=True)
        if length is None or not near(length, result.ordered_s):
            return result
        fitted = await workspace.keep(out, "video/mp4", role="fitted")
        return replace(result, outputs={**result.outputs, "video": fitted}, ordered_s=None)

    async def _timed(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> ProviderResult:
        """Speech with the times of its words and sounds, without which no mouth can follow it."""
        recording, script = result.outputs.get("audio"), command.parameters.get("script")
        if recording is None or "timings" in result.outputs or not isinstance(script, str):
            return result
        sound, timings = workspace.directory / "timed.wav", workspace.directory / "timed.json"
        options = {
            "engine": result.model or "",
            **{name: command.parameters[name] for name in ("language", "voice") if command.parameters.get(name)},
        }
        heard = result.data.get("words", [])
        source = await workspace.fetch(recording)
        about = await self._run(work.time_speech, script, source, heard, sound, timings, options, quick=True)
        outputs = {
            "audio": await workspace.keep(sound, "audio/wav", role="timed"),
            "timings": await workspace.keep(timings, "application/json", role="timings"),
        }
        return replace(result, outputs={**result.outputs, **outputs}, data={**result.data, **about})

    async def _settled(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> ProviderResult:
        """Moments that begin and end between sentences, of those that somebody proposed."""
        transcript, out = await workspace.fetch(command.inputs[TRANSCRIPT]), workspace.directory / "settled.json"
        options = await read_in(command, workspace)
        wanted = {name: options.get(name) for name in ("duration", "count", "shortest_s", "longest_s")}
        proposed = list(result.data["hooks"])
        made = await self._run(clip_work.settle, proposed, transcript, out, wanted, quick=True)
        document = await workspace.keep(out, "application/json", role="settled")
        return replace(
            result,
            outputs={**result.outputs, "document": document},
            data={**result.data, **made},
            warnings=(*result.warnings, *made["shortfall_reasons"]),
        )

    async def _guarded(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> ProviderResult:
        """An edit with what it changed beyond its task; where that is too much with a warning, and the composite."""
        original = await workspace.fetch(command.inputs["image"])
        edited = await workspace.fetch(result.outputs["image"])
        mask = await workspace.fetch(command.inputs["mask"]) if "mask" in command.inputs else None
        out = workspace.directory / "composite.png"
        found = await self._run(guard, original, edited, mask, out, quick=True)
        drifted = found.pop("drifted")
        outputs = dict(result.outputs)
        if out.exists():
            outputs["composite"] = await workspace.keep(out, "image/png", role="composite")
        warnings = (*result.warnings, DRIFTED) if drifted else result.warnings
        return replace(result, outputs=outputs, data={**result.data, "guard": found}, warnings=warnings)

    async def measure(self, result: ProviderResult, ordered_s: float, workspace: Workspace) -> None:
        """See :class:`Fitter`."""
        clip = result.outputs.get("video")
        if clip is None or clip.size == 0:
            raise ProviderFailure(FailureClass.EMPTY, "no video came back")
        seconds = await self._run(measure.length, await workspace.fetch(clip), quick=True)
        if not near(seconds, ordered_s):
            raise ProviderFailure(FailureClass.BAD_OUTPUT, f"{seconds:.2f} s came back, {ordered_s:g} s were ordered")

    async def join(
        self, command: SubmitJob, clips: Sequence[tuple[StoredObject, float]], workspace: Workspace
    ) -> StoredObject:
        """See :class:`Fitter`."""
        audio, out = await workspace.fetch(command.inputs["audio"]), workspace.directory / "film.mp4"
        sources = [(await workspace.fetch(clip), end) for clip, end in clips]
        await self._run(measure.join, sources, audio, out)
        return await workspace.keep(out, "video/mp4", role="film")

    async def _run(self, function: Callable[..., T], *arguments: Any, quick: bool = False) -> T:
        try:
            return await self._processes.run(function, *arguments, deadline_s=FIT_DEADLINE_S, quick=quick)
        except BadMedia as error:
            raise ProviderFailure(FailureClass.BAD_OUTPUT, f"the result does not decode: {error}") from error
        except (MediaError, WorkerDied, TimeoutError) as error:
            raise ProviderFailure(FailureClass.TRANSIENT, f"the result could not be fitted: {error!r}") from error
