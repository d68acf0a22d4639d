"""What the commands about runs do: order, watch, fetch, cancel, try again."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.live import Live
from rich.text import Text

from talkingphoto import report
from talkingphoto.account import asking, log_in
from talkingphoto.client import ApiError, Client, Unreachable
from talkingphoto.command import STOPPED, WRONG_USE, Stop, default_home, the_runner
from talkingphoto.folder import SUMMARY, Unwritable, check
from talkingphoto.making import FILES, Order, RunFailed, fetched, followed, placed
from talkingphoto.ordering.photo import BadPhoto, sendable
from talkingphoto.ordering.placing import nothing_ordered
from talkingphoto.ordering.placing import placed as order_placed
from talkingphoto.running import running_url, unready, using
from talkingphoto.screen import Screen
from talkingphoto.show import Printer, foreign, print_json, print_line

_CANCELLED_WITHIN_S = 15.0
_LOOK_AGAIN_S = 0.5
_FINAL = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Where:
    """Which platform a command speaks to: the named one, the one of this home, or one started for the occasion."""

    home: Path
    server: str | None

    def command(self, verb: str, run_id: str) -> str:
        """The command line that does ``verb`` to a run there."""
        options = f" --server {self.server}" if self.server else ""
        if self.home != default_home():
            options += f" --home {shlex.quote(os.fspath(self.home))}"
        return f"`talkingphoto {verb} {run_id}{options}`"


@dataclass(frozen=True, slots=True)
class Session:
    """A client that is logged in. ``stays``: its platform goes on when this command ends."""

    client: Client
    where: Where
    stays: bool

    def goes_on(self, run_id: str) -> str:
        """Where a run that is left alone goes on, and how its files are had later."""
        when = "goes on" if self.stays else "goes on when a platform is started here again"
        return f"Run {run_id} {when}. Get its files with {self.where.command('get', run_id)}."


async def make(order: Order, out: Path, where: Where, *, as_json: bool, dry_run: bool, keep_going: bool) -> None:
    """Order a video and put its files into ``out``; or say what that would take."""
    screen = Screen(Printer(stderr=as_json), quiet=as_json)
    with _prepared(order, screen) as order, screen.showing():
        if not dry_run:
            try_folder(out, order)
        async with session(where, screen.stage) as here:
            if dry_run:
                told = await _estimated(here.client, order)
            else:
                try:
                    run_id = await placed(here.client, order, screen)
                except asyncio.CancelledError:
                    raise nothing_ordered() from None
                told = await finished(here, run_id, out, screen, keep_going=keep_going)
    if as_json:
        print_json(told)
    elif dry_run:
        report.estimate(Printer(), told)
    else:
        report.summary(Printer(), told, out)


async def get(run_id: str, out: Path, where: Where, *, as_json: bool) -> None:
    """Fetch the files of a run that is done."""
    screen = Screen(Printer(stderr=as_json), quiet=as_json)
    try_folder(out)
    with screen.showing():
        async with session(where, screen.stage) as here:
            run = await here.client.run(run_id)
            if run["status"] in ("failed", "cancelled"):
                raise _failed(RunFailed(run), where)
            if run["status"] != "completed":
                raise Stop(
                    f"Run {run_id} is not done yet, {run['progress']} %. "
                    f"Wait for it with {where.command('watch', run_id)}.",
                    code="not_finished",
                )
            if not run["results"]:
                raise Stop(f"The files of run {run_id} have been removed.", code="files_removed")
            told = await _delivered(here, run, out, screen)
    if as_json:
        print_json(told)
    else:
        report.summary(Printer(), told, out)


async def watch(run_id: str, where: Where, *, as_json: bool) -> None:
    """Show the progress of a run until it ends."""
    screen = Screen(Printer(stderr=as_json), quiet=as_json)
    with screen.showing():
        async with session(where, screen.stage) as here, _watched(here, run_id, keep_going=True):
            try:
                run = await followed(here.client, run_id, screen)
            except RunFailed as failure:
                raise _failed(failure, where) from failure
    if as_json:
        print_json(run)
    else:
        report.one(Printer(), run, where.command)


async def cancel(run_id: str, where: Where, *, as_json: bool) -> None:
    """Stop a run."""
    async with session(where, _unsaid) as here:
        await here.client.cancel(run_id)
        run = await _ended(here.client, run_id)
    if as_json:
        print_json(run)
    else:
        Printer().say(_how_it_ended(run, where))


async def retry(run_id: str, out: Path, where: Where, *, as_json: bool, keep_going: bool) -> None:
    """Try a run again from where it failed, and put its files into ``out``."""
    screen = Screen(Printer(stderr=as_json), quiet=as_json)
    try_folder(out)
    with screen.showing():
        async with session(where, screen.stage) as here:
            await order_placed(here.client.retry(run_id))
            told = await finished(here, run_id, out, screen, keep_going=keep_going)
    if as_json:
        print_json(told)
    else:
        report.summary(Printer(), told, out)


async def status(run_id: str | None, where: Where, *, as_json: bool, again: bool = False) -> None:
    """Show one run, or the newest ones, of a platform that is up; ``again``: until none of them is being made."""
    if where.server is None and running_url(where.home) is None:
        raise Stop(
            f"No platform runs in {where.home}. Start one with `talkingphoto up`, or name its home with --home.",
            code="not_running",
        )
    if where.server is None:
        for part, lacking in (await unready(where.home)).items():
            Printer(stderr=True).say(("Warning", "yellow"), f": {part} {lacking}.")
    async with session(where, _unsaid) as here:
        if again:
            await _looked_at(here.client, as_json=as_json)
            return
        found = await here.client.run(run_id) if run_id else await here.client.runs()
    if as_json:
        print_json(found)
    elif run_id:
        report.one(Printer(), found, where.command)
    else:
        report.many(Printer(), found["items"])


async def _looked_at(client: Client, *, as_json: bool) -> None:
    """Show the newest runs whenever they change; on a terminal in their place, else a line for each change."""
    say, seen = Printer(), dict[str, tuple[str, int]]()
    with Live(console=say, auto_refresh=False) if say.is_terminal and not as_json else nullcontext() as live:
        while True:
            items = (await client.runs())["items"]
            changed = [run for run in items if seen.get(run["id"]) != (run["status"], run["progress"])]
            seen |= {run["id"]: (run["status"], run["progress"]) for run in items}
            if live is not None:
                with say.capture() as shown:
                    report.many(say, items)
                live.update(Text.from_ansi(shown.get().rstrip("\n")), refresh=True)
            else:
                for run in reversed(changed):
                    _tell(say, run, as_json=as_json)
            if all(run["status"] in _FINAL for run in items):
                return
            await asyncio.sleep(_LOOK_AGAIN_S)


def _tell(say: Printer, run: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_line(run)
    else:
        say.say(f"{run['id']}  {run['status']}  {run['progress']} %  {foreign(run['title'] or '')}".rstrip())


@asynccontextmanager
async def reached(where: Where, say: Callable[[str], None]) -> AsyncIterator[tuple[str, bool]]:
    """Where the platform of ``where`` answers, and whether it goes on afterwards; one is started where none runs."""
    async with AsyncExitStack() as stack:
        running = where.server or await stack.enter_async_context(using(where.home))
        yield (
            running or str(await stack.enter_async_context(the_runner().started(where.home, say))),
            running is not None,
        )


@asynccontextmanager
async def session(where: Where, say: Callable[[str], None], *, line: str | None = None) -> AsyncIterator[Session]:
    """This installation's user on the platform of ``where``; one is started where none runs. ``line``: the product line
    that is spoken to, where it is not the user's own."""
    async with reached(where, say) as (url, stays), Client(url, ask_code=asking(), line=line) as client:
        await log_in(client, where.home, where.server)
        yield Session(client, where, stays)


