"""Credits on the command line."""

from __future__ import annotations

from typing import Any

import typer

from talkingphoto.asking import LimitOption, LineOption, PageOption, ask, pages
from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption
from talkingphoto.runs import Where
from talkingphoto.show import Printer, foreign

credit = typer.Typer(help="What there is to be spent, and where it went.", no_args_is_help=True)


@credit.command("balance")
def balance_command(
    line: LineOption = None, server: ServerOption = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Show the credits of a product line.

    Example: talkingphoto credits balance --line pixie
    """

    def show(say: Printer, answer: Any) -> None:
        say.say(f"{answer['available']} credits can be spent in {answer['product_line']}, plan {answer['plan_type']}.")
        if answer["reserved"]:
            say.say(f"{answer['reserved']} more are held for what is being made.")
        if answer["bought"]:
            say.say(f"{answer['bought']} of them outlive the month.")

    path = "/api/v1/billing/credits/balance"
    ask(Where(home, server), lambda client: client.send("GET", path), show, as_json=as_json, line=line)


@credit.command("statement")
def statement_command(
    page: PageOption = 1,
    limit: LimitOption = 20,
    line: LineOption = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show what changed the credits, the newest first.

    Example: talkingphoto credits statement --limit 50
    """

    def show(say: Printer, answer: Any) -> None:
        rows = [
            [
                one["created_at"][:16].replace("T", " "),
                f"{one['amount']:+d}",
                str(one["balance_after"]),
                foreign(one["description"]),
            ]
            for one in answer["items"]
        ]
        if not rows:
            say.say("Nothing has changed them yet.")
            return
        say.table(["when (UTC)", "credits", "then", "why"], rows, gives_way=True)
        pages(say, answer)

    asked = {"page": page, "per_page": limit}
    path = "/api/v1/billing/credits/transactions"
    ask(Where(home, server), lambda client: client.send("GET", path, params=asked), show, as_json=as_json, line=line)
