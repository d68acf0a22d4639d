"""The ``talkingphoto`` command: one function per sub command, and what a client does in each."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from talkingphoto.account import log_in
from talkingphoto.choices import Language, Platform, Quality, Voice, WorkflowType
from talkingphoto.client import Client
from talkingphoto.command import (
    DEFAULT_HOME,
    FAILED,
    HomeOption,
    JsonOption,
    ServerOption,
    Stop,
    print_json,
    run,
    the_runner,
    wrong_use,
)
from talkingphoto.making import Order, RunFailed, make
from talkingphoto.running import running_url, using
from talkingphoto.sample import sample_portrait
from talkingphoto.screen import Screen
from talkingphoto.trace import trace_command

app = typer.Typer(
    name="talkingphoto",
    help="Turn a photo and a script into a talking video, ready for every platform.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_DEMO_SCRIPT = "Hello! I was just a photo a moment ago. Now I can say whatever you write. What should I tell the world?"


@app.command("make")
def make_command(
    photo: Annotated[Path, typer.Argument(help="JPEG, PNG or WebP with a face.", exists=True, dir_okay=False)],
    script: Annotated[str | None, typer.Option("--script", help="What the photo says.")] = None,
    script_file: Annotated[
        Path | None, typer.Option("--script-file", help="A text file with what it says.", exists=True, dir_okay=False)
    ] = None,
    language: Annotated[Language, typer.Option("--language", help="Language of the script.")] = Language.EN,
    voice: Annotated[Voice, typer.Option("--voice", help="Who speaks.")] = Voice.NEUTRAL,
    platform: Annotated[
        list[Platform] | None, typer.Option("--platform", help="Where it will be published; repeat for more.")
    ] = None,
    kind: Annotated[WorkflowType, typer.Option("--type", help="What the video is for.")] = (
        WorkflowType.AVATAR_PRESENTATION
    ),
    quality: Annotated[Quality, typer.Option("--quality", help="What to prefer when providers differ.")] = (
        Quality.BALANCED
    ),
    title: Annotated[str | None, typer.Option("--title", help="Title of the video.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the finished files.")] = Path("out/video"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost and take; make nothing.")] = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a talking video from PHOTO."""
    if (script is None) == (script_file is None):
        wrong_use("Give the words with --script or with --script-file.")
    words = script if script is not None else script_file.read_text(encoding="utf-8") if script_file else ""
    order = Order(
        photo=photo,
        script=words,
        language=language.value,
        voice=voice.value,
        platforms=tuple(item.value for item in platform or list(Platform)),
        workflow_type=kind.value,
        quality=quality.value,
        title=title,
    )
    run(lambda: _make(order, out, server, home, as_json=as_json, dry_run=dry_run), as_json=as_json)


