"""Looking whether a vendor's edit kept what it was not to change, and offering the edit with that put back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ai_router.providers.port import ProviderResult
from contracts.ai_router import SubmitJob
from contracts.enums import Capability

DRIFTED = "edit_drift"
"""The warning of a result that changed more than it was to."""


def is_guarded(command: SubmitJob, result: ProviderResult) -> bool:
    """Whether the result is an edit by words, of a picture that it can be compared with. A recipe does what it says."""
    edit = command.capability is Capability.IMAGE_EDIT and "recipe" not in command.parameters
    return edit and "image" in command.inputs and "image" in result.outputs


def guard(original: Path, edited: Path, mask: Path | None, out: Path) -> dict[str, Any]:
    """Measure what an edit changed beyond its task; where it is too much, write the composite to ``out``. In a worker
    process. Raises ``media.errors``."""
    from media.judge.edits import guard_file

    found = guard_file(original, edited, mask, out)
    return {"measures": found.measures, "reasons": list(found.reasons), "drifted": found.is_over}
