"""Their place on the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption, run, run_id
from talkingphoto.exports import doing
from talkingphoto.ordering.choices import Captions, WorkflowType
from talkingphoto.runs import Where

exports = typer.Typer(help="How to publish, what it costs, and more shapes of a finished video.", no_args_is_help=True)

PlatformsOption = Annotated[
    list[str],
    typer.Option("--platform", help="As the catalogue has it: linkedin, instagram:story; repeat for more."),
]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A finished run's id.", callback=run_id)]
TypeOption = Annotated[WorkflowType, typer.Option("--type", help="What the video is for.", case_sensitive=False)]


@exports.command("guide")
def guide_command(
    platforms: PlatformsOption,
    kind: TypeOption = WorkflowType.AVATAR_PRESENTATION,
    title: Annotated[str | None, typer.Option("--title", help="Of the video.")] = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Say step by step how a video is published; needs no run.

    Example: talkingphoto exports guide --platform linkedin --title "A kettle"
    """
    run(lambda: doing.guide(platforms, kind, title, Where(home, server), as_json=as_json), as_json=as_json)


@exports.command("costs")
def costs_command(
    platforms: PlatformsOption,
    kind: TypeOption = WorkflowType.AVATAR_PRESENTATION,
    duration: Annotated[int, typer.Option("--duration", min=1, help="Seconds of a video.")] = 10,
    volume: Annotated[int, typer.Option("--volume", min=1, help="Videos a month.")] = 1,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Say what a month of videos costs, in money and time, and what would make it less.

    Example: talkingphoto exports costs --platform tiktok --volume 30
    """
    asked = {"platforms": platforms, "workflow_type": kind.value, "duration": duration, "volume": volume}
    run(lambda: doing.costs(asked, Where(home, server), as_json=as_json), as_json=as_json)


@exports.command("order")
def order_command(
    wanted: RunArgument,
    platforms: PlatformsOption,
    captions: Annotated[
        Captions, typer.Option("--captions", help="In files, or in the picture.", case_sensitive=False)
    ] = Captions.FILES,
    highlight_words: Annotated[
        bool, typer.Option("--highlight-words", help="Of captions in the picture: colour the word that is heard.")
    ] = False,
    draft: Annotated[bool, typer.Option("--draft", help="Only to look at: smaller, and made sooner.")] = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Order a finished run's video for more platforms; costs nothing. Again, and it says how far they are.

    Example: talkingphoto exports order 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b --platform linkedin --platform x
    """
    chosen = {name: True for name, wanted in (("highlight_words", highlight_words), ("draft", draft)) if wanted}
    asked = {"platforms": platforms, "captions": captions.value, **chosen}
    run(lambda: doing.order(wanted, asked, Where(home, server), as_json=as_json), as_json=as_json)


@exports.command("list")
def list_command(
    wanted: RunArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Say in which shapes a finished run's video is there, and whether they are what the platforms ask for.

    Example: talkingphoto exports list 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """
    run(lambda: doing.shapes(wanted, Where(home, server), as_json=as_json), as_json=as_json)
