"""Runs of all kinds, and single results of them, on the command line."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urljoin

import typer

from talkingphoto import report
from talkingphoto.asking import LimitOption, PageOption, ask, pages
from talkingphoto.client import Client
from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption, Stop, run_id
from talkingphoto.folder import Unwritable, reason
from talkingphoto.making import FILES
from talkingphoto.runs import Where
from talkingphoto.show import Printer

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="The run's id; `talkingphoto list` lists them.", callback=run_id)
]


class State(StrEnum):
    """How a run is."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


def list_command(
    state: Annotated[State | None, typer.Option("--status", help="Only those that are so.")] = None,
    page: PageOption = 1,
    limit: LimitOption = 20,
    line: Annotated[str | None, typer.Option("--line", help="Only those of this product line.")] = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show your runs, the newest first: videos, clips, films.

    Example: talkingphoto list --status failed --limit 5
    """
    wishes = {"status": state.value if state is not None else None, "product_line": line}
    asked = {"page": page, "per_page": limit} | {name: value for name, value in wishes.items() if value is not None}

    def show(say: Printer, answer: Any) -> None:
        if not answer["items"] and (len(asked) > 2 or page > 1):
            say.say("There are no such runs.")
            return
        report.many(say, answer["items"])
        pages(say, answer)

    ask(
        Where(home, server), lambda client: client.send("GET", "/api/v1/workflows", params=asked), show, as_json=as_json
    )


def open_command(
    wanted: RunArgument,
    result: Annotated[str, typer.Option("--result", help="Which: video, kit, srt, clip_1, ...")] = "video",
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Look at a result: opens it where there is a desktop, and prints its link, which holds for a while.

    Example: talkingphoto open 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """

    async def found(client: Client) -> dict[str, Any]:
        _, one = await _result(client, wanted, result)
        return {"result": result, "url": urljoin(client.url, one["url"])}

    def show(say: Printer, answer: Any) -> None:
        say.say(answer["url"])
        if say.is_terminal and sys.stdin is not None and sys.stdin.isatty():
            typer.launch(answer["url"])

    ask(Where(home, server), found, show, as_json=as_json)


def kit_command(
    wanted: RunArgument,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to; kit.zip without it.")] = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Fetch a run's kit alone: all that is needed to publish, in one archive.

    Example: talkingphoto kit 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b --out friday.zip
    """
    target = (out or Path(FILES["kit"])).expanduser()

    async def fetched(client: Client) -> dict[str, Any]:
        _, one = await _result(client, wanted, "kit")
        beside = target.with_name(f".{target.name}.partial")
        try:
            digest = await client.download(urljoin(client.url, one["url"]), beside)
            if digest != one["sha256"]:
                raise Stop(f"{target} arrived damaged: SHA-256 {digest}, expected {one['sha256']}.", code="damaged")
            beside.replace(target)
        except OSError as error:
            raise Unwritable(f"{target} cannot be written: {reason(error)}.") from error
        finally:
            beside.unlink(missing_ok=True)
        return {"file": str(target), "sha256": digest, "size": one["size"]}

    async def told(client: Client) -> dict[str, Any]:
        try:
            return await fetched(client)
        except Unwritable as error:
            raise Stop(str(error), code="unwritable") from error

    ask(Where(home, server), told, lambda say, answer: say.say(f"Kit in {answer['file']}"), as_json=as_json)


async def _result(client: Client, wanted: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    run = await client.run(wanted)
    if name not in run["results"]:
        there = ", ".join(sorted(run["results"])) or "none"
        raise Stop(f"Run {wanted} is {run['status']}; it has no result {name!r}. There are: {there}.", code="no_result")
    return run, run["results"][name]
