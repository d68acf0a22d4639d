"""What hooks are looked for in."""

from __future__ import annotations

from typing import Any

from contracts.enums import Language
from media.clips.edits import Aspect, CaptionStyle, Layout
from workflow.products.sourced import SourcedInput


class AutoHooksInput(SourcedInput):
    """A video, how many moments of which length are wanted of it, and how many of them are cut, in which look."""

    count: int | None = None
    """None: by the video's length."""
    clip_length: float | None = None
    """Seconds that a moment may last at most."""
    language: Language | None = None
    """What is spoken; None: that is found out."""
    clips: int = 0
    """How many of the best are cut."""
    aspect: Aspect = "vertical"
    layout: Layout = "auto"
    captions: CaptionStyle = "karaoke"
    longest_silence: float | None = None
    """Seconds that a pause between words of a clip may last; None: as it was spoken."""
    edits: dict[str, dict[str, Any]] = {}
    """By the number of a clip that was edited: its versions, as ``media.clips.edits.History`` tells them."""
