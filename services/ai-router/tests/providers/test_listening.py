"""What local ears and the rubric hand out, what they refuse, and that a recording of another text is not accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ai_router.jobs.running.validation import MediaValidator
from ai_router.providers.local.every import local_providers
from ai_router.providers.port import FailureClass, Performs, ProviderFailure, ProviderRequest, ProviderResult
from chassis import ids
from chassis.work.process_pool import ProcessPool
from contracts.ai_router import SubmitJob
from contracts.enums import Capability
from contracts.objects import StoredObject
from media.speech.synthesis import synthesise
from simulators.core import media
from simulators.matrix.scenarios import HOOKS
from simulators.matrix.workspace import FolderWorkspace

SCRIPT = "Nobody believed it. Then the machine began to sing."


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return synthesise(SCRIPT, tmp_path_factory.mktemp("spoken") / "it.wav", sample_rate=24_000).path.read_bytes()


async def _done(
    processes: ProcessPool,
    workspace: FolderWorkspace,
    capability: Capability,
    parameters: Mapping[str, Any],
    **inputs: StoredObject,
) -> tuple[ProviderResult, Any]:
    key = "local_ears" if capability is Capability.TRANSCRIPTION else "local_hooks"
    provider = local_providers(processes, deadline_s=60.0)[key]
    assert isinstance(provider, Performs)
    request = ProviderRequest(UUID(int=1), UUID(int=1), capability, None, inputs, parameters, 60.0)
    result = await provider.perform(request, workspace, lambda _: None)
    return result, json.loads(workspace.read(result.outputs["document"]))


async def test_what_is_said_is_written_down_with_times(
    processes: ProcessPool, workspace: FolderWorkspace, spoken: bytes
) -> None:
    result, document = await _done(
        processes, workspace, Capability.TRANSCRIPTION, {}, audio=workspace.put(spoken, "audio/wav")
    )
    assert document["text"].startswith("Nobody believed it")
    words = document["words"]
    assert [word["text"].strip(".,") for word in words][:3] == ["Nobody", "believed", "it"]
    assert all(0 <= word["start"] <= word["end"] <= document["duration"] for word in words)
    assert float(result.units) == pytest.approx(document["duration"])
    assert not result.warnings


async def test_where_nobody_speaks_there_are_no_words_and_it_is_said(
    processes: ProcessPool, workspace: FolderWorkspace
) -> None:
    result, document = await _done(
        processes, workspace, Capability.TRANSCRIPTION, {}, audio=workspace.put(media.wav(1.0), "audio/wav")
    )
    assert document["words"] == []
    assert result.warnings


async def test_hooks_cite_their_words_and_hear_the_recording(
    processes: ProcessPool, workspace: FolderWorkspace, spoken: bytes
) -> None:
    _, read = await _done(processes, workspace, Capability.HOOK_DETECTION, HOOKS)
    assert read["hooks"][0]["title"] == "Nobody believed that this would work."
    assert {"item": "claim", "words": "Nobody", "at": 0.0, "points": 2.0} in read["hooks"][0]["evidence"]
    lines = [{"start": 0.1, "end": 1.3, "text": "Nobody believed it."}, {"start": 1.5, "end": 3.4, "text": "It sang."}]
    _, heard = await _done(
        processes,
        workspace,
        Capability.HOOK_DETECTION,
        {"transcript": lines, "duration": 3.5},
        audio=workspace.put(spoken, "audio/wav"),
    )
    assert heard["hooks"][0]["score"] <= 10


async def test_clips_are_as_long_as_was_asked_whatever_is_known_of_the_recording(
    processes: ProcessPool, workspace: FolderWorkspace
) -> None:
    _, usual = await _done(processes, workspace, Capability.HOOK_DETECTION, HOOKS)
    shortest = max(hook["end"] - hook["start"] for hook in usual["hooks"]) + 0.5
    wanted = {**HOOKS, "shortest_s": shortest}
    _, longer = await _done(processes, workspace, Capability.HOOK_DETECTION, wanted)
    assert longer["hooks"] and all(hook["end"] - hook["start"] >= shortest for hook in longer["hooks"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration": None},
        {"shortest_s": -1},
        {"longest_s": "long"},
        {"shortest_s": 20, "longest_s": 10},
        {"duration": True},
        {"count": 0},
        {"count": 1.5},
        {"transcript": "one text"},
        {"transcript": [{"start": 0, "text": "no end"}]},
        {"transcript": [{"start": 3, "end": 1, "text": "backwards"}]},
        {"transcript": [{"start": 0, "end": 4, "text": "word", "words": [{"text": "word"}]}]},
        {"transcript": [{"start": 0, "end": 4, "text": "a" * 60_001}]},
        {"transcript": [{"start": 0, "end": 1, "text": "Too short."}]},
    ],
)
async def test_a_transcript_that_is_none_is_refused_with_advice(
    processes: ProcessPool, workspace: FolderWorkspace, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ProviderFailure) as refused:
        await _done(processes, workspace, Capability.HOOK_DETECTION, {**HOOKS, **wrong})
    assert refused.value.failure is FailureClass.INPUT
    assert refused.value.user_message


async def test_a_recording_of_another_text_is_no_result(
    processes: ProcessPool, workspace: FolderWorkspace, spoken: bytes, tmp_path: Path
) -> None:
    """Whoever made it: the next provider is tried."""
    validator = MediaValidator(processes)
    result = ProviderResult({"audio": workspace.put(spoken, "audio/wav")}, units=Decimal(1))
    command = SubmitJob(
        job_id=ids.uuid7(),
        user_id=ids.uuid7(),
        product_line="talkingphoto",
        capability=Capability.AUDIO_GENERATION,
        parameters={"script": SCRIPT},
        deadline=datetime.now(UTC),
    )
    verdict = await validator.check(command, result, workspace)
    assert verdict.score is None
    assert verdict.measures["heard"] > 0.9
    other = command.model_copy(update={"parameters": {"script": "The museum opens at ten and closes at six."}})
    with pytest.raises(ProviderFailure) as caught:
        await validator.check(other, result, workspace)
    assert caught.value.failure is FailureClass.BAD_OUTPUT
    silent = replace(result, outputs={"audio": workspace.put(media.wav(2.0), "audio/wav")})
    with pytest.raises(ProviderFailure):
        await validator.check(command, silent, workspace)
    french = command.model_copy(update={"parameters": {"script": "Bonjour", "language": "fr"}})
    assert (await validator.check(french, result, workspace)).measures.keys() == {"duration"}
