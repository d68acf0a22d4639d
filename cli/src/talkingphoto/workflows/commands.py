"""Their place on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption, run, run_id
from talkingphoto.ordering.choices import Captions, Platform, Quality, Voice
from talkingphoto.runs import Where
from talkingphoto.workflows import doing

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="The run's id; `talkingphoto status` lists them.", callback=run_id)
]
BatchArgument = Annotated[str, typer.Argument(metavar="BATCH", help="The batch's id.", callback=run_id)]


def rerun_command(
    wanted: RunArgument,
    begin_from: Annotated[
        str | None, typer.Option("--from", metavar="STEP", help="Make this step anew, and what follows from it.")
    ] = None,
    script: Annotated[str | None, typer.Option("--script", help="Other words.")] = None,
    voice: Annotated[Voice | None, typer.Option("--voice", help="Who speaks.", case_sensitive=False)] = None,
    platforms: Annotated[
        list[Platform] | None,
        typer.Option("--platform", help="Where it will be published; repeat for more.", case_sensitive=False),
    ] = None,
    quality: Annotated[
        Quality | None,
        typer.Option("--quality", help="premium finishes what was drafted with economy.", case_sensitive=False),
    ] = None,
    captions: Annotated[
        Captions | None, typer.Option("--captions", help="In files, or in the picture.", case_sensitive=False)
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="Title of the video.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Another number, another take.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be made, and what it costs.")] = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a new run of one that is done: what has not changed is used again, and not paid for.

    Example: talkingphoto rerun 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b --from generate --quality premium --dry-run
    """
    wishes = {
        "script": script,
        "voice": voice,
        "target_platforms": platforms or None,
        "quality_preference": quality,
        "captions": captions,
        "title": title,
        "seed": seed,
    }
    changes = {name: value for name, value in wishes.items() if value is not None}
    if dry_run:
        changes["dry_run"] = True
    run(lambda: doing.rerun(wanted, begin_from, changes, Where(home, server), as_json=as_json), as_json=as_json)


def approve_command(
    wanted: RunArgument,
    reject: Annotated[bool, typer.Option("--reject", help="Say no: it is cancelled, its credits come back.")] = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Let a run that asks you go on.

    Example: talkingphoto approve 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """
    run(lambda: doing.approve(wanted, Where(home, server), approved=not reject, as_json=as_json), as_json=as_json)


def timeline_command(
    wanted: RunArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Say where the time of a run went.

    Example: talkingphoto timeline 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """
    run(lambda: doing.timeline(wanted, Where(home, server), as_json=as_json), as_json=as_json)


batches = typer.Typer(help="Many videos by one manifest: submit, see, cancel.", no_args_is_help=True)


@batches.command("submit")
def submit_command(
    manifest: Annotated[Path, typer.Argument(help="A .csv or .jsonl file, an order on each line.")],
    name: Annotated[str | None, typer.Option("--name", help="Of the batch; as the file is called.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each row.")] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Order nothing while a row is refused.")
    ] = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Order what a manifest says; again, and only what is new is ordered.

    Example: talkingphoto batch submit orders.csv --dry-run
    """
    where = Where(home, server)
    run(
        lambda: doing.submit(manifest, name, where, dry_run=dry_run, all_or_nothing=all_or_nothing, as_json=as_json),
        as_json=as_json,
    )


@batches.command("status")
def batch_status_command(
    wanted: BatchArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Say how the runs of a batch are.

    Example: talkingphoto batch status 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """
    run(lambda: doing.batch_status(wanted, Where(home, server), cancels=False, as_json=as_json), as_json=as_json)


@batches.command("cancel")
def batch_cancel_command(
    wanted: BatchArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Stop the runs of a batch, and give back what is held for them.

    Example: talkingphoto batch cancel 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """
    run(lambda: doing.batch_status(wanted, Where(home, server), cancels=True, as_json=as_json), as_json=as_json)
