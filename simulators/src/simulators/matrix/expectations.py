"""What must come of each fault, by the operation it hits. ``result`` means that the work arrives all the same."""

from __future__ import annotations

from collections.abc import Mapping

from ai_router.providers.port import FailureClass as F
from simulators.core.faults import WEBHOOKS, Fault

RESULT = "result"

_ANSWERS: Mapping[Fault, str] = {
    Fault.BAD_INPUT: F.INPUT,
    Fault.REFUSED_INPUT: F.MODERATION_INPUT,
    Fault.AUTH: F.AUTH,
    Fault.QUOTA: F.QUOTA,
    Fault.THROTTLED: F.THROTTLED,
    Fault.THROTTLED_HINT: F.THROTTLED,
    Fault.SERVER_ERROR: F.TRANSIENT,
    Fault.OVERLOADED: F.TRANSIENT,
}
_MADE: Mapping[Fault, str] = {
    Fault.REFUSED_OUTPUT: F.MODERATION_OUTPUT,
    Fault.EMPTY: F.EMPTY,
    Fault.TRUNCATED: F.BAD_OUTPUT,
    Fault.WRONG_MEDIA: F.BAD_OUTPUT,
}
_BEFORE = (Fault.HANG_BEFORE, Fault.DROP_BEFORE)
_AFTER = (Fault.HANG_AFTER, Fault.DROP_AFTER, Fault.GATEWAY_AFTER, Fault.GARBLED)

_LOST: Mapping[Fault, str] = dict.fromkeys((*_BEFORE, *_AFTER), F.UNKNOWN_OUTCOME)
_FOUND: Mapping[Fault, str] = {**dict.fromkeys(_BEFORE, F.TRANSIENT), **dict.fromkeys(_AFTER, RESULT)}

_ASKED_AGAIN: Mapping[Fault, str] = dict.fromkeys(
    (
        *_BEFORE,
        Fault.DROP_AFTER,
        Fault.GARBLED,
        Fault.THROTTLED,
        Fault.THROTTLED_HINT,
        Fault.SERVER_ERROR,
        Fault.OVERLOADED,
    ),
    RESULT,
)
_LATER: Mapping[Fault, str] = {
    **_MADE,
    Fault.FROZEN: F.STUCK,
    Fault.JOB_FAILED: F.EMPTY,
    Fault.LINK_EXPIRED: RESULT,
    **dict.fromkeys(WEBHOOKS, RESULT),
}

_BY_OPERATION: Mapping[str, Mapping[Fault, str]] = {
    "perform": {**_ANSWERS, **_LOST, **_MADE},
    "submit": {**_ANSWERS, **_LOST, **_LATER},
    "submit, found again": {**_ANSWERS, **_FOUND, **_LATER},
    "poll": {**_ASKED_AGAIN, Fault.JOB_LOST: F.STUCK},
    "result": _ASKED_AGAIN,
    "lookup": _ASKED_AGAIN,
    "download": {
        **dict.fromkeys((Fault.DROP_AFTER, Fault.HANG_BEFORE, Fault.SERVER_ERROR, Fault.LINK_EXPIRED), RESULT),
        Fault.TRUNCATED: F.BAD_OUTPUT,
        Fault.WRONG_MEDIA: F.BAD_OUTPUT,
    },
    "upload": {**dict.fromkeys((*_BEFORE, Fault.DROP_AFTER, Fault.GARBLED), F.TRANSIENT), **_ANSWERS},
    "health": {**dict.fromkeys((*_BEFORE, Fault.DROP_AFTER, Fault.GARBLED), F.TRANSIENT), **_ANSWERS},
}


def expected(operation: str, fault: Fault, *, lookup: bool) -> str:
    """The outcome of one fault in ``operation``. ``lookup``: the vendor can be asked for a lost job."""
    if operation == "submit" and lookup:
        operation = "submit, found again"
    return _BY_OPERATION[operation][fault]
