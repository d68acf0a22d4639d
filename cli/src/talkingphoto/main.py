"""The ``talkingphoto`` command: one function per sub command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from talkingphoto import runs
from talkingphoto.clips.commands import clips_command, demo_clips_command, trim_command
from talkingphoto.command import (
    DEFAULT_HOME,
    FAILED,
    Command,
    HomeOption,
    JsonOption,
    ServerOption,
    folder,
    run,
    run_id,
    the_runner,
    wrong_use,
)
from talkingphoto.exports.commands import exports
from talkingphoto.films.commands import film_command
from talkingphoto.images.commands import demo_command, image_command
from talkingphoto.making import Order
from talkingphoto.ordering.choices import Captions, Language, Platform, Quality, Voice, WhenTooLong, WorkflowType
from talkingphoto.ordering.script import BadWords, title_of, words_of
from talkingphoto.runs import Where
from talkingphoto.sample import sample_portrait
from talkingphoto.trace import trace_command
from talkingphoto.workflows.commands import approve_command, batches, rerun_command, timeline_command

app = typer.Typer(
    name="talkingphoto",
    help="Turn a photo and a script into a talking video, ready for every platform.",
    cls=Command,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_DEMO_SCRIPT = "Hello! I was just a photo a moment ago. Now I can say whatever you write. What should I tell the world?"

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="The run's id; `talkingphoto status` lists them.", callback=run_id)
]
OutOption = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="For the finished files.", parser=folder)]
KeepGoingOption = Annotated[
    bool, typer.Option("--keep-going", help="On Ctrl-C leave the run going, instead of cancelling it.")
]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"talkingphoto {version('talkingphoto')}")
        raise typer.Exit


@app.callback()
def talkingphoto(
    _: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Turn a photo and a script into a talking video, ready for every platform."""


