"""What a person reads about a run: how it went, what it took, what to do next."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from talkingphoto.folder import SUMMARY
from talkingphoto.screen import step_name, step_summary
from talkingphoto.show import Printer, foreign

_LONG_TITLE = 60


def summary(printer: Printer, told: Mapping[str, Any], out: Path) -> None:
    """A run whose files are in ``out``."""
    made = [step for step in told["steps"] if step["provider"]]
    width = max((len(step_name(step["name"])) for step in made), default=0)
    if printer.width >= width + 40:
        for step in made:
            printer.say(f"{step_name(step['name']):{width}}  {step_summary(step)}")
    else:
        for step in made:
            printer.say(f"{step_name(step['name'])}: {step_summary(step)}")
    seconds = f" in {told['seconds']:.1f} s" if told["seconds"] is not None else ""
    printer.say(f"Done{seconds}. Cost ₹{_money(told['cost'])}, {_credits(told['credits']['captured'])}.")
    for warning in told["warnings"]:
        printer.say(("Warning", "yellow"), f": {foreign(warning)}")
    printer.say(f"Files in {foreign(str(out))}: {', '.join([*told['files'], SUMMARY])}")
    video = next((name for name in ("video.mp4", *told["files"]) if name in told["files"]), None)
    if video is not None:
        opener = "open" if sys.platform == "darwin" else "xdg-open"
        printer.say(f"Open it with: {opener} {_argument(out / video)}")


def estimate(printer: Printer, told: Mapping[str, Any]) -> None:
    """What an order would take."""
    printer.say(
        f"It would cost ₹{_money(told['estimated_cost'])} and {_credits(told['credits'])}, and take about "
        f"{told['estimated_seconds']:.0f} s."
    )
    if ahead := told.get("ahead"):
        printer.say(f"{ahead} {'run is' if ahead == 1 else 'runs are'} before it.")
    for warning in told.get("warnings", ()):
        printer.say(("Warning", "yellow"), f": {foreign(warning)}")


def one(printer: Printer, run: Mapping[str, Any], command: Callable[[str, str], str]) -> None:
    """All about one run, and what can be done with it; ``command`` makes the command line for that."""
    printer.say(f"{run['id']}  {run['status']}  {run['progress']} %")
    if run.get("title"):
        printer.say(foreign(run["title"]))
    if error := run.get("error"):
        printer.say(("Why", "red"), f": {foreign(error['message'])}")
    if run.get("waiting_for"):
        printer.say(f"Waiting for {foreign(run['waiting_for'])}")
    for warning in run.get("warnings", ()):
        printer.say(("Warning", "yellow"), f": {foreign(warning)}")
    printer.table(
        ("step", "status", "by", "tries", "seconds", "score", "cost", "problem"), [_row(step) for step in run["steps"]]
    )
    if run["status"] == "completed" and run["results"]:
        printer.say(f"Get its files with {command('get', run['id'])}.")
    elif run["status"] in ("pending", "processing"):
        printer.say(f"Wait for it with {command('watch', run['id'])}, stop it with {command('cancel', run['id'])}.")
    elif run["status"] == "cancelled" or (error and error.get("retryable")):
        printer.say(f"Try it again with {command('retry', run['id'])}.")


def many(printer: Printer, runs: Sequence[Mapping[str, Any]]) -> None:
    """The newest runs, one a line."""
    if not runs:
        printer.say('No runs yet. Make one with `talkingphoto make PHOTO --script "..."`.')
        return
    rows = [
        (
            run["id"],
            run["status"],
            f"{run['progress']} %",
            run["created_at"][:16].replace("T", " "),
            foreign((run.get("title") or "")[:_LONG_TITLE]),
        )
        for run in runs
    ]
    printer.table(("run", "status", "progress", "created", "title"), rows, gives_way=True)


def paid(run: Mapping[str, Any]) -> str:
    """What a run that ended without a video has cost its owner."""
    captured = run["credits"]["captured"]
    return f"It took {_credits(captured)}." if captured else "No credits were used."


def _row(step: Mapping[str, Any]) -> tuple[str, ...]:
    name = step["name"] if step.get("part") is None else f"{step['name']}:{step['part']}"
    return (
        step_name(name),
        step["status"],
        step["provider"] or "",
        str(step["attempts"]) if step["attempts"] > 1 else "",
        f"{step['seconds']:.1f}" if step["seconds"] is not None else "",
        f"{step['score']:.1f}" if step["score"] is not None else "",
        f"₹{_money(step['cost'])}" if float(step["cost"]) else "",
        foreign(step["error"]) if step.get("error") else "",
    )


def _credits(number: int) -> str:
    return f"{number} credit" if number == 1 else f"{number} credits"


def _money(amount: str | float) -> str:
    """Without the places that say nothing."""
    value = Decimal(str(amount)).normalize()
    return f"{value:f}"


def _argument(path: Path) -> str:
    text = foreign(os.fspath(path))
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
