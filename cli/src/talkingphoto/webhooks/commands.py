"""Webhooks on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from talkingphoto.asking import ask
from talkingphoto.client import Client
from talkingphoto.command import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    ServerOption,
    run,
    some_id,
    wrong_use,
)
from talkingphoto.runs import Where, session
from talkingphoto.show import Printer, foreign, print_line
from talkingphoto.webhooks import listening

webhooks = typer.Typer(
    help="Events for programs: sent to an address, or to a port of this machine.", no_args_is_help=True
)

PATH = "/api/v1/webhooks"
WebhookArgument = Annotated[
    str, typer.Argument(metavar="WEBHOOK", help="`talkingphoto webhooks list` lists them.", callback=some_id)
]
EventsOption = Annotated[
    list[str] | None, typer.Option("--event", help="Only these, such as workflow.completed; repeat for more.")
]


@webhooks.command("listen")
def listen_command(
    to: Annotated[
        str, typer.Option("--forward-to", metavar="URL", help="Where to: a port, host:port/path, or an address.")
    ] = "8080/webhooks",
    events: EventsOption = None,
    secret: Annotated[
        str | None,
        typer.Option("--secret", envvar="TALKINGPHOTO_WEBHOOK_SECRET", help="To sign with; without it a new one."),
    ] = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Forward events of your runs to a program here, signed as the platform's own webhooks are, until Ctrl-C.

    What happens while nobody answers at the port is said, and not sent again.

    Example: talkingphoto webhooks listen --forward-to localhost:4000/hooks --event workflow.completed
    """
    target = _target(to)
    if target is None:
        wrong_use(f"--forward-to {to!r} is no port and no address such as localhost:4000/hooks.", as_json=as_json)
    if find_spec("standardwebhooks") is None:
        wrong_use("Signing takes a library: pip install 'talkingphoto[webhooks]'.", as_json=as_json)
    signs = secret or listening.new_secret()
    try:
        listening.signed("msg_0", "", signs, datetime.now(UTC))
    except ValueError as error:
        wrong_use(f"--secret is none that can be signed with: {error}.", as_json=as_json)
    say = Printer()

    def heard(kind: str, run_id: str, answer: str) -> None:
        if as_json:
            print_line({"type": kind, "workflow_id": run_id, "answer": answer})
        else:
            say.say(f"{kind}  {run_id}  ", (answer, "green" if answer.startswith("2") else "red"))

    async def listens() -> None:
        async with session(Where(home, server), lambda _: None) as here:
            if as_json:
                print_line({"type": "listening", "forward_to": target, "secret": signs})
            else:
                say.say(f"Forwarding to {target}, signed with {signs}. Ctrl-C ends it.")
            await listening.listen(here.client, target, signs, frozenset(events or ()), heard)

    run(listens, as_json=as_json)


@webhooks.command("list")
def list_command(server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Show the addresses that events are sent to.

    Example: talkingphoto webhooks list
    """

    def show(say: Printer, answer: Any) -> None:
        if not answer["items"]:
            say.say("No webhooks yet. Make one with `talkingphoto webhooks create URL`.")
            return
        rows = [
            [
                one["id"],
                "on" if one["active"] and not one["disabled_at"] else "off",
                str(one["failures"]),
                foreign(one["url"]),
            ]
            for one in answer["items"]
        ]
        say.table(["id", "", "failures", "address"], rows, gives_way=True)

    ask(Where(home, server), lambda client: client.send("GET", PATH), show, as_json=as_json)


@webhooks.command("create")
def create_command(
    url: Annotated[str, typer.Argument(help="An https address that anybody can reach.")],
    events: EventsOption = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Have events sent to an address, and show once what they are signed with.

    Example: talkingphoto webhooks create https://hooks.example.com/talkingphoto --event workflow.completed
    """
    body = {"url": url, "event_types": events or []}

    def show(say: Printer, answer: Any) -> None:
        say.say(answer["secret"])
        Printer(stderr=True).say(f"Webhook {answer['id']}. What it is signed with is not shown again.")

    ask(Where(home, server), lambda client: client.send("POST", PATH, json=body), show, as_json=as_json)


@webhooks.command("delete")
def delete_command(
    webhook: WebhookArgument, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Send nothing to an address any more.

    Example: talkingphoto webhooks delete 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """

    async def removed(client: Client) -> dict[str, Any]:
        await client.send("DELETE", f"{PATH}/{webhook}")
        return {"id": webhook, "deleted": True}

    ask(Where(home, server), removed, lambda say, _: say.say(f"Webhook {webhook} is removed."), as_json=as_json)


def _target(to: str) -> str | None:
    """The address that is meant; None for what is none."""
    port, _, path = to.partition("/")
    url = f"http://127.0.0.1:{port}/{path}" if port.isdecimal() else to if "://" in to else f"http://{to}"
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return url if good else None
