"""What a person sees while a video is made."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from talkingphoto.settings.loudness import is_quiet
from talkingphoto.show import Printer, foreign

_STEPS = {
    "check": "Check",
    "reserve": "Reserve credits",
    "enhance": "Enhance the photo",
    "speak": "Speak the script",
    "generate": "Animate the face",
    "renditions": "Fit to platforms",
    "kit": "Pack the kit",
    "capture": "Settle credits",
    "look": "Look at the link",
    "fetch": "Fetch the video",
    "trim": "Cut the part",
    "transcribe": "Write down what is said",
    "hooks": "Find the best moments",
    "clips": "Make the clips",
    "music": "Make the music",
    "draw": "Draw the pictures",
    "shots": "Make the shots",
    "join": "Join the film",
}
"""Names for people; a step that is not listed is shown by its own name."""


class Screen:
    """Live progress of one run; plain lines where there is no terminal, nothing when ``quiet``."""

    def __init__(self, console: Printer, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet or is_quiet()
        self._live: Live | None = None
        self._started = time.monotonic()
        self._headline = "Starting"
        self._progress = 0
        self._done_at: float | None = None
        self._waiting_for: str | None = None
        self._current: str | None = None
        self._steps: dict[str, dict[str, Any]] = {}

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Draw for the duration of the block."""
        if self._quiet or not self._console.is_terminal:
            yield
            return
        with Live(self, console=self._console, refresh_per_second=8, transient=True) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def stage(self, text: str, about: str = "") -> None:
        """What is being done, besides what the run tells of itself; ``about``: a name of the user's."""
        self._headline = f"{text} {foreign(about)}" if about else text
        self._line(self._headline)

    def warn(self, text: str) -> None:
        """Something about the order that its owner should know. It stays on the screen."""
        if not self._quiet:
            self._console.say(("Warning", "yellow"), f": {foreign(text)}")

    def update(self, update: Mapping[str, Any]) -> None:
        """One live update of the run."""
        status = update.get("status", {})
        step = status.get("step")
        if (done := update.get("step_completed")) is not None and step:
            ended = str(done.get("step", step))
            self._steps[ended] = dict(done)
            self._line(f"{step_name(ended)}: {step_summary(done)}")
            if status.get("progress") is None:
                return
        if status.get("progress") is not None:
            self._progress = max(self._progress, int(status["progress"]))
        left = update.get("seconds_left")
        self._done_at = time.monotonic() + float(left) if left is not None else None
        self._waiting_for = update.get("waiting_for")
        if step:
            self._current = step
        self._headline = foreign(status.get("message") or "") or self._headline

    def __rich__(self) -> Group:
        """The present state, for :class:`rich.live.Live`."""
        table = Table.grid(padding=(0, 2))
        for step, done in self._steps.items():
            table.add_row(Text("✓", style="green"), Text(step_name(step)), Text(step_summary(done), style="dim"))
        if self._current is not None and self._current not in self._steps:
            waits = Text(self._waiting_for or "", style="dim")
            table.add_row(Text("…", style="yellow"), Text(step_name(self._current)), waits)
        elapsed = f"{time.monotonic() - self._started:.0f} s"
        seconds = self._done_at - time.monotonic() if self._done_at is not None else 0
        # Nothing is said of an expectation that has run out.
        left = f", about {seconds:.0f} s left" if seconds >= 1 else ""
        head = Table.grid(padding=(0, 1))
        head.add_row(
            ProgressBar(total=100, completed=self._progress, width=32),
            f"{self._progress:3d} %",
            Text(self._headline),
            Text(f"({elapsed}{left})", style="dim"),
        )
        return Group(table, head)

    def _line(self, text: str) -> None:
        if not self._quiet and self._live is None:
            self._console.say(text)


def step_name(step: str) -> str:
    """A step, or one part of it, as people call it."""
    base, _, part = step.partition(":")
    name = _STEPS.get(base, base)
    return f"{name} ({part})" if part else name


def step_summary(done: Mapping[str, Any]) -> str:
    """How a step went, in one line."""
    parts = [f"{float(done['seconds']):.1f} s"] if done.get("seconds") is not None else []
    if done.get("provider"):
        parts.append(str(done["provider"]))
    if done.get("score") is not None:
        parts.append(f"score {float(done['score']):.1f}")
    if int(done.get("attempts") or 1) > 1:
        parts.append(f"{done['attempts']} attempts")
    if float(done.get("cost") or 0) > 0:
        parts.append(f"₹{float(done['cost']):.3f}")
    return ", ".join(parts)
