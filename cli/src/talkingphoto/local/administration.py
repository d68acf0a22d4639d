"""Administration, on the command line: of the platform in a home, and of one that is logged in to."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from talkingphoto.asking import LimitOption, PageOption, ask, pages
from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption, run, the_runner
from talkingphoto.runs import Where
from talkingphoto.show import Printer, foreign

administrators = typer.Typer(help="Who may act on what belongs to others.", no_args_is_help=True)


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
    """Make somebody an administrator of the platform in this home.

    Example: talkingphoto admin create --email asha@example.com
    """
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
    """Check that nobody has changed the audit log of the platform in this home, and say its newest row.

    Example: talkingphoto admin audit verify
    """
    run(lambda: the_runner().verify_audit(home, known, as_json=as_json), as_json=as_json)


@administrators.command("users")
def list_users(
    page: PageOption = 1,
    limit: LimitOption = 20,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show the accounts of a platform that you are logged in to as an administrator.

    Example: talkingphoto admin users --limit 50
    """

    def show(say: Printer, answer: Any) -> None:
        rows = [
            [one["id"], "active" if one["is_active"] else "locked", one["role"], foreign(one["email"])]
            for one in answer["items"]
        ]
        say.table(["id", "", "role", "address"], rows, gives_way=True)
        pages(say, answer)

    asked = {"page": page, "per_page": limit}
    where = Where(home, server)
    ask(where, lambda client: client.send("GET", "/api/v1/admin/users", params=asked), show, as_json=as_json)
