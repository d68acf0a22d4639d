"""Rules of an order that need no I/O: the script, the platforms, the estimate."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from decimal import Decimal

from workflow.runs.errors import BadScript
from workflow.settings import Settings

_FORBIDDEN = (
    (re.compile(r"<\s*/?\s*script\b", re.I), "script tags"),
    (re.compile(r"javascript\s*:", re.I), "javascript links"),
    (re.compile(r"<[^>]*\bon[a-z]+\s*=", re.I), "event handlers"),
    (re.compile(r"\b(?:eval|exec)\s*\(", re.I), "calls to eval or exec"),
)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean_script(script: str, limit: int) -> str:
    """The script as it is stored: without HTML tags and control characters (WFL-33). Raises :class:`BadScript`."""
    # Entities and control characters are resolved first: what hides in them is judged as what a browser would see.
    plain = _CONTROL.sub("", html.unescape(script))
    for pattern, name in _FORBIDDEN:
        if pattern.search(plain):
            raise BadScript(f"The script must not contain {name}.", fields={"script": f"contains {name}"})
    text = plain
    while (stripped := _TAG.sub("", text)) != text:
        text = stripped
    text = text.strip()
    if not text:
        raise BadScript("The script is empty. Write what the photo should say.", fields={"script": "is empty"})
    if len(text) > limit:
        raise BadScript(
            f"The script has {len(text)} characters; at most {limit} are allowed.", fields={"script": "is too long"}
        )
    return text


def clean_line(text: str) -> str:
    """A title or description without HTML tags and control characters."""
    return _TAG.sub("", _CONTROL.sub("", text)).strip()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is expected to take. ``cost`` in the product line's currency, four places; ``seconds`` of waiting."""

    cost: Decimal
    credits: int
    seconds: float


def estimate(settings: Settings, duration: int, run_budget: Decimal | None, credits: int, ahead: int) -> Estimate:
    """Expected cost and time of ``duration`` seconds of video with ``ahead`` runs before it (WFL-08, WFL-42).

    The router never spends more than the plan's budget, because it falls back to providers that cost nothing; so
    neither does the estimate exceed it (BIL-66).
    """
    cost = settings.estimated_image_cost + settings.estimated_video_cost_per_second * duration
    if run_budget is not None:
        cost = min(cost, run_budget)
    seconds = settings.estimated_seconds + settings.estimated_seconds_per_second * duration
    rounds_before = ahead // settings.max_processing
    return Estimate(cost.quantize(Decimal("0.0001")), credits, round(seconds * (1 + rounds_before), 1))
