"""What a trim is made from."""

from __future__ import annotations

from workflow.products.sourced import SourcedInput


class TrimInput(SourcedInput):
    """A video and the part that is wanted, in its seconds."""

    start: float
    end: float
    output_format: str = "mp4"
