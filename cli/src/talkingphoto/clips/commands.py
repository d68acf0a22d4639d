"""Their place on the command line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from talkingphoto.clips import doing
from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption, folder, run, the_runner
from talkingphoto.ordering.choices import Language, Quality
from talkingphoto.runs import Where


class Aspect(StrEnum):
    """The shape of a clip."""

    VERTICAL = "vertical"
    SQUARE = "square"
    WIDE = "wide"


class Layout(StrEnum):
    """Who is seen in it."""

    AUTO = "auto"
    SINGLE = "single"
    SPLIT = "split"
    BLUR = "blur"
    SCREEN = "screen"


class ClipCaptions(StrEnum):
    """How what is said is written in it."""

    KARAOKE = "karaoke"
    PLAIN = "plain"
    NONE = "none"


class Container(StrEnum):
    """What file a part is."""

    MP4 = "mp4"
    MOV = "mov"
    WEBM = "webm"
    MKV = "mkv"


VideoArgument = Annotated[str, typer.Argument(metavar="VIDEO|LINK", help="A file, or a link to a video on YouTube.")]
OutOption = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="For the finished files.", parser=folder)]
KeepGoingOption = Annotated[
    bool, typer.Option("--keep-going", help="On Ctrl-C leave the run going, instead of cancelling it.")
]
CountOption = Annotated[
    int | None, typer.Option("--count", min=1, max=20, help="How many clips; without it by the video's length.")
]
LayoutOption = Annotated[
    Layout,
    typer.Option("--layout", help="Who is seen: whoever speaks, two people, the whole, a screen with its speaker."),
]
CaptionsOption = Annotated[ClipCaptions, typer.Option("--captions", help="How what is said is written in the clips.")]
AspectOption = Annotated[Aspect, typer.Option("--aspect", help="The shape of the clips.")]
_MOST = 20


def clips_command(
    video: VideoArgument,
    count: CountOption = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=5, max=90, help="How long a clip may be at most.")
    ] = None,
    layout: LayoutOption = Layout.AUTO,
    captions: CaptionsOption = ClipCaptions.KARAOKE,
    aspect: AspectOption = Aspect.VERTICAL,
    language: Annotated[
        Language | None, typer.Option("--language", help="What is spoken; without it that is found out.")
    ] = None,
    quality: Annotated[
        Quality, typer.Option("--quality", help="What to prefer when providers differ.")
    ] = Quality.BALANCED,
    title: Annotated[str | None, typer.Option("--title", help="What to call it.")] = None,
    out: OutOption = Path("out/clips"),
    keep_going: KeepGoingOption = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make clips of the best moments of a long video, each with the reason why it was chosen.

    Example: talkingphoto clips talk.mp4 --count 3 --layout split
    """
    wanted = {
        "count": count,
        "clips": count or _MOST,
        "clip_length": seconds,
        "layout": layout.value,
        "captions": captions.value,
        "aspect": aspect.value,
        "language": language.value if language is not None else None,
        "quality_preference": quality.value,
        "title": title,
    }
    run(
        lambda: doing.clips(video, wanted, out, Where(home, server), as_json=as_json, keep_going=keep_going),
        as_json=as_json,
    )


def trim_command(
    video: VideoArgument,
    start: Annotated[str, typer.Argument(metavar="START", help="Where the part begins: seconds, or 1:30.")],
    end: Annotated[str, typer.Argument(metavar="END", help="Where it ends, in the same way.")],
    container: Annotated[Container, typer.Option("--format", help="What file is made.")] = Container.MP4,
    out: OutOption = Path("out/trim"),
    keep_going: KeepGoingOption = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Cut the part of a video between two times out, exact to the frame.

    Example: talkingphoto trim talk.mp4 0:10 0:40 --format mov
    """
    wanted = {"start": start, "end": end, "output_format": container.value}
    run(
        lambda: doing.trim(video, wanted, out, Where(home, server), as_json=as_json, keep_going=keep_going),
        as_json=as_json,
    )


def demo_clips_command(
    count: CountOption = 2,
    layout: LayoutOption = Layout.AUTO,
    captions: CaptionsOption = ClipCaptions.KARAOKE,
    out: OutOption = Path("out/clips"),
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make clips of a talk that is generated here first: the whole way, once, on this machine, without a key.

    Example: talkingphoto demo-clips --count 2
    """
    wanted = {"count": count, "clips": count, "clip_length": 30.0, "layout": layout.value, "captions": captions.value}

    async def make() -> None:
        video = await the_runner().sample_talk(home, as_json=as_json)
        await doing.clips(str(video), wanted, out, Where(home, None), as_json=as_json, keep_going=False)

    run(make, as_json=as_json)