@contextmanager
def _prepared(order: Order, screen: Screen) -> Iterator[Order]:
    try:
        with sendable(order.photo) as (photo, done):
            if done is not None:
                screen.stage(done)
            yield replace(order, photo=photo)
    except BadPhoto as error:
        raise Stop(str(error), WRONG_USE, code="wrong_use") from error


def try_folder(out: Path, order: Order | None = None) -> None:
    """See that files can be put into ``out``. Raises :class:`Stop`."""
    renditions = [f"{platform}.mp4" for platform in order.platforms] if order is not None else []
    try:
        check(out, [*FILES.values(), *renditions, SUMMARY])
    except Unwritable as error:
        raise Stop(f"{error} Choose another folder with --out.", WRONG_USE, code="wrong_use") from error


async def _estimated(client: Client, order: Order) -> dict[str, Any]:
    unasked = ("voice", "title", "approvals")
    return await client.estimate({name: value for name, value in order.request().items() if name not in unasked})


async def finished(here: Session, run_id: str, out: Path, screen: Screen, *, keep_going: bool) -> dict[str, Any]:
    """Wait for a run and fetch its files; what breaks in on that cancels the run, unless it is to be left alone."""
    try:
        async with _watched(here, run_id, keep_going=keep_going):
            run = await followed(here.client, run_id, screen)
    except RunFailed as failure:
        raise _failed(failure, here.where) from failure
    return await _delivered(here, run, out, screen)


