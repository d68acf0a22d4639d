"""Its place on the command line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption, folder, run
from talkingphoto.films import doing
from talkingphoto.ordering.choices import Language, Voice
from talkingphoto.runs import Where

LONGEST_MINUTES = 120
"""As many as the API takes."""


class Definition(StrEnum):
    """How fine the pictures are."""

    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"


class Aspect(StrEnum):
    """The sides of the pictures."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


class Captions(StrEnum):
    """Where the subtitles are."""

    FILES = "files"
    BURNED = "burned"


class Imagery(StrEnum):
    """What is shown where there is no picture."""

    WORDS = "words"
    PICTURES = "pictures"
    CLIPS = "clips"


def film_command(
    script: Annotated[
        Path, typer.Argument(metavar="SCRIPT.md", help="What is told, as text. Lines with # begin scenes.")
    ],
    images: Annotated[
        Path | None, typer.Option("--images", metavar="FOLDER", help="Pictures to show, in the order of their names.")
    ] = None,
    minutes: Annotated[int, typer.Option("--minutes", min=1, max=LONGEST_MINUTES, help="Whole minutes.")] = 1,
    voice: Annotated[Voice, typer.Option("--voice", help="Who speaks.")] = Voice.NEUTRAL,
    music: Annotated[str | None, typer.Option("--music", help="What is played to it; without it none.")] = None,
    definition: Annotated[
        Definition, typer.Option("--definition", help="How fine it is; draft is for a quick look.")
    ] = Definition.STANDARD,
    aspect: Annotated[Aspect, typer.Option("--aspect", help="The sides of the picture.")] = Aspect.WIDE,
    captions: Annotated[
        Captions, typer.Option("--captions", help="Subtitles in files, or drawn into the picture as well.")
    ] = Captions.FILES,
    imagery: Annotated[
        Imagery,
        typer.Option(
            "--imagery", help="Without pictures of yours: the words, or pictures or clips that are made of them."
        ),
    ] = Imagery.WORDS,
    style: Annotated[
        str | None,
        typer.Option("--style", help="What the pictures that are made have in common, such as: watercolour."),
    ] = None,
    language: Annotated[
        Language | None, typer.Option("--language", help="What the script is written in; without it that is told.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="Written on the first card.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plan it, say what it would take, and make nothing.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="For the finished files.", parser=folder)] = Path(
        "out/film"
    ),
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="On Ctrl-C leave the run going, instead of cancelling it.")
    ] = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a film of whole minutes: a script is told over pictures, with music and subtitles.

    Example: talkingphoto film script.md --images pictures --minutes 2 --music calm
    """
    looks = {
        "definition": definition.value,
        "aspect": aspect.value,
        "captions": captions.value,
        "imagery": imagery.value,
        "style": style,
        "language": language.value if language is not None else None,
    }
    wanted = {"duration": minutes, "voice": voice.value, "music": music, "title": title}
    run(
        lambda: doing.film(
            script,
            images,
            wanted,
            looks,
            out,
            Where(home, server),
            dry_run=dry_run,
            as_json=as_json,
            keep_going=keep_going,
        ),
        as_json=as_json,
    )
