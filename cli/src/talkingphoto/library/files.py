"""Files on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from talkingphoto.asking import LimitOption, PageOption, ask, pages
from talkingphoto.client import Client
from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption, run, some_id
from talkingphoto.ordering.sending import sent_large
from talkingphoto.runs import Where, session
from talkingphoto.screen import Screen
from talkingphoto.show import Printer, foreign, print_json

files = typer.Typer(help="Photos, sounds and videos of yours at the platform.", no_args_is_help=True)

PATH = "/api/v1/files"
FileArgument = Annotated[
    str, typer.Argument(metavar="FILE_ID", help="`talkingphoto files list` lists them.", callback=some_id)
]
_PICTURES = (".jpg", ".jpeg", ".png", ".webp")


@files.command("list")
def list_command(
    kind: Annotated[str | None, typer.Option("--type", help="Only these: image, audio, video, or a MIME type.")] = None,
    page: PageOption = 1,
    limit: LimitOption = 20,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show your files, the newest first.

    Example: talkingphoto files list --type video
    """

    def show(say: Printer, answer: Any) -> None:
        if not answer["items"]:
            say.say("No files yet.")
            return
        rows = [
            [one["id"], f"{one['file_size'] / 1e6:.1f} MB", one["scan_status"], foreign(one["original_name"])]
            for one in answer["items"]
        ]
        say.table(["id", "size", "", "name"], rows, gives_way=True)
        pages(say, answer)

    asked = {"page": page, "per_page": limit} | ({"type": kind} if kind else {})
    ask(Where(home, server), lambda client: client.send("GET", PATH, params=asked), show, as_json=as_json)


@files.command("upload")
def upload_command(
    file: Annotated[Path, typer.Argument(help="A photo, a sound or a video.", exists=True, dir_okay=False)],
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Send a file; given again after an interruption, it goes on where it was.

    Example: talkingphoto files upload talk.mp4
    """
    screen = Screen(Printer(stderr=as_json), quiet=as_json)

    async def sent() -> None:
        with screen.showing():
            async with session(Where(home, server), screen.stage) as here:
                if file.suffix.lower() in _PICTURES:
                    file_id = str((await here.client.upload(file))["id"])
                else:
                    file_id = await sent_large(
                        here.client, home, file, lambda share: screen.stage(f"Uploading, {share:.0%} of", file.name)
                    )
        if as_json:
            print_json({"id": file_id})
        else:
            Printer().say(file_id)

    run(sent, as_json=as_json)


@files.command("delete")
def delete_command(
    file_id: FileArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Remove a file.

    Example: talkingphoto files delete 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """

    async def removed(client: Client) -> dict[str, Any]:
        await client.send("DELETE", f"{PATH}/{file_id}")
        return {"id": file_id, "deleted": True}

    ask(Where(home, server), removed, lambda say, _: say.say(f"File {file_id} is removed."), as_json=as_json)
