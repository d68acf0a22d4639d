"""A transcript comes as an object, and whatever a language model proposes of it lies between its sentences (AIR-54)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ai_router.jobs.moments import read_in
from ai_router.jobs.running.fitting import ClipFitter
from ai_router.providers.language import question
from ai_router.providers.port import ProviderFailure, ProviderRequest, ProviderResult
from chassis import ids
from chassis.work.process_pool import ProcessPool
from contracts.ai_router import SubmitJob
from contracts.enums import Capability
from simulators.matrix.workspace import FolderWorkspace

SENTENCES = (
    (0.0, "Nobody believed that this would ever work at all."),
    (6.0, "Then everything changed in a single night."),
    (12.0, "We had nine customers and no money."),
    (18.0, "And that is the end of the story."),
)


@pytest.fixture
def workspace(tmp_path: Any) -> FolderWorkspace:
    return FolderWorkspace(tmp_path)


def transcript() -> dict[str, Any]:
    """Each sentence lasts four seconds, with two of silence behind it."""
    words, segments = [], []
    for start, text in SENTENCES:
        said = text.split()
        for number, word in enumerate(said):
            at = start + 4.0 * number / len(said)
            words.append({"text": word, "start": at, "end": at + 3.9 / len(said)})
        segments.append({"text": text, "start": start, "end": start + 4.0, "sure": 0.9})
    text = " ".join(text for _, text in SENTENCES)
    return {"text": text, "language": "en", "duration": 24.0, "words": words, "segments": segments}


def command(workspace: FolderWorkspace, document: dict[str, Any], **parameters: Any) -> SubmitJob:
    return SubmitJob(
        job_id=ids.uuid7(),
        user_id=ids.uuid7(),
        product_line="reely",
        capability=Capability.HOOK_DETECTION,
        inputs={
            "video": workspace.put(b"a film", "video/mp4"),
            "transcript": workspace.put(json.dumps(document).encode(), "application/json"),
        },
        parameters=parameters,
        deadline=datetime(2027, 1, 1, tzinfo=UTC),
    )


def _request(job: SubmitJob, parameters: Any) -> ProviderRequest:
    return ProviderRequest(UUID(int=1), job.job_id, job.capability, None, job.inputs, parameters)


async def test_a_language_model_is_sent_lines_with_times(workspace: FolderWorkspace) -> None:
    job = command(workspace, transcript(), count=2)
    parameters = await read_in(job, workspace)
    _, turn = question(_request(job, parameters))
    asked = json.loads(turn)
    assert (asked["count"], asked["duration"], asked["language"]) == (2, 24.0, "en")
    assert asked["transcript"][1] == {"start": 6.0, "end": 10.0, "text": SENTENCES[1][1]}


async def test_where_nobody_speaks_no_language_model_is_asked(workspace: FolderWorkspace) -> None:
    silent = transcript() | {"text": "", "words": [], "segments": []}
    job = command(workspace, silent)
    with pytest.raises(ProviderFailure, match="missing: transcript"):
        question(_request(job, await read_in(job, workspace)))


async def test_what_is_proposed_is_laid_between_sentences(processes: ProcessPool, workspace: FolderWorkspace) -> None:
    """From the middle of a word to the middle of another, over one another, and one that is no sentence at all."""
    job = command(workspace, transcript(), count=3, shortest_s=3.0, longest_s=12.0)
    proposed = [
        {"start": 6.7, "end": 15.1, "title": "A turn", "reason": "it turns", "score": 9.0},
        {"start": 7.0, "end": 9.5, "title": "The same", "reason": "it turns", "score": 8.0},
        {"start": 0.3, "end": 3.6, "title": "A claim", "reason": "it is strong", "score": 7.0},
        {"start": 10.5, "end": 11.5, "title": "Silence", "reason": "none", "score": 6.0},
    ]
    result = ProviderResult(outputs={}, units=Decimal(1), data={"hooks": proposed})
    fitted = await ClipFitter(processes).fit(job, result, workspace)
    found = [(hook["title"], hook["start"], hook["end"], hook["text"]) for hook in fitted.data["hooks"]]
    assert [title for title, *_ in found] == ["A turn", "A claim"]
    for _, start, end, text in found:
        assert not [word for word in transcript()["words"] if word["start"] < start < word["end"]]
        assert not [word for word in transcript()["words"] if word["start"] < end < word["end"]]
        assert text in transcript()["text"]
    assert fitted.data["method"] == "speech"
    assert fitted.data["shortfall_reasons"] and fitted.warnings == tuple(fitted.data["shortfall_reasons"])
    document = json.loads(workspace.read(fitted.outputs["document"]))
    assert [hook["title"] for hook in document["hooks"]] == ["A turn", "A claim"]
    again = await ClipFitter(processes).fit(job, fitted, workspace)
    assert again is fitted, "what lies between sentences stays where it is"
