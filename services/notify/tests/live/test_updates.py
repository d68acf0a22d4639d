"""One pure translation: every event of a run, and what a client hears of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from contracts.enums import Status
from contracts.workflow import RunEvent, Standing
from notify.composition import RUN_EVENTS
from notify.live.schemas import WorkflowEvent
from notify.live.updates import update_of

AT = datetime(2026, 5, 17, 12, tzinfo=UTC)
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

_EVENT = {**TypeAdapter(WorkflowEvent).json_schema(mode="serialization"), "additionalProperties": False}

CASES: list[tuple[str, dict[str, Any], Status, dict[str, Any], dict[str, Any]]] = [
    ("created", {}, Status.PENDING, {"progress": 0, "step": None, "message": "Accepted"}, {}),
    (
        "progressed",
        {"waiting_for": "a free worker", "seconds_left": 4.0},
        Status.PROCESSING,
        {"progress": 40, "step": "generate", "message": "Animating"},
        {"waiting_for": "a free worker", "seconds_left": 4.0},
    ),
    (
        "step",
        {"provider": "local", "score": 8.5},
        Status.PROCESSING,
        {"progress": None, "step": "enhance", "message": "enhance done"},
        {
            "step_completed": {
                "step": "enhance",
                "attempts": 1,
                "provider": "local",
                "score": 8.5,
                "cost": "0.039",
                "seconds": 1.5,
            }
        },
    ),
    (
        "created",
        {"standing": Standing(progress=5, step="enhance", message="the photo", cost=Decimal(0))},
        Status.PROCESSING,
        {"progress": 5, "step": "enhance", "message": "the photo"},
        {"cost": "0"},
    ),
    (
        "step",
        {"standing": Standing(progress=30, step="speak", message="the voice", waiting_for="the voice")},
        Status.PROCESSING,
        {"progress": 30, "step": "speak", "message": "the voice"},
        {
            "waiting_for": "the voice",
            "step_completed": {
                "step": "enhance",
                "attempts": 1,
                "provider": None,
                "score": None,
                "cost": "0.039",
                "seconds": 1.5,
            },
        },
    ),
    (
        "completed",
        {"warnings": ("low light",)},
        Status.COMPLETED,
        {"progress": 100, "step": None, "message": "Done"},
        {"cost": "0.5", "credits": 1, "seconds": 12.4, "warnings": ["low light"]},
    ),
    (
        "failed",
        {},
        Status.FAILED,
        {"progress": None, "step": "check", "message": "There is no face in the photo."},
        {"code": "no_face", "retryable": False, "credits_returned": True},
    ),
    (
        "cancelled",
        {},
        Status.CANCELLED,
        {"progress": None, "step": "generate", "message": "Cancelled"},
        {"credits_returned": False},
    ),
]


@pytest.mark.parametrize(("event", "fields", "state", "status", "extra"), CASES, ids=[case[0] for case in CASES])
def test_what_a_client_hears(
    new_run: Any, event: str, fields: dict[str, Any], state: Status, status: dict[str, Any], extra: dict[str, Any]
) -> None:
    run = new_run()
    update = update_of(getattr(run, event)(**fields), AT, TRACEPARENT)
    assert (update.run_id, update.user_id, update.sequence, update.state) == (run.id, run.user_id, 1, state)
    assert update.created_at == AT
    assert orjson.loads(orjson.dumps(update.body)) == {
        "type": "workflow_status",
        "workflow_id": str(run.id),
        "state": state.value,
        "status": status,
        "sequence": 1,
        "timestamp": "2026-05-17T12:00:00Z",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        **extra,
    }
    Draft202012Validator(_EVENT).validate(orjson.loads(orjson.dumps(update.body)))


def test_every_event_that_is_consumed_has_a_case_and_others_are_refused(new_run: Any) -> None:
    assert {type(getattr(new_run(), case[0])()) for case in CASES} == set(RUN_EVENTS)
    run = new_run()
    with pytest.raises(TypeError, match="RunEvent"):
        update_of(RunEvent(run_id=run.id, user_id=run.user_id, product_line="reely", sequence=1), AT)