@app.command("make")
def make_command(
    photo: Annotated[
        Path,
        typer.Argument(
            help="JPEG, PNG or WebP with a face; HEIC and AVIF are made into JPEG.", exists=True, dir_okay=False
        ),
    ],
    script: Annotated[str | None, typer.Option("--script", help="What the photo says.")] = None,
    script_file: Annotated[
        Path | None,
        typer.Option("--script-file", help="A text file with what it says; - is standard input."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of the script's file, where it is not UTF-8: cp1252, for example.")
    ] = None,
    language: Annotated[
        Language, typer.Option("--language", help="Language of the script.", case_sensitive=False)
    ] = Language.EN,
    voice: Annotated[Voice, typer.Option("--voice", help="Who speaks.", case_sensitive=False)] = Voice.NEUTRAL,
    platform: Annotated[
        list[Platform] | None,
        typer.Option("--platform", help="Where it will be published; repeat for more.", case_sensitive=False),
    ] = None,
    kind: Annotated[
        WorkflowType, typer.Option("--type", help="What it is for; not all are offered.", case_sensitive=False)
    ] = WorkflowType.AVATAR_PRESENTATION,
    quality: Annotated[
        Quality, typer.Option("--quality", help="What to prefer when providers differ.", case_sensitive=False)
    ] = Quality.BALANCED,
    captions: Annotated[
        Captions, typer.Option("--captions", help="In files, or in the picture.", case_sensitive=False)
    ] = Captions.FILES,
    when_too_long: Annotated[
        WhenTooLong,
        typer.Option(
            "--when-too-long", help="What a platform gets of a film that it does not take whole.", case_sensitive=False
        ),
    ] = WhenTooLong.SPLIT,
    title: Annotated[str | None, typer.Option("--title", help="Title of the video.")] = None,
    ask_at: Annotated[
        list[str] | None,
        typer.Option("--ask", metavar="STEP", help="Ask before going on: after_enhance, before_generate."),
    ] = None,
    out: OutOption = Path("out/video"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost and take; make nothing.")] = False,
    keep_going: KeepGoingOption = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a talking video from PHOTO."""
    try:
        order = Order(
            photo=photo,
            script=words_of(script, script_file, encoding=encoding),
            language=language.value,
            voice=voice.value,
            platforms=tuple(item.value for item in platform or list(Platform)),
            workflow_type=kind.value,
            quality=quality.value,
            when_too_long=when_too_long.value,
            captions=captions.value,
            title=title_of(title) if title is not None else None,
            approvals=tuple(ask_at or ()),
        )
    except BadWords as error:
        wrong_use(str(error), as_json=as_json)
    _make(order, out, Where(home, server), as_json=as_json, dry_run=dry_run, keep_going=keep_going)


@app.command()
def demo(
    photo: Annotated[
        Path | None, typer.Option("--photo", help="Another portrait.", exists=True, dir_okay=False)
    ] = None,
    script: Annotated[str, typer.Option("--script", help="What it says.")] = _DEMO_SCRIPT,
    language: Annotated[
        Language, typer.Option("--language", help="Language of the script.", case_sensitive=False)
    ] = Language.EN,
    voice: Annotated[Voice, typer.Option("--voice", help="Who speaks.", case_sensitive=False)] = Voice.FEMALE,
    out: OutOption = Path("out/demo"),
    keep_going: KeepGoingOption = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a video from the sample portrait: the whole platform, once, on this machine."""
    try:
        order = Order(
            photo=photo or sample_portrait(),
            script=words_of(script, None),
            language=language.value,
            voice=voice.value,
            title="Demo",
        )
    except (BadWords, FileNotFoundError) as error:
        wrong_use(str(error), as_json=as_json)
    _make(order, out, Where(home, None), as_json=as_json, dry_run=False, keep_going=keep_going)


def _make(order: Order, out: Path, where: Where, *, as_json: bool, dry_run: bool, keep_going: bool) -> None:
    run(lambda: runs.make(order, out, where, as_json=as_json, dry_run=dry_run, keep_going=keep_going), as_json=as_json)


@app.command("get")
def get_command(
    wanted: RunArgument,
    out: OutOption = Path("out/video"),
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Fetch the files of a run that is done, again or for the first time."""
    run(lambda: runs.get(wanted, out, Where(home, server), as_json=as_json), as_json=as_json)


@app.command("watch")
def watch_command(
    wanted: RunArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Show the progress of a run until it ends. Ctrl-C leaves it going."""
    run(lambda: runs.watch(wanted, Where(home, server), as_json=as_json), as_json=as_json)


@app.command("cancel")
def cancel_command(
    wanted: RunArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Stop a run and give back what is held for it."""
    run(lambda: runs.cancel(wanted, Where(home, server), as_json=as_json), as_json=as_json)


@app.command("retry")
def retry_command(
    wanted: RunArgument,
    out: OutOption = Path("out/video"),
    keep_going: KeepGoingOption = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Try a run again that failed or was cancelled, and fetch its files."""
    run(lambda: runs.retry(wanted, out, Where(home, server), as_json=as_json, keep_going=keep_going), as_json=as_json)


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
    wanted: Annotated[
        str | None, typer.Argument(metavar="RUN", help="One run; without it the newest ones.", callback=run_id)
    ] = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show runs of the platform that is up."""
    run(lambda: runs.status(wanted, Where(home, server), as_json=as_json), as_json=as_json)


@app.command()
def doctor(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Say what is installed, what can be reached, and what is missing."""

    async def examine() -> None:
        if not await the_runner().examine(home, as_json=as_json):
            raise typer.Exit(FAILED)

    run(examine, as_json=as_json)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to; it must not be there yet.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Put databases, files and keys of this home into one file, while the platform runs or not."""
    run(lambda: the_runner().backup(home, file, as_json=as_json), as_json=as_json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `backup` has written.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Bring a backup back into a home that has nothing yet."""
    run(lambda: the_runner().restore(home, file, as_json=as_json), as_json=as_json)


app.command("image")(image_command)
app.command("demo-pictures")(demo_command)
app.command("clips")(clips_command)
app.command("trim")(trim_command)
app.command("demo-clips")(demo_clips_command)
app.command("film")(film_command)
app.command("trace")(trace_command)
app.command("rerun")(rerun_command)
app.command("approve")(approve_command)
app.command("timeline")(timeline_command)
app.add_typer(batches, name="batch")
app.add_typer(exports, name="exports")

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
    as_json: Annotated[bool, typer.Option("--json", help="Errors as JSON too; the letter is JSON anyway.")] = False,
) -> None:
    """Show one dead letter with headers and body."""
    run(lambda: the_runner().show_letter(home, queue, message_id), as_json=as_json)


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
    if password is None and sys.stdin is not None and sys.stdin.isatty():
        password = typer.prompt("Password", default="", show_default=False, hide_input=True)
    run(lambda: the_runner().create_administrator(home, email, password or None, as_json=as_json), as_json=as_json)


audits = typer.Typer(help="The record of what was done with accounts.", no_args_is_help=True)
administrators.add_typer(audits, name="audit")


@audits.command("verify")
def verify_audit(
    known: Annotated[
        str | None, typer.Option(help="NUMBER:HASH of a row, as an earlier check said: it must still be there.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Check that nobody has changed the audit log of the platform in this home, and say its newest row."""
    run(lambda: the_runner().verify_audit(home, known, as_json=as_json), as_json=as_json)
