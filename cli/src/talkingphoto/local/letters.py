"""Dead letters, on the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, run, the_runner

letters = typer.Typer(help="Messages that were given up: list, show, replay.", no_args_is_help=True)

QueueArgument = Annotated[str, typer.Argument(help="A queue, for example billing.commands.")]


@letters.command("list")
def list_letters(
    queue: Annotated[str | None, typer.Argument(help="One queue; without it all.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List dead letters: queue, type, attempts, reason.

    Example: talkingphoto dead-letters list billing.commands
    """
    run(lambda: the_runner().list_letters(home, queue, as_json=as_json), as_json=as_json)


@letters.command("show")
def show_letter(
    queue: QueueArgument,
    message_id: Annotated[str, typer.Argument(help="Id of the letter or of its message.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="Errors as JSON too; the letter is JSON anyway.")] = False,
) -> None:
    """Show one dead letter with headers and body.

    Example: talkingphoto dead-letters show billing.commands 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """
    run(lambda: the_runner().show_letter(home, queue, message_id), as_json=as_json)


@letters.command("replay")
def replay_letters(
    queue: QueueArgument,
    message_id: Annotated[list[str] | None, typer.Argument(help="Ids; without them all of the queue.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Put dead letters back into their queue.

    Example: talkingphoto dead-letters replay billing.commands
    """
    run(lambda: the_runner().replay_letters(home, queue, message_id, as_json=as_json), as_json=as_json)
