"""Platforms on this machine, on the command line: run, examined, backed up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from talkingphoto.command import DEFAULT_HOME, FAILED, HomeOption, JsonOption, run, the_runner


def up_command(
    port: Annotated[int, typer.Option("--port", help="Where clients reach the platform.")] = 8000,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="RabbitMQ and two processes a service instead of one process.")
    ] = False,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Simulators in the place of all vendors: for development.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Run the platform until Ctrl-C. Unfinished runs go on where they were.

    Example: talkingphoto up --port 8080 --simulated
    """
    run(lambda: the_runner().up(home, port, distributed=distributed, simulated=simulated), as_json=False)


def doctor_command(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Say what is installed, what can be reached, and what is missing.

    Example: talkingphoto doctor --json
    """

    async def examine() -> None:
        if not await the_runner().examine(home, as_json=as_json):
            raise typer.Exit(FAILED)

    run(examine, as_json=as_json)


def backup_command(
    file: Annotated[Path, typer.Argument(help="Where to; it must not be there yet.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Put databases, files and keys of this home into one file, while the platform runs or not.

    Example: talkingphoto backup ~/monday.tar
    """
    run(lambda: the_runner().backup(home, file, as_json=as_json), as_json=as_json)


def restore_command(
    file: Annotated[Path, typer.Argument(help="What `backup` has written.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Bring a backup back into a home that has nothing yet.

    Example: talkingphoto restore ~/monday.tar --home ~/again
    """
    run(lambda: the_runner().restore(home, file, as_json=as_json), as_json=as_json)
