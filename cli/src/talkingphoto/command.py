"""What every command shares: its options, how it ends (``talkingphoto.settings.exits``), and the way to the runner."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import httpx
import typer
from typer.core import TyperGroup

from talkingphoto.client import ApiError, Unreachable
from talkingphoto.settings.exits import FAILED as FAILED
from talkingphoto.settings.exits import REFUSED as REFUSED
from talkingphoto.settings.exits import STOPPED as STOPPED
from talkingphoto.settings.exits import WRONG_USE as WRONG_USE
from talkingphoto.show import Printer, foreign, legible, print_json

DEFAULT_HOME = Path("~/.talkingphoto")


class Stop(Exception):
    """A command ends here. ``code`` is stable, for programs; the text says what to do next."""

    def __init__(self, message: str, exit_code: int = FAILED, *, code: str) -> None:
        self.exit_code = exit_code
        self.code = code
        super().__init__(message)


class Command(TyperGroup):
    """The command with its sub commands, on whatever it prints to."""

    def main(self, *args: Any, **more: Any) -> Any:
        """Run it. What it prints fits the output's encoding, and an output that is gone is no traceback."""
        examples_apart(self)
        if not Path(os.environ.get("HOME", "/")).is_absolute():
            # An empty or a relative one would be another folder wherever it is said; then the user's entry counts.
            del os.environ["HOME"]
        with legible():
            return super().main(*args, **more)

    def invoke(self, ctx: Any) -> Any:
        """Run the sub command; what is wrong about a choice is said without the validator's own words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise


def examples_apart(command: Any) -> None:
    """Let the examples of a command's help, and of those below it, stand on lines of their own, as they are typed."""
    for one in getattr(command, "commands", {}).values():
        if one.help and "\b" not in one.help:
            one.help = one.help.replace("\n\nExample: ", "\n\nExample:\n\n\b\n  ")
        examples_apart(one)


def default_home() -> Path | None:
    """Where this installation keeps its data unless told otherwise; None for a user without a home folder."""
    with suppress(RuntimeError):
        return DEFAULT_HOME.expanduser()
    return None


def folder(value: str | Path) -> Path:
    """A folder that is named, below a home folder where it begins with ``~``, which shells leave alone after
    ``--option=``. Raises ``typer.BadParameter``."""
    if not str(value).strip():
        # As a path it would be the folder that the command was given in.
        raise typer.BadParameter("That names no folder. Name one; . is the one you are in.")
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise typer.BadParameter(
            f"{value} leads nowhere: this user has no home folder. Name one with --home or TALKINGPHOTO_HOME."
        ) from None


def _server(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        url = httpx.URL(value)
        good = url.scheme in ("http", "https") and bool(url.host) and 0 < (url.port or 80) < 65536
        good = good and not url.query and not url.fragment
    except (httpx.InvalidURL, ValueError):
        good = False
    if not good:
        raise typer.BadParameter(f"{value!r} is no address such as https://video.example.com or http://127.0.0.1:8000.")
    return value.rstrip("/")


HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="TALKINGPHOTO_HOME",
        help="Where this installation keeps its data.",
        metavar="FOLDER",
        parser=folder,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text for people.")]
ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server", envvar="TALKINGPHOTO_SERVER", help="Use a platform that runs elsewhere.", callback=_server
    ),
]


def run_id(value: str | None) -> str | None:
    """The id of a run, as the API writes it. Raises ``typer.BadParameter`` for what is none."""
    return _id(value, "run's id; `talkingphoto status` lists them")


def some_id(value: str | None) -> str | None:
    """An id, as the API writes it. Raises ``typer.BadParameter`` for what is none."""
    return _id(value, "id; lists show them")


def _id(value: str | None, what: str) -> str | None:
    if value is None:
        return None
    try:
        return str(UUID(value))
    except ValueError:
        raise typer.BadParameter(f"{value!r} is no {what}.") from None


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
        _complain([str(stop)], stop.code, stop.exit_code, as_json=as_json)
    except ApiError as error:
        fields = [f"{name}: {rule}" for name, rule in error.fields.items()]
        _complain([str(error), *fields], error.code, REFUSED, as_json=as_json)
    except Unreachable as error:
        _complain([str(error)], "unreachable", FAILED, as_json=as_json)
    except UnicodeError as error:
        _complain([_no_text(error)], "wrong_use", WRONG_USE, as_json=as_json)
    except OSError as error:
        where = f"{error.filename}: " if isinstance(error.filename, str | Path) else ""
        _complain([f"{where}{error.strerror or error}"], "os_error", FAILED, as_json=as_json)
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise typer.Exit(STOPPED) from None


def _no_text(error: UnicodeError) -> str:
    said = b""
    if isinstance(error, UnicodeEncodeError):
        said = error.object[error.start : error.end].encode("utf-8", "surrogateescape")
    elif isinstance(error, UnicodeDecodeError):
        said = error.object[error.start : error.end]
    shown = "".join(f"\\x{byte:02x}" for byte in said)
    return f"What was typed or read is not valid UTF-8{f' ({shown})' if shown else ''}. Give it in UTF-8."


async def _until_interrupted(main: Coroutine[Any, Any, None]) -> None:
    # SIGTERM, and a terminal that is closed, end a command as Ctrl-C does, so that data is left in order either way.
    task = asyncio.ensure_future(main)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup asks for the closed terminal to be ignored.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            loop.add_signal_handler(number, task.cancel)
    await task


def _complain(lines: Sequence[str], code: str, exit_code: int, *, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": {"code": code, "message": "\n  ".join(lines)}})
    else:
        printer = Printer(stderr=True)
        printer.say(("Stopped", "yellow") if exit_code == STOPPED else ("Error", "red"), f": {foreign(lines[0])}")
        for line in lines[1:]:
            printer.say(f"  {foreign(line)}")
    raise typer.Exit(exit_code)


def wrong_use(message: str, *, as_json: bool) -> NoReturn:
    """Say what was wrong about the command line, and end."""
    _complain([message], "wrong_use", WRONG_USE, as_json=as_json)
