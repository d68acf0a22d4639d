"""Messages about runs (NTF-11)."""

from __future__ import annotations

from typing import Any

from chassis import ids
from contracts.objects import StoredObject
from contracts.workflow import RunCancelled, RunCompleted, RunEvent, RunFailed
from notify.messages.models import Draft
from notify.words.book import Phrase


def draft_of(event: RunEvent) -> Draft | None:
    """The message about a run's end; None where it has not ended."""
    match event:
        case RunCompleted():
            kind = "workflow_completed"
            values: dict[str, object] = {"seconds": round(event.seconds), "credits": event.credits}
            data: dict[str, Any] = {
                "workflow_type": event.workflow_type.value,
                "cost": str(event.cost),
                "results": sorted(event.results),
            }
            objects = event.results
        case RunFailed():
            kind = "workflow_failed"
            values = {"reason": event.message, "refund": _refund(event.credits_returned)}
            data = {"code": event.code, "retryable": event.retryable, "credits_returned": event.credits_returned}
            objects = _NOTHING
        case RunCancelled():
            kind = "workflow_cancelled"
            values = {"refund": _refund(event.credits_returned)}
            data = {"credits_returned": event.credits_returned}
            objects = _NOTHING
        case _:
            return None
    return Draft(
        ids.derived(event.run_id, kind, event.sequence),
        event.user_id,
        event.product_line,
        kind,
        values,
        {"workflow_id": str(event.run_id)} | data,
        objects,
    )


_NOTHING: dict[str, StoredObject] = {}


def _refund(returned: bool) -> Phrase:
    return Phrase("refund.returned" if returned else "refund.none")
