"""What the command line asks of the runner; the client imports this module by its name, where it is installed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chassis.errors import Invalid
from chassis.run.temporary import own_temporary_folder
from chassis.settings import SettingsError
from talkingphoto.command import Stop, print_json
from talkingphoto_runner import administrators, doctor, letters
from talkingphoto_runner.distributed import DistributedPlatform
from talkingphoto_runner.embedded import EmbeddedPlatform
from talkingphoto_runner.layout import Home
from talkingphoto_runner.presence import AlreadyRunning


async def up(home: Path, port: int, *, distributed: bool) -> None:
    """Run a platform until cancelled; say where it answers. Raises :class:`Stop`."""
    console = Console()
    with _refusals(), own_temporary_folder():
        platform = (DistributedPlatform if distributed else EmbeddedPlatform)(Home(home), port=port)
        with console.status("Starting") as spinner:
            try:
                await platform.start(lambda stage: spinner.update(f"Starting: {stage}"))
            except BaseException:
                await platform.stop()
                raise
        console.print(
            f"TalkingPhoto answers at {platform.url}\nAPI documentation  {platform.url}/api/docs\n"
            f"Logs               {Home(home).logs}\nTraces             talkingphoto trace RUN_ID\n"
            f"Ready, metrics     {Home(home).lock} says where\n"
            "Ctrl-C stops it; unfinished runs go on at the next start.",
            highlight=False,
        )
        try:
            await asyncio.Event().wait()
        finally:
            console.print("Stopping")
            await platform.stop()


@asynccontextmanager
async def started(home: Path, say: Callable[[str], None]) -> AsyncIterator[str]:
    """The address of a platform in one process, for the length of the block. Raises :class:`Stop`."""
    with _refusals(), own_temporary_folder():
        platform = EmbeddedPlatform(Home(home))
        try:
            await platform.start(lambda stage: say(f"Starting: {stage}"))
            yield platform.url
        finally:
            await platform.stop()


async def examine(home: Path, *, as_json: bool) -> bool:
    """Print what the doctor finds; false when something that is needed is missing."""
    findings = await doctor.examine(Home(home))
    if as_json:
        print_json({"findings": [finding.as_dict() for finding in findings]})
    else:
        table = Table("", "what", "found", box=None)
        for finding in findings:
            table.add_row(finding.sign, finding.what, finding.found)
        Console().print(table)
    return all(finding.ok or not finding.needed for finding in findings)


async def list_letters(home: Path, queue: str | None, *, as_json: bool) -> None:
    """Print the dead letters of one queue or of all. Raises :class:`Stop`."""
    with _refusals():
        await letters.listed(Home(home), queue, as_json=as_json)


async def show_letter(home: Path, queue: str, message_id: str) -> None:
    """Print one dead letter whole. Raises :class:`Stop`."""
    with _refusals():
        await letters.shown(Home(home), queue, message_id)


async def replay_letters(home: Path, queue: str, message_ids: Sequence[str] | None, *, as_json: bool) -> None:
    """Put dead letters back and say how many. Raises :class:`Stop`."""
    with _refusals():
        await letters.replayed(Home(home), queue, message_ids, as_json=as_json)


async def create_administrator(home: Path, email: str, password: str | None, *, as_json: bool) -> None:
    """Make somebody an administrator of a home, and say so. Raises :class:`Stop`."""
    with _refusals():
        await administrators.create(Home(home), email, password, as_json=as_json)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except letters.NoSuchLetters as error:
        raise Stop(str(error), code="not_found") from error
    except administrators.NotMade as error:
        raise Stop(str(error), code="not_made") from error
    except Invalid as error:
        rules = " ".join(f"{name}: {rule}" for name, rule in (error.fields or {}).items())
        raise Stop(f"{error.message} {rules}".strip(), code=error.code) from error
    except AlreadyRunning as error:
        raise Stop(f"{str(error).capitalize()}.", code="already_running") from error
    except SettingsError as error:
        raise Stop(str(error), code="settings") from error
