"""The ``talkingphoto`` command: one function per sub command."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from talkingphoto import runs
from talkingphoto.access.commands import login_command, logout_command
from talkingphoto.access.keys import keys
from talkingphoto.clips.commands import clips_command, demo_clips_command, trim_command
from talkingphoto.command import (
    DEFAULT_HOME,
    Command,
    HomeOption,
    JsonOption,
    ServerOption,
    folder,
    run,
    run_id,
    wrong_use,
)
from talkingphoto.exports.commands import exports
from talkingphoto.films.commands import film_command
from talkingphoto.images.commands import demo_command, image_command
from talkingphoto.library.files import files
from talkingphoto.library.projects import projects
from talkingphoto.library.results import kit_command, list_command, open_command
from talkingphoto.library.verifying import verify_command
from talkingphoto.local.administration import administrators
from talkingphoto.local.commands import backup_command, doctor_command, restore_command, up_command
from talkingphoto.local.letters import letters
from talkingphoto.making import Order
from talkingphoto.money.commands import credit
from talkingphoto.ordering.choices import Captions, Language, Platform, Quality, Voice, WhenTooLong, WorkflowType
from talkingphoto.ordering.script import BadWords, title_of, words_of
from talkingphoto.runs import Where
from talkingphoto.sample import sample_portrait
from talkingphoto.settings import exits, profiles
from talkingphoto.settings.commands import configs
from talkingphoto.settings.loudness import Loudness, set_loudness
from talkingphoto.trace import trace_command
from talkingphoto.webhooks.commands import webhooks
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


@app.callback(epilog=f"Exit codes:\n\n\b\n{exits.table()}")
def talkingphoto(
    context: typer.Context,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", envvar="TALKINGPHOTO_PROFILE", help="Options by name; `talkingphoto config` has them."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors alone.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell each request and its answer.")] = False,
    _: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Turn a photo and a script into a talking video, ready for every platform."""
    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose are opposites.")
    set_loudness(Loudness.QUIET if quiet else Loudness.VERBOSE if verbose else Loudness.USUAL)
    context.obj = profile
    try:
        options = profiles.profile(profile or profiles.DEFAULT)
    except OSError as error:
        raise typer.BadParameter(str(error)) from error
    if profile is not None and not options and context.invoked_subcommand != "config":
        raise typer.BadParameter(f"There is no profile {profile!r}; `talkingphoto config list` lists them.")
    context.default_map = profiles.defaults(context.command, options)


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
    """Make a talking video from PHOTO.

    Example: talkingphoto make me.jpg --script "Hello, I can speak." --platform tiktok --captions burned
    """
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
    """Make a video from the sample portrait: the whole platform, once, on this machine.

    Example: talkingphoto demo --language hi --out out/hindi
    """
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
    """Fetch the files of a run that is done, again or for the first time.

    Example: talkingphoto get 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b --out out/again
    """
    run(lambda: runs.get(wanted, out, Where(home, server), as_json=as_json), as_json=as_json)


@app.command("watch")
def watch_command(
    wanted: RunArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Show the progress of a run until it ends. Ctrl-C leaves it going.

    Example: talkingphoto watch 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """
    run(lambda: runs.watch(wanted, Where(home, server), as_json=as_json), as_json=as_json)


@app.command("cancel")
def cancel_command(
    wanted: RunArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Stop a run and give back what is held for it.

    Example: talkingphoto cancel 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """
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
    """Try a run again that failed or was cancelled, and fetch its files.

    Example: talkingphoto retry 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b --keep-going
    """
    run(lambda: runs.retry(wanted, out, Where(home, server), as_json=as_json, keep_going=keep_going), as_json=as_json)


@app.command()
def status(
    wanted: Annotated[
        str | None, typer.Argument(metavar="RUN", help="One run; without it the newest ones.", callback=run_id)
    ] = None,
    again: Annotated[bool, typer.Option("--watch", help="Again and again, until nothing is being made.")] = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show runs of the platform that is up.

    Example: talkingphoto status --watch
    """
    where = Where(home, server)
    if again and wanted is not None:
        run(lambda: runs.watch(wanted, where, as_json=as_json), as_json=as_json)
    else:
        run(lambda: runs.status(wanted, where, again=again, as_json=as_json), as_json=as_json)


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
app.command("list")(list_command)
app.command("open")(open_command)
app.command("kit")(kit_command)
app.command("verify")(verify_command)
app.command("login")(login_command)
app.command("logout")(logout_command)
app.command("up")(up_command)
app.command("doctor")(doctor_command)
app.command("backup")(backup_command)
app.command("restore")(restore_command)
app.add_typer(files, name="files")
app.add_typer(projects, name="projects")
app.add_typer(credit, name="credits")
app.add_typer(keys, name="keys")
app.add_typer(webhooks, name="webhooks")
app.add_typer(configs, name="config")
app.add_typer(letters, name="dead-letters")
app.add_typer(administrators, name="admin")
app.add_typer(batches, name="batch")
app.add_typer(exports, name="exports")