async def _delivered(here: Session, run: dict[str, Any], out: Path, screen: Screen) -> dict[str, Any]:
    later = f"Get them with {here.where.command('get', run['id'])}."
    try:
        return await fetched(here.client, run, out, screen)
    except asyncio.CancelledError:
        raise Stop(f"The files of run {run['id']} are not here. {later}", STOPPED, code="stopped") from None
    except Unwritable as error:
        raise Stop(f"{error} The files of run {run['id']} are kept. {later}", code="unwritable") from error
    except Unreachable as error:
        raise Stop(f"{error} The files of run {run['id']} are kept. {later}", code="unreachable") from error


@asynccontextmanager
async def _watched(here: Session, run_id: str, *, keep_going: bool) -> AsyncIterator[None]:
    """While a run is waited for: Ctrl-C cancels it, or leaves it alone; either way, and when nobody answers any more,
    its owner is told what became of it."""
    try:
        yield
    except asyncio.CancelledError:
        asyncio.current_task().uncancel()  # type: ignore[union-attr]
        told = here.goes_on(run_id) if keep_going else await _cancelled(here, run_id)
        raise Stop(told, STOPPED, code="stopped") from None
    except (Unreachable, ApiError) as error:
        if isinstance(error, ApiError) and error.status < 500:
            raise
        raise Stop(
            f"{error} Run {run_id} goes on where the platform does: get its files later with "
            f"{here.where.command('get', run_id)}, or see how it is with {here.where.command('status', run_id)}.",
            code="unreachable",
        ) from error


async def _cancelled(here: Session, run_id: str) -> str:
    """Cancel a run; what became of it, in a sentence."""
    try:
        await here.client.cancel(run_id)
        return _how_it_ended(await _ended(here.client, run_id), here.where)
    except ApiError:
        # Too late: it has ended, or is about to.
        return _how_it_ended(await _ended(here.client, run_id), here.where)
    except (Unreachable, asyncio.CancelledError):
        return f"{here.goes_on(run_id)} Stop it with {here.where.command('cancel', run_id)}."


async def _ended(client: Client, run_id: str) -> dict[str, Any]:
    """The run once it has ended, or as it is after a while."""
    deadline = asyncio.get_running_loop().time() + _CANCELLED_WITHIN_S
    while (run := await client.run(run_id))["status"] not in _FINAL:
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(_LOOK_AGAIN_S)
    return run


def _how_it_ended(run: dict[str, Any], where: Where) -> str:
    run_id = run["id"]
    if run["status"] == "cancelled":
        return f"Run {run_id} was cancelled. {report.paid(run)}"
    if run["status"] == "failed":
        return f"Run {run_id} failed. {report.paid(run)}"
    if run["status"] == "completed":
        return f"Run {run_id} is done already. Get its files with {where.command('get', run_id)}."
    return f"Run {run_id} is being cancelled. See how it ends with {where.command('status', run_id)}."


def _failed(failure: RunFailed, where: Where) -> Stop:
    run = failure.run
    again = ""
    if (run.get("error") or {}).get("retryable") or run["status"] == "cancelled":
        again = f" Try it again with {where.command('retry', run['id'])}."
    return Stop(f"{failure} {report.paid(run)}{again}", code=failure.code)


def _unsaid(_: str) -> None:
    """For commands that only ask."""