@app.command()
def demo(
    photo: Annotated[
        Path | None, typer.Option("--photo", help="Another portrait.", exists=True, dir_okay=False)
    ] = None,
    script: Annotated[str, typer.Option("--script", help="What it says.")] = _DEMO_SCRIPT,
    language: Annotated[Language, typer.Option("--language", help="Language of the script.")] = Language.EN,
    voice: Annotated[Voice, typer.Option("--voice", help="Who speaks.")] = Voice.FEMALE,
    out: Annotated[Path, typer.Option("--out", help="Folder for the finished files.")] = Path("out/demo"),
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a video from the sample portrait: the whole platform, once, on this machine."""
    order = Order(
        photo=photo or sample_portrait(), script=script, language=language.value, voice=voice.value, title="Demo"
    )
    run(lambda: _make(order, out, None, home, as_json=as_json, dry_run=False), as_json=as_json)


@app.command()
def up(
    port: Annotated[int, typer.Option("--port", help="Where clients reach the platform.")] = 8000,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="RabbitMQ and two processes a service instead of one process.")
    ] = False,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Simulators in the place of all vendors: for development.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Run the platform until Ctrl-C. Unfinished runs go on where they were."""
    run(lambda: the_runner().up(home, port, distributed=distributed, simulated=simulated), as_json=False)


@app.command()
def status(
    run_id: Annotated[str | None, typer.Argument(help="One run; without it the newest ones.")] = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show runs of the platform that is up."""
    run(lambda: _status(run_id, server, home, as_json=as_json), as_json=as_json)


@app.command()
def doctor(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Say what is installed, what can be reached, and what is missing."""

    async def examine() -> None:
        if not await the_runner().examine(home, as_json=as_json):
            raise typer.Exit(FAILED)

    run(examine, as_json=as_json)


app.command("trace")(trace_command)

letters = typer.Typer(help="Messages that were given up: list, show, replay.", no_args_is_help=True)
app.add_typer(letters, name="dead-letters")

QueueArgument = Annotated[str, typer.Argument(help="A queue, for example billing.commands.")]


@letters.command("list")
def list_letters(
    queue: Annotated[str | None, typer.Argument(help="One queue; without it all.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List dead letters: queue, type, attempts, reason."""
    run(lambda: the_runner().list_letters(home, queue, as_json=as_json), as_json=as_json)


@letters.command("show")
def show_letter(
    queue: QueueArgument,
    message_id: Annotated[str, typer.Argument(help="Id of the letter or of its message.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show one dead letter with headers and body."""
    run(lambda: the_runner().show_letter(home, queue, message_id), as_json=True)


@letters.command("replay")
def replay_letters(
    queue: QueueArgument,
    message_id: Annotated[list[str] | None, typer.Argument(help="Ids; without them all of the queue.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Put dead letters back into their queue."""
    run(lambda: the_runner().replay_letters(home, queue, message_id, as_json=as_json), as_json=as_json)


administrators = typer.Typer(help="Who may act on what belongs to others.", no_args_is_help=True)
app.add_typer(administrators, name="admin")


@administrators.command("create")
def create_administrator(
    email: Annotated[str, typer.Option(help="Whose account; it is opened where there is none.")],
    password: Annotated[
        str | None,
        typer.Option(envvar="ADMIN_PASSWORD", help="Asked for when left away; empty keeps an account's own."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make somebody an administrator of the platform in this home."""
    if password is None and sys.stdin.isatty():
        password = typer.prompt("Password", default="", show_default=False, hide_input=True)
    run(lambda: the_runner().create_administrator(home, email, password or None, as_json=as_json), as_json=as_json)


async def _make(order: Any, out: Path, server: str | None, home: Path, *, as_json: bool, dry_run: bool) -> None:
    console = Console(stderr=as_json)
    screen = Screen(console, quiet=as_json)
    with screen.showing():
        async with _platform(server, home, screen.stage) as client:
            if dry_run:
                estimate = await client.estimate(
                    {
                        name: value
                        for name, value in order.request().items()
                        if name in ("workflow_type", "target_duration", "target_platforms", "quality_preference")
                    }
                )
                summary = None
            else:
                try:
                    summary = await make(client, order, out, screen)
                except RunFailed as failure:
                    back = " No credits were used." if failure.run["credits"]["captured"] == 0 else ""
                    raise Stop(f"{failure}{back}", code=failure.code) from failure
    if summary is None:
        if as_json:
            print_json(estimate)
        else:
            console.print(
                f"It would cost ₹{estimate['estimated_cost']} and {estimate['credits']} credit(s) and take about "
                f"{estimate['estimated_seconds']:.0f} s.",
                highlight=False,
            )
        return
    if as_json:
        print_json(summary)
    else:
        _print_summary(console, summary, out)


async def _status(run_id: str | None, server: str | None, home: Path, *, as_json: bool) -> None:
    url = server or running_url(home)
    if url is None:
        raise Stop("No platform runs here. Start one with `talkingphoto up`.", code="not_running")
    async with Client(url) as client:
        await log_in(client, home)
        found = await client.run(run_id) if run_id else await client.runs()
    if as_json:
        print_json(found)
        return
    console = Console()
    if run_id:
        console.print(f"{found['id']}  {found['status']}  {found['progress']} %", highlight=False)
        if found.get("waiting_for"):
            console.print(f"waiting for {found['waiting_for']}", highlight=False)
        console.print(_steps_table(found["steps"]))
        return
    if not found["items"]:
        console.print("No runs yet. Make one with `talkingphoto make PHOTO --script ...`.")
        return
    table = Table("run", "type", "status", "progress", "created", box=None)
    for item in found["items"]:
        table.add_row(
            item["id"], item["workflow_type"], item["status"], f"{item['progress']} %", item["created_at"][:19]
        )
    console.print(table)


@asynccontextmanager
async def _platform(server: str | None, home: Path, say: Callable[[str], None]) -> AsyncIterator[Client]:
    """A client of the named server, of the platform that runs in this home, or of one started for the occasion."""
    async with AsyncExitStack() as stack:
        url = server or await stack.enter_async_context(using(home))
        if url is None:
            url = str(await stack.enter_async_context(the_runner().started(home, say)))
        client = await stack.enter_async_context(Client(url))
        await log_in(client, home)
        yield client


def _print_summary(console: Console, summary: dict[str, Any], out: Path) -> None:
    console.print(_steps_table(summary["steps"]))
    credits = summary["credits"]
    console.print(
        f"Done in {summary['seconds']:.1f} s. Cost ₹{summary['cost']}, credits held {credits['held']}, "
        f"captured {credits['captured']}.",
        highlight=False,
    )
    for warning in summary["warnings"]:
        console.print(f"[yellow]Warning[/yellow]: {warning}", highlight=False)
    console.print(f"Files in {os.path.relpath(out)}: {', '.join(summary['files'])}", highlight=False)


def _steps_table(steps: list[dict[str, Any]]) -> Table:
    # A platform's name must not be cut off where the terminal has 80 columns.
    name_column = Column("step", no_wrap=True, min_width=20)
    table = Table(name_column, "status", "provider", "tries", "seconds", "score", "cost", box=None)
    for step in steps:
        name = step["name"] if step.get("part") is None else f"{step['name']}:{step['part']}"
        table.add_row(
            name,
            step["status"],
            step["provider"] or "",
            str(step["attempts"]),
            f"{step['seconds']:.1f}" if step["seconds"] is not None else "",
            f"{step['score']:.1f}" if step["score"] is not None else "",
            f"₹{step['cost']}" if float(step["cost"]) else "",
        )
    return table
