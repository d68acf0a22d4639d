"""What the command line asks of the runner; the client imports this module by its name, where it is installed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from chassis.errors import Invalid
from chassis.run.temporary import own_temporary_folder
from chassis.settings import SettingsError
from talkingphoto.command import Stop
from talkingphoto.running import using
from talkingphoto.runs import Where
from talkingphoto.show import Printer, foreign, print_json
from talkingphoto_runner.layout import OWNERS_CREDITS, Home, require_port

if TYPE_CHECKING:
    from talkingphoto_runner.backup import Kept
    from talkingphoto_runner.distributed import DistributedPlatform
    from talkingphoto_runner.embedded import EmbeddedPlatform
    from talkingphoto_runner.simulated import Simulators

_FOR_US_ALONE = 0o077
_LOOK_EVERY_S = 0.1

# What runs a platform is imported where it is needed: it takes longer than anybody should look at an empty screen.


async def up(home: Path, port: int, *, distributed: bool, simulated: bool = False) -> None:
    """Run a platform until cancelled, which is no failure; say where it answers. Raises :class:`Stop`.

    ``simulated``: with simulators in the place of all vendors.
    """
    require_port(port)
    printer = Printer()

    def tell(line: str) -> None:
        printer.say(f"{time.strftime('%H:%M:%S')} {line}")

    tell(f"Starting TalkingPhoto in {home}")
    os.umask(_FOR_US_ALONE)
    with _refusals(), own_temporary_folder():
        async with AsyncExitStack() as stack:
            vendors = await stack.enter_async_context(_vendors(Home(home), tell)) if simulated else None
            platform = _platform(Home(home), port, tell, distributed=distributed)
            stack.push_async_callback(platform.stop)
            await platform.start(lambda stage: tell(f"Starting: {stage}"))
            if vendors is not None:
                await vendors.tell_of(platform.url)
                tell(f"Simulators: {home / 'simulated.env'} leads to them")
            printer.say(_welcome(platform))
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            tell("Stopping")


@asynccontextmanager
async def started(home: Path, say: Callable[[str], None]) -> AsyncIterator[str]:
    """The address of a platform in one process, for the length of the block. Raises :class:`Stop`.

    It stops when nobody uses it any more. Where another command is just starting one, that is used.
    """
    from talkingphoto_runner.embedded import EmbeddedPlatform
    from talkingphoto_runner.presence import AlreadyRunning, nobody_else

    with _refusals(), own_temporary_folder():
        while True:
            platform = EmbeddedPlatform(Home(home))
            try:
                await platform.start(lambda stage: say(f"Starting: {stage}"))
            except AlreadyRunning:
                async with using(home) as url:
                    if url is not None:
                        yield url
                        return
                say("Starting: another command does")
                await asyncio.sleep(_LOOK_EVERY_S)
                continue
            except BaseException:
                await platform.stop()
                raise
            break
        try:
            yield platform.url
        finally:
            async with nobody_else(Home(home), say):
                await platform.stop()


async def pictures(home: Path, photo: Path | None, out: Path) -> None:
    """Show what is made of pictures here. Raises :class:`Stop`."""
    from talkingphoto_runner import pictures as shown

    printer = Printer()
    async with AsyncExitStack() as stack:
        vendors = None
        with suppress(Stop):
            vendors = await stack.enter_async_context(_vendors(Home(home), printer.say))
        url = await stack.enter_async_context(started(home, printer.say))
        await shown.demo(url, home, photo, out, printer, None if vendors is None else vendors.settings)


async def examine(home: Path, *, as_json: bool) -> bool:
    """Print what the doctor finds; false when something that is needed is missing."""
    from talkingphoto_runner import doctor

    findings = await doctor.examine(Home(home))
    if as_json:
        print_json({"findings": [finding.as_dict() for finding in findings]})
    else:
        rows = [(finding.what, finding.sign, foreign(finding.found)) for finding in findings]
        Printer().table(("what", "", "found"), rows)
    return all(finding.ok or not finding.needed for finding in findings)


async def sample_talk(home: Path, *, as_json: bool) -> Path:
    """A talking video to make clips of, generated here the first time. Raises :class:`Stop`."""
    from media.errors import MediaError
    from talkingphoto.sample import sample_portrait
    from talkingphoto_runner.talk import make_talk

    video = home / "samples" / "talk.mp4"
    if not video.is_file():
        Printer(stderr=as_json).say("Generating a talk of a minute and a half")
        try:
            await asyncio.to_thread(make_talk, sample_portrait(), video)
        except (MediaError, FileNotFoundError) as error:
            raise Stop(f"The talk could not be generated: {error}", code="no_talk") from error
    return video


async def list_letters(home: Path, queue: str | None, *, as_json: bool) -> None:
    """Print the dead letters of one queue or of all. Raises :class:`Stop`."""
    from talkingphoto_runner import letters

    with _refusals():
        await letters.listed(Home(home), queue, as_json=as_json)


async def show_letter(home: Path, queue: str, message_id: str) -> None:
    """Print one dead letter whole. Raises :class:`Stop`."""
    from talkingphoto_runner import letters

    with _refusals():
        await letters.shown(Home(home), queue, message_id)


async def replay_letters(home: Path, queue: str, message_ids: Sequence[str] | None, *, as_json: bool) -> None:
    """Put dead letters back and say how many. Raises :class:`Stop`."""
    from talkingphoto_runner import letters

    with _refusals():
        await letters.replayed(Home(home), queue, message_ids, as_json=as_json)


@asynccontextmanager
async def _vendors(home: Home, tell: Callable[[str], None]) -> AsyncIterator[Simulators]:
    from talkingphoto_runner.simulated import NoSimulators, simulators

    tell("Starting: simulators of all vendors")
    try:
        async with simulators(home) as started_ones:
            yield started_ones
    except NoSimulators as error:
        raise Stop(str(error), code="no_simulators") from error


def _platform(
    home: Home, port: int, tell: Callable[[str], None], *, distributed: bool
) -> DistributedPlatform | EmbeddedPlatform:
    if distributed:
        from talkingphoto_runner.distributed import DistributedPlatform

        return DistributedPlatform(home, port=port, tell=tell)
    from talkingphoto_runner.embedded import EmbeddedPlatform

    return EmbeddedPlatform(home, port=port, tell=tell)


def _welcome(platform: DistributedPlatform | EmbeddedPlatform) -> str:
    where = Where(platform.home.root.absolute(), None)
    lines = [
        ("TalkingPhoto answers at", platform.url),
        ("The studio, in a browser", f"{platform.url}/studio/"),
        ("Make a video with", where.command("make", 'PHOTO --script "..."').strip("`")),
        ("API documentation", f"{platform.url}/api/docs"),
        ("Logs", str(platform.home.logs)),
        ("Traces", where.command("trace", "RUN").strip("`")),
        *((what.capitalize(), where) for what, where in platform.servers.items()),
        *((f"/ready, /metrics of {name}", url) for name, url in platform.operations.items()),
        ("The same for programs", str(platform.home.lock)),
        ("Accounts", f"on the free plan; the owner's has {OWNERS_CREDITS} promotional credits besides"),
    ]
    width = max(len(what) for what, _ in lines)
    told = "\n".join(f"{what:<{width}}  {where}" for what, where in lines)
    return f"{told}\nCtrl-C stops it; unfinished runs go on at the next start."


async def create_administrator(home: Path, email: str, password: str | None, *, as_json: bool) -> None:
    """Make somebody an administrator of a home, and say so. Raises :class:`Stop`."""
    with _refusals():
        from talkingphoto_runner import administrators

        await administrators.create(Home(home), email, password, as_json=as_json)


async def verify_audit(home: Path, known: str | None, *, as_json: bool) -> None:
    """Check the audit log of a home. Raises :class:`Stop` when it was changed."""
    with _refusals():
        from talkingphoto_runner import administrators

        await administrators.verify_audit(Home(home), known, as_json=as_json)


@contextmanager
def _refusals() -> Iterator[None]:
    from chassis.run.private_postgres import NotDurable, PostgresDidNotStart
    from chassis.run.private_rabbitmq import NoBroker
    from talkingphoto_runner.administrators import NotMade, Tampered
    from talkingphoto_runner.keeper import DidNotStart
    from talkingphoto_runner.letters import NoSuchLetters
    from talkingphoto_runner.presence import AlreadyRunning

    try:
        yield
    except NoSuchLetters as error:
        raise Stop(str(error), code="not_found") from error
    except Tampered as error:
        raise Stop(str(error), code="tampered") from error
    except NotMade as error:
        raise Stop(str(error), code="not_made") from error
    except Invalid as error:
        rules = " ".join(f"{name}: {rule}" for name, rule in (error.fields or {}).items())
        raise Stop(f"{error.message} {rules}".strip(), code=error.code) from error
    except AlreadyRunning as error:
        raise Stop(f"{str(error).capitalize()}.", code="already_running") from error
    except SettingsError as error:
        raise Stop(str(error), code="settings") from error
    except (DidNotStart, PostgresDidNotStart, NotDurable, NoBroker) as error:
        raise Stop(str(error), code="did_not_start") from error


async def backup(home: Path, file: Path, *, as_json: bool) -> None:
    """Write a home's backup and say what is in it. Raises :class:`Stop`."""
    from talkingphoto_runner import backup as backups

    try:
        kept = await backups.backup(Home(home), file)
    except backups.BackupFailed as failed:
        raise Stop(str(failed), code="not_backed_up") from failed
    _say_kept(kept, f"{file} has", as_json=as_json)


async def restore(home: Path, file: Path, *, as_json: bool) -> None:
    """Bring a backup back and say what is there again, and how long it took. Raises :class:`Stop`."""
    from talkingphoto_runner import backup as backups

    try:
        kept = await backups.restore(file, Home(home))
    except backups.BackupFailed as failed:
        raise Stop(str(failed), code="not_restored") from failed
    _say_kept(kept, f"{home} has", as_json=as_json)


def _say_kept(kept: Kept, where: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(kept))
        return
    Printer().say(
        f"{foreign(where)} {kept.databases} databases and {kept.objects} files, {kept.bytes / 1e6:.1f} MB, "
        f"after {kept.seconds:.1f} s"
    )
