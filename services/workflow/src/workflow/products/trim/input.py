"""What a trim is made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow.products.sourced import SourcedInput


class TrimInput(SourcedInput):
    """A video and the part that is wanted, in its seconds."""

    start: float
    end: float
    output_format: str = "mp4"


def as_order(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The order that ``kept`` came from."""
    names = ("url", "start", "end", "output_format", "title")
    return {name: kept[name] for name in names if kept.get(name) is not None}
