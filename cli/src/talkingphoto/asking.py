"""Commands that ask the platform one thing and show the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from talkingphoto.client import Client
from talkingphoto.command import run
from talkingphoto.runs import Where, session
from talkingphoto.show import Printer, print_json

LineOption = Annotated[
    str | None,
    typer.Option("--line", help="The product line: talkingphoto, reely, filmstudio, pixie; without it your own."),
]
PageOption = Annotated[int, typer.Option("--page", min=1, help="Which page of it.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=100, help="How many a page.")]


def ask(
    where: Where,
    asked: Callable[[Client], Awaitable[Any]],
    show: Callable[[Printer, Any], None],
    *,
    as_json: bool,
    line: str | None = None,
) -> None:
    """Ask with a client that is logged in; show what is answered, or print it as JSON."""

    async def main() -> None:
        async with session(where, lambda _: None, line=line) as here:
            answer = await asked(here.client)
        if as_json:
            print_json(answer)
        else:
            show(Printer(), answer)

    run(main, as_json=as_json)


def pages(say: Printer, answer: Any) -> None:
    """Say that there is more than was shown."""
    shown = (answer["page"] - 1) * answer["per_page"] + len(answer["items"])
    if answer["total"] > shown:
        say.say(f"{shown} of {answer['total']}; the next are on --page {answer['page'] + 1}.")
