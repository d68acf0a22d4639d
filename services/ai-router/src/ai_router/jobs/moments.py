"""Between a film's transcript and who looks for its best moments: a document becomes lines, and what comes back lies
between sentences, whoever proposed it (AIR-54)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from ai_router.providers.port import ProviderResult, Workspace
from contracts.ai_router import SubmitJob
from contracts.enums import Capability

TRANSCRIPT = "transcript"
"""The role of the document that a transcription made."""


async def read_in(command: SubmitJob, workspace: Workspace) -> Mapping[str, Any]:
    """The parameters of ``command``, with the lines of its transcript where that is an object among its inputs.

    Of a film in which nobody speaks there are none: who needs words then says so, and who looks at pictures goes on.
    """
    stored = command.inputs.get(TRANSCRIPT)
    if command.capability is not Capability.HOOK_DETECTION or stored is None:
        return command.parameters
    path = await workspace.fetch(stored)
    document = await asyncio.to_thread(lambda: json.loads(path.read_bytes()))
    found = document.get("segments") or ()
    lines = [{"start": round(one["start"], 2), "end": round(one["end"], 2), "text": one["text"]} for one in found]
    told = {
        "duration": document["duration"],
        **command.parameters,
        "language": command.parameters.get("language") or document.get("language") or "en",
    }
    return {**told, TRANSCRIPT: lines} if lines else told


def is_proposed(command: SubmitJob, result: ProviderResult) -> bool:
    """Whether ``result`` is somebody's opinion about a film's transcript, not yet laid between its sentences."""
    return (
        command.capability is Capability.HOOK_DETECTION
        and TRANSCRIPT in command.inputs
        and "method" not in result.data
        and "hooks" in result.data
    )
