"""Making a clip that was paid for fit its speech: a vendor makes certain lengths only, and some make no sound."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from ai_router.jobs.running import measure
from ai_router.jobs.running.validation import MEASURE_DEADLINE_S, expected_seconds, near
from ai_router.providers.port import FailureClass, ProviderFailure, ProviderResult, Workspace
from chassis.work.process_pool import ProcessPool, WorkerDied
from contracts.ai_router import SubmitJob
from media.errors import BadMedia, MediaError


class Fitter(Protocol):
    """Fits results to what they are for."""

    async def fit(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> ProviderResult:
        """The result, or what was made of it. Raises ``ProviderFailure`` for what cannot be read."""
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
        try:
            length = await self._processes.run(
                measure.fit, source, await workspace.fetch(audio), out, seconds, deadline_s=MEASURE_DEADLINE_S
            )
        except BadMedia as error:
            raise ProviderFailure(FailureClass.BAD_OUTPUT, f"the clip does not decode: {error}") from error
        except (MediaError, WorkerDied, TimeoutError) as error:
            raise ProviderFailure(FailureClass.TRANSIENT, f"the clip could not be fitted: {error!r}") from error
        if length is None or not near(length, result.ordered_s):
            return result
        fitted = await workspace.keep(out, "video/mp4", role="fitted")
        return replace(result, outputs={**result.outputs, "video": fitted}, ordered_s=None)
