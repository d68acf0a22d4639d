"""API keys on the command line."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from talkingphoto.asking import LimitOption, LineOption, PageOption, ask, pages
from talkingphoto.client import Client
from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption, some_id
from talkingphoto.runs import Where
from talkingphoto.show import Printer, foreign

keys = typer.Typer(help="API keys of your account: create, list, rotate, revoke.", no_args_is_help=True)

PATH = "/api/v1/users/me/api-keys"
KeyArgument = Annotated[
    str, typer.Argument(metavar="KEY", help="The key's id; `talkingphoto keys list` lists them.", callback=some_id)
]


@keys.command("create")
def create_command(
    name: Annotated[str, typer.Argument(help="To tell it from your others.")],
    scopes: Annotated[
        list[str] | None, typer.Option("--scope", help="What it may do: read, workflows:write, ...; repeat for more.")
    ] = None,
    days: Annotated[int | None, typer.Option("--days", min=1, max=730, help="After so many it ends by itself.")] = None,
    daily_credits: Annotated[
        int | None, typer.Option("--daily-credits", min=1, help="At most so many are spent with it in a day.")
    ] = None,
    addresses: Annotated[
        list[str] | None, typer.Option("--from", help="A network from which it may be used; repeat for more.")
    ] = None,
    line: LineOption = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a key, and show it once.

    Example: talkingphoto keys create "Nightly exports" --scope read --scope workflows:write --days 90
    """
    body = {
        "name": name,
        "scopes": scopes or ["read"],
        "expires_in_days": days,
        "daily_credits": daily_credits,
        "allowed_addresses": addresses or [],
    }
    body = {key: value for key, value in body.items() if value is not None}
    where = Where(home, server)
    ask(where, lambda client: client.send("POST", PATH, json=body), _new, as_json=as_json, line=line)


@keys.command("list")
def list_command(
    page: PageOption = 1,
    limit: LimitOption = 20,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show the keys that can be used.

    Example: talkingphoto keys list
    """

    def show(say: Printer, answer: Any) -> None:
        if not answer["items"]:
            say.say("No keys yet. Make one with `talkingphoto keys create NAME`.")
            return
        rows = [
            [one["id"], one["prefix"], (one["expires_at"] or "")[:10], foreign(one["name"]), ", ".join(one["scopes"])]
            for one in answer["items"]
        ]
        say.table(["id", "begins with", "until", "name", "may"], rows, gives_way=True)
        pages(say, answer)

    asked = {"page": page, "per_page": limit}
    ask(Where(home, server), lambda client: client.send("GET", PATH, params=asked), show, as_json=as_json)


@keys.command("rotate")
def rotate_command(
    key: KeyArgument,
    overlap: Annotated[
        int, typer.Option("--overlap", min=0, max=168, help="Hours for which the old one works beside it.")
    ] = 24,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Replace a key by a new one that may do the same, and show it once.

    Example: talkingphoto keys rotate 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b --overlap 1
    """
    ask(
        Where(home, server),
        lambda client: client.send("POST", f"{PATH}/{key}/rotate", json={"overlap_hours": overlap}),
        _new,
        as_json=as_json,
    )


@keys.command("revoke")
def revoke_command(
    key: KeyArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """End a key at once.

    Example: talkingphoto keys revoke 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """

    async def revoked(client: Client) -> dict[str, Any]:
        await client.send("DELETE", f"{PATH}/{key}")
        return {"id": key, "revoked": True}

    ask(Where(home, server), revoked, lambda say, _: say.say(f"Key {key} is revoked."), as_json=as_json)


def _new(say: Printer, answer: Any) -> None:
    say.say(answer["key"])
    Printer(stderr=True).say(
        f"Key {answer['id']}, {foreign(answer['name'])}: {', '.join(answer['scopes'])}. It is not shown again."
    )
