"""What these commands do, and what they print."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from talkingphoto.client import as_text
from talkingphoto.command import WRONG_USE, Stop
from talkingphoto.ordering.placing import placed
from talkingphoto.runs import Where, session
from talkingphoto.show import Printer, foreign, print_json

_KINDS = {".csv": "text/csv", ".jsonl": "application/x-ndjson", ".ndjson": "application/x-ndjson"}


async def rerun(
    run_id: str, begin_from: str | None, changes: Mapping[str, Any], where: Where, *, as_json: bool
) -> None:
    """Make a new run of one that is done, or say what that would take."""
    async with session(where, _unsaid) as here:
        answer = await placed(here.client.rerun(run_id, begin_from, changes))
    if as_json:
        print_json(answer)
        return
    say = Printer()
    say.say("Made anew: ", _steps(answer["made"]))
    say.say("Used again: ", _steps(answer["reused"]) or "nothing")
    say.say(f"Credits: {answer['credits']} instead of {answer['credits_of_all']}; {answer['estimated_seconds']:.0f} s.")
    for warning in answer["warnings"]:
        say.say(("Warning", "yellow"), f": {warning}")
    if answer["id"] is not None:
        say.say(f"Run {answer['id']}. Get its files with {where.command('get', answer['id'])}.")


async def approve(run_id: str, where: Where, *, approved: bool, as_json: bool) -> None:
    """Decide what a run waits for."""
    async with session(where, _unsaid) as here:
        asked = (await here.client.run(run_id)).get("approval")
        if asked is None:
            raise Stop(
                f"Run {run_id} does not wait for a decision. See how it is with {where.command('status', run_id)}.",
                code="nothing_to_approve",
            )
        answer = await here.client.decide(run_id, asked["step"], approved=approved)
    if as_json:
        print_json(answer)
        return
    goes_on = "goes on" if approved else "is being cancelled"
    Printer().say(f"Run {run_id} {goes_on}. Follow it with {where.command('watch', run_id)}.")


async def timeline(run_id: str, where: Where, *, as_json: bool) -> None:
    """Say where the time of a run went."""
    async with session(where, _unsaid) as here:
        told = await here.client.timeline(run_id)
    if as_json:
        print_json(told)
        return
    say = Printer()
    began = datetime.fromisoformat(told["created_at"])
    rows = [
        [
            f"{(datetime.fromisoformat(span['begins_at']) - began).total_seconds():.1f}",
            f"{span['seconds']:.1f}",
            span["kind"],
            span["cause"],
        ]
        for span in told["spans"]
    ]
    say.table(["at s", "for s", "", "waiting for"], rows, gives_way=True)
    say.say(f"{told['seconds']:.1f} s in all.")
    for one in told["interventions"]:
        say.say(f"{one['at']} {one['text']}")


async def submit(
    manifest: Path, name: str | None, where: Where, *, dry_run: bool, all_or_nothing: bool, as_json: bool
) -> None:
    """Order what a manifest says, or say what would become of each row."""
    body, kind = _read(manifest)
    async with session(where, _unsaid) as here:
        answer = await here.client.submit_batch(
            body, kind, name=name or as_text(manifest.stem)[:100], dry_run=dry_run, all_or_nothing=all_or_nothing
        )
    if as_json:
        print_json(answer)
        return
    say = Printer()
    rows = [
        [str(row["line"]), foreign(row["ref"]), row["verdict"], row["workflow_id"] or foreign(row["message"] or "")]
        for row in answer["rows"]
    ]
    say.table(["line", "row", "verdict", ""], rows, gives_way=True)
    say.say(
        f"{answer['ordered']} {'would be ' if dry_run else ''}ordered for {answer['credits']} credits, "
        f"{answer['repeated']} were already, {answer['refused']} refused."
    )
    if answer["id"] is not None:
        say.say(f"Batch {answer['id']}. See how it is with {where.command('batch status', answer['id'])}.")


async def batch_status(batch_id: str, where: Where, *, cancels: bool, as_json: bool) -> None:
    """How the runs of a batch are; ``cancels``: once they have been told to stop."""
    async with session(where, _unsaid) as here:
        answer = await (here.client.cancel_batch(batch_id) if cancels else here.client.batch(batch_id))
    if as_json:
        print_json(answer)
        return
    states = ("pending", "processing", "completed", "failed", "cancelled")
    told = ", ".join(f"{answer[state]} {state}" for state in states if answer[state]) or "nothing"
    stopped = f" {answer['stopped']} were told to stop." if cancels else ""
    Printer().say(f"Batch {foreign(answer['name'])}: {answer['rows']} runs; {told}.{stopped}")


def _read(manifest: Path) -> tuple[bytes, str]:
    kind = _KINDS.get(manifest.suffix.lower())
    if kind is None:
        raise Stop(f"{manifest} is neither a .csv nor a .jsonl file.", WRONG_USE, code="manifest_type")
    try:
        return manifest.read_bytes(), kind
    except OSError as error:
        raise Stop(f"{manifest} cannot be read: {error.strerror}.", WRONG_USE, code="unreadable") from error


def _steps(found: list[dict[str, Any]]) -> str:
    return ", ".join(one["step"] + (f" ({', '.join(one['parts'])})" if one["parts"] else "") for one in found)


def _unsaid(_: str) -> None:
    """For commands that only ask."""
