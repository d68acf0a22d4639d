"""Their place on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from talkingphoto.command import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    ServerOption,
    folder,
    run,
    the_runner,
    wrong_use,
)
from talkingphoto.images import doing
from talkingphoto.runs import Where

_FILE: dict[str, Any] = {"exists": True, "dir_okay": False}
OutOption = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="For the finished picture.", parser=folder)]


def image_command(
    words: Annotated[str | None, typer.Argument(help="What is to be seen, or with --edit what is to change.")] = None,
    edit: Annotated[Path | None, typer.Option("--edit", help="Change this picture instead.", **_FILE)] = None,
    mask: Annotated[Path | None, typer.Option("--mask", help="Only where this picture is white.", **_FILE)] = None,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", help="Steps instead of words, done without a vendor: JSON, or a file with it."),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            "--background", help="Of the picture of --edit: blur, transparent, a colour (#rrggbb) or a picture."
        ),
    ] = None,
    logo: Annotated[Path | None, typer.Option("--logo", help="For a step `logo` of the recipe.", **_FILE)] = None,
    upscale: Annotated[int | None, typer.Option("--upscale", help="Two or four times as large: 2 or 4.")] = None,
    size: Annotated[str | None, typer.Option("--size", help="Of a new picture, such as 1024x768.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="The same one gives the same picture.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="With which; the platform lists them.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="By whom.")] = None,
    out: OutOption = Path("out/image"),
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a picture from WORDS, or change and enlarge one.

    Example: talkingphoto image "a quiet harbour at dawn" --size 1024x768 --seed 7
    """
    try:
        steps = doing.recipe_of(recipe, background)
    except ValueError as error:
        wrong_use(str(error), as_json=as_json)
    picture = background is not None and bool(steps) and steps[-1].get("mode") == "picture"
    for is_wrong, message in (
        (bool(steps) and edit is None, "--recipe and --background change a picture: name it with --edit."),
        (words is None and edit is None, "Say what is to be seen, or name a picture with --edit."),
        (bool(steps) and words is not None, "Give words or a recipe, not both."),
        (mask is not None and (edit is None or words is None), "--mask goes with --edit and words."),
        (edit is not None and words is None and not steps and upscale is None, "Say what is to change, or --upscale."),
        (upscale not in (None, 2, 4), "--upscale is 2 or 4."),
        (picture and not Path(str(background)).is_file(), f"--background {background} is no file."),
    ):
        if is_wrong:
            wrong_use(message, as_json=as_json)
    named = {"size": size if edit is None else None, "seed": seed, "model": model, "provider": provider}
    wish = doing.Wish(
        words=words,
        edit=edit,
        mask=mask,
        recipe=steps,
        logo=logo,
        background=Path(str(background)) if picture else None,
        upscale=upscale,
        options={name: value for name, value in named.items() if value is not None},
    )
    run(lambda: doing.image(wish, out, Where(home, server), as_json=as_json), as_json=as_json)


def demo_command(
    photo: Annotated[Path | None, typer.Option("--photo", help="Another portrait.", **_FILE)] = None,
    out: OutOption = Path("out/pixie"),
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Edit, cut out and enlarge the sample portrait without any key; and, where the simulators are installed, make
    pictures from words with one vendor failing.

    Example: talkingphoto demo-pictures --photo me.jpg
    """
    run(lambda: the_runner().pictures(home, photo, out), as_json=False)
