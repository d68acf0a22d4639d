"""``runwayml`` against the Runway simulator."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import av
import httpx
import pytest
import runwayml

from simulators.core.faults import Fault
from simulators.serve import Served

VENDOR = "runway"
PICTURE = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture
def client(vendor: Served) -> Iterator[runwayml.RunwayML]:
    with runwayml.RunwayML(api_key=vendor.simulator.key, base_url=vendor.url, max_retries=0) as client:
        yield client


def _start(client: runwayml.RunwayML) -> str:
    made: Any = client.image_to_video.create(
        model="gen4.5", prompt_image=PICTURE, prompt_text="she smiles", ratio="720:1280", duration=4
    )
    return str(made.id)


def _finish(client: runwayml.RunwayML, task_id: str) -> Any:
    seen = []
    for _ in range(5):
        task = client.tasks.retrieve(task_id)
        seen.append(task.status)
        if task.status in ("SUCCEEDED", "FAILED"):
            assert seen[:-1] == ["PENDING", "RUNNING"]
            return task
    raise AssertionError("the task never finished")


def test_submit_poll_and_download(client: runwayml.RunwayML, vendor: Served) -> None:
    task = _finish(client, _start(client))
    clip = httpx.get(task.output[0], headers={"authorization": f"Bearer {vendor.simulator.key}"}).content
    with av.open(io.BytesIO(clip), "r") as container:
        assert container.streams.video[0].height > container.streams.video[0].width
    assert task.cost.credits == 25
    assert vendor.simulator.ledger.entries[-1].body["promptText"] == "she smiles"


def test_character_performance(client: runwayml.RunwayML, vendor: Served) -> None:
    made: Any = client.character_performance.create(
        model="act_two",
        character={"type": "image", "uri": PICTURE},
        reference={"type": "video", "uri": "data:video/mp4;base64,AAAA"},
        ratio="720:1280",
    )
    assert _finish(client, made.id).output
    assert vendor.simulator.ledger.entries[-1].body["reference"]["type"] == "video"


def test_a_frozen_task_stays_at_97_percent(client: runwayml.RunwayML, vendor: Served) -> None:
    vendor.simulator.plan.script("submit", [Fault.FROZEN])
    task_id = _start(client)
    states: list[Any] = [client.tasks.retrieve(task_id) for _ in range(6)]
    assert states[-1].progress == 0.97


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.REFUSED_INPUT, "SAFETY.INPUT.TEXT"),
        (Fault.REFUSED_OUTPUT, "SAFETY.OUTPUT.VIDEO"),
        (Fault.JOB_FAILED, "INTERNAL"),
    ],
)
def test_a_failed_task_names_its_reason(client: runwayml.RunwayML, vendor: Served, fault: Fault, code: str) -> None:
    vendor.simulator.plan.script("submit", [fault])
    assert _finish(client, _start(client)).failure_code == code


def test_a_deleted_task_is_gone(client: runwayml.RunwayML) -> None:
    task_id = _start(client)
    client.tasks.delete(task_id)
    with pytest.raises(runwayml.NotFoundError):
        client.tasks.retrieve(task_id)


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault.AUTH, runwayml.AuthenticationError),
        (Fault.BAD_INPUT, runwayml.BadRequestError),
        (Fault.THROTTLED, runwayml.RateLimitError),
        (Fault.SERVER_ERROR, runwayml.InternalServerError),
    ],
)
def test_errors_have_the_documented_shape(
    client: runwayml.RunwayML, vendor: Served, fault: Fault, raised: type[runwayml.APIStatusError]
) -> None:
    vendor.simulator.plan.script("submit", [fault])
    with pytest.raises(raised):
        _start(client)
