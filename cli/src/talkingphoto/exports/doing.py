"""What these commands do, and what they print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from talkingphoto.runs import Where, session
from talkingphoto.show import Printer, print_json


async def guide(platforms: Sequence[str], kind: str, title: str | None, where: Where, *, as_json: bool) -> None:
    """Say how a video is published on each platform."""
    asked = {"platforms": list(platforms), "workflow_type": str(kind), **({"title": title} if title else {})}
    async with session(where, _unsaid) as here:
        answer = await here.client.instructions(asked)
    if as_json:
        print_json(answer)
        return
    say = Printer()
    for one in answer["instructions"]:
        say.say(
            f"{one['name']}, about {one['estimated_time_minutes']} minutes, with {', '.join(one['tools_required'])}:"
        )
        for number, step in enumerate(one["steps"], 1):
            say.say(f"{number}. {step}")


async def costs(asked: Mapping[str, Any], where: Where, *, as_json: bool) -> None:
    """Say what a way of working costs and what would make it less."""
    async with session(where, _unsaid) as here:
        answer = await here.client.optimise(asked)
    if as_json:
        print_json(answer)
        return
    say, now = Printer(), answer["current"]
    say.table(["step", "rupees", "how"], [[one["step"], one["cost"], one["formula"]] for one in now["steps"]])
    say.say(f"A month: {now['total_per_month']} rupees, {now['minutes_per_month']} minutes of yours.")
    for one in answer["suggestions"]:
        effect = one["effect"]
        say.say(f"{one['text']} Saves {effect['rupees_per_month']} rupees and {effect['minutes_per_month']} minutes.")


async def order(wanted: str, asked: Mapping[str, Any], where: Where, *, as_json: bool) -> None:
    """Order a finished run's video for more platforms."""
    async with session(where, _unsaid) as here:
        answer = await here.client.order_shapes(wanted, asked)
    _told(answer, as_json=as_json)
    if not as_json:
        Printer().say(f"See how far they are with {where.command('exports list', wanted)}.")


async def shapes(wanted: str, where: Where, *, as_json: bool) -> None:
    """Say in which shapes a finished run's video is there."""
    async with session(where, _unsaid) as here:
        answer = await here.client.shapes(wanted)
    _told(answer, as_json=as_json)


def _told(answer: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    say = Printer()
    rows = [[one["platform"], one["status"], _size(one), _link(one)] for one in answer["items"]]
    say.table(["platform", "", "size", "video"], rows, gives_way=True)
    for one in answer["items"]:
        for warning in [*one["warnings"], *([one["message"]] if one["message"] else [])]:
            say.say(("Warning", "yellow"), f": {warning}")


def _size(one: Mapping[str, Any]) -> str:
    return f"{one['width']} x {one['height']}" if one["width"] else ""


def _link(one: Mapping[str, Any]) -> str:
    files: Mapping[str, Any] = one["files"]
    return next((file["url"] for role, file in files.items() if role.startswith("video")), "")


def _unsaid(_: str) -> None:
    """For commands that only ask."""
