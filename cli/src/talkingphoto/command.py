"""What every command shares: its options, how it ends, and the way to the runner.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused by the platform, 130 stopped.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Coroutine
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from talkingphoto.client import ApiError, Unreachable

FAILED, WRONG_USE, REFUSED, STOPPED = 1, 2, 3, 130

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="TALKINGPHOTO_HOME", help="Where this installation keeps its data.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text for people.")]
ServerOption = Annotated[
    str | None,
    typer.Option("--server", envvar="TALKINGPHOTO_SERVER", help="Use a platform that runs elsewhere."),
]

DEFAULT_HOME = Path("~/.talkingphoto").expanduser()


class Stop(Exception):
    """A command ends here. ``code`` is stable, for programs; the text says what to do next."""

    def __init__(self, message: str, exit_code: int = FAILED, *, code: str) -> None:
        self.exit_code = exit_code
        self.code = code
        super().__init__(message)


def the_runner() -> Any:
    """:mod:`talkingphoto_runner.commands`, which runs platforms here. Raises :class:`Stop` where it is not installed.

    By name, because a client has neither the runner nor the services that it needs.
    """
    try:
        return import_module("talkingphoto_runner.commands")
    except ModuleNotFoundError as error:
        if error.name != "talkingphoto_runner":
            raise
        raise Stop(
            "Running a platform here takes the runner: pip install talkingphoto-runner. "
            "A platform elsewhere is reached with --server URL.",
            code="no_runner",
        ) from None


def run(main: Callable[[], Coroutine[Any, Any, None]], *, as_json: bool) -> None:
    """Run a command; turn what can go wrong into one clear line and an exit code."""
    try:
        asyncio.run(_until_interrupted(main()))
    except Stop as stop:
        _complain(str(stop), stop.code, stop.exit_code, as_json=as_json)
    except ApiError as error:
        fields = "".join(f"\n  {name}: {rule}" for name, rule in error.fields.items())
        _complain(f"{error}{fields}", error.code, REFUSED, as_json=as_json)
    except Unreachable as error:
        _complain(str(error), "unreachable", FAILED, as_json=as_json)
    except OSError as error:
        _complain(str(error), "os_error", FAILED, as_json=as_json)
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise typer.Exit(STOPPED) from None


async def _until_interrupted(main: Coroutine[Any, Any, None]) -> None:
    # SIGTERM ends a command as Ctrl-C does, so that data is left in order either way.
    task = asyncio.ensure_future(main)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    await task


def _complain(message: str, code: str, exit_code: int, *, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": {"code": code, "message": message}})
    else:
        Console(stderr=True, soft_wrap=True).print(f"[red]{code}[/red]: {message}", highlight=False)
    raise typer.Exit(exit_code)


def wrong_use(message: str) -> NoReturn:
    """Say what was wrong about the command line, and end."""
    Console(stderr=True).print(message)
    raise typer.Exit(WRONG_USE)


def print_json(value: object) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
