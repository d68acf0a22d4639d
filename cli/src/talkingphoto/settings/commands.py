"""Profiles on the command line."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from talkingphoto.command import JsonOption, run, wrong_use
from talkingphoto.settings import credentials, profiles
from talkingphoto.show import Printer, foreign, print_json

configs = typer.Typer(
    help="Options that need not be typed each time, by profile. The file is INI, a section each.", no_args_is_help=True
)

_SECRET = {"password", "key"}


@configs.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """Show all profiles, and where they are.

    Example: talkingphoto config list
    """

    async def listed() -> None:
        found = profiles.all_profiles()
        if as_json:
            print_json({"file": str(profiles.file()), "credentials": str(credentials.file()), "profiles": found})
            return
        say = Printer()
        rows = [[name, option, foreign(value)] for name, one in found.items() for option, value in one.items()]
        if rows:
            say.table(["profile", "option", "value"], rows, gives_way=True)
        say.say(f"Profiles are in {profiles.file()}, credentials in {credentials.file()}.")

    run(listed, as_json=as_json)


@configs.command("set")
def set_command(
    context: typer.Context,
    option: Annotated[str, typer.Argument(help="An option's long name, such as server, language or out.")],
    value: Annotated[str, typer.Argument(help="What it is where a command is not told otherwise.")],
    as_json: JsonOption = False,
) -> None:
    """Say an option once for all commands that have it.

    Example: talkingphoto --profile work config set server https://video.example.com
    """
    _change(context, option, value, as_json=as_json)


@configs.command("unset")
def unset_command(
    context: typer.Context,
    option: Annotated[str, typer.Argument(help="The option's long name.")],
    as_json: JsonOption = False,
) -> None:
    """Forget what was said for an option.

    Example: talkingphoto config unset language
    """
    _change(context, option, None, as_json=as_json)


def _change(context: typer.Context, option: str, value: str | None, *, as_json: bool) -> None:
    name = option.removeprefix("--")
    root: Any = context.find_root()
    if name in _SECRET or name not in profiles.options_of(root.command):
        wrong_use(
            f"{option!r} is no option that a profile can have; `talkingphoto COMMAND --help` lists them.",
            as_json=as_json,
        )
    profile = root.obj or profiles.DEFAULT

    async def changed() -> None:
        profiles.change(profile, name, value)
        found = profiles.profile(profile)
        if as_json:
            print_json({"profile": profile, "options": found})
        else:
            Printer().say(
                f"Profile {profile}: {', '.join(f'{key} = {foreign(said)}' for key, said in found.items()) or 'empty'}"
            )

    run(changed, as_json=as_json)
