"""Asking whether a picture or video was made at the platform."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from talkingphoto.asking import ask
from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption
from talkingphoto.runs import Where
from talkingphoto.show import Printer, foreign

_HOW = {
    "bytes": "It is the very file that was delivered.",
    "film": "Its pictures are those of a film made here: {score:.0%} of them, in their order.",
    "picture": "It looks like a picture made here ({score:.0%} alike); so may the photo that one was made of.",
}


def verify_command(
    file: Annotated[
        Path, typer.Argument(help="A picture or video, at most 50 MB.", exists=True, dir_okay=False, readable=True)
    ],
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Say whether a file was made here, also when it was compressed, made smaller or stripped since.

    Example: talkingphoto verify found-somewhere.mp4
    """
    ask(Where(home, server), lambda client: client.verify(file), _show, as_json=as_json)


def _show(say: Printer, found: Any) -> None:
    if not found["made_here"]:
        say.say("Nothing made here looks like it.")
    else:
        say.say(_HOW[found["match"]].format(score=found["score"]))
        say.say(f"Made {found['made_at']}, as {found['digital_source_type'].rpartition('/')[2]}.")
    if found["stated_source_type"]:
        say.say(f"The file itself states {foreign(found['stated_source_type'])}.")
    elif found["made_here"]:
        say.say("The file itself says nothing of that any more.")
    if found["workflow_id"]:
        say.say(f"Yours: run {found['workflow_id']}.")
