"""Logging in and out of platforms."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from talkingphoto.account import asking
from talkingphoto.client import Client, Credentials
from talkingphoto.command import DEFAULT_HOME, WRONG_USE, HomeOption, JsonOption, ServerOption, Stop, run
from talkingphoto.runs import Where, reached
from talkingphoto.settings.credentials import Known, file, forget, place_of, remember
from talkingphoto.show import Printer, foreign, print_json


def login_command(
    email: Annotated[
        str | None, typer.Option("--email", help="Of the account; asked for where it is left away.")
    ] = None,
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Use an API key instead, read from standard input: for programs.")
    ] = False,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Be an account of yours at a platform, from the next command on. Without this, an account is made by itself.

    The password is asked for, or is the first line of standard input. It is stored for you alone, as an API key is.

    Example: talkingphoto login --server https://video.example.com --email asha@example.com
    """
    where = Where(home, server)

    async def logged_in() -> None:
        who = (
            Known(key=_line("API key"))
            if with_key
            else Known(Credentials(email or _asked("E-mail"), _line("Password")))
        )
        async with reached(where, lambda _: None) as (url, _), Client(url, ask_code=asking()) as client:
            await _try(client, who)
        remember(place_of(home, server), who)
        name = who.account.email if who.account is not None else "an API key"
        if as_json:
            print_json({"place": place_of(home, server), "as": name, "stored_in": str(file())})
        else:
            Printer().say(f"Commands to {place_of(home, server)} are {foreign(name)}'s now; {file()} says so.")

    run(logged_in, as_json=as_json)


def logout_command(server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Forget who you are at a platform. The account stays; a key goes on until it is revoked.

    Example: talkingphoto logout --server https://video.example.com
    """

    async def logged_out() -> None:
        place = place_of(home, server)
        there = forget(place)
        if as_json:
            print_json({"place": place, "was_logged_in": there})
        else:
            Printer().say(f"Nobody is logged in to {place} {'any more' if there else 'here'}.")

    run(logged_out, as_json=as_json)


async def _try(client: Client, who: Known) -> None:
    """Raises :class:`ApiError` for who is not let in."""
    if who.account is not None:
        await client.log_in(who.account)
    if who.key is not None:
        client.use_key(who.key)
        await client.runs(per_page=1)


def _asked(what: str) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise Stop("Say whose account it is with --email.", WRONG_USE, code="wrong_use")
    return str(typer.prompt(what, err=True))


def _line(what: str) -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, err=True))
    said = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not said:
        raise Stop(f"Nothing was read: give the {what} on standard input.", WRONG_USE, code="wrong_use")
    return said
