"""Projects on the command line."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from talkingphoto.asking import LimitOption, LineOption, PageOption, ask, pages
from talkingphoto.client import Client
from talkingphoto.command import DEFAULT_HOME, HomeOption, JsonOption, ServerOption, some_id
from talkingphoto.runs import Where
from talkingphoto.show import Printer, foreign

projects = typer.Typer(help="What belongs together: scripts, files, films.", no_args_is_help=True)

PATH = "/api/v1/projects"
ProjectArgument = Annotated[
    str, typer.Argument(metavar="PROJECT", help="`talkingphoto projects list` lists them.", callback=some_id)
]


@projects.command("list")
def list_command(
    page: PageOption = 1,
    limit: LimitOption = 20,
    line: LineOption = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show your projects.

    Example: talkingphoto projects list --line filmstudio
    """

    def show(say: Printer, answer: Any) -> None:
        if not answer["items"]:
            say.say("No projects yet.")
            return
        rows = [[one["id"], one["status"], foreign(one["title"])] for one in answer["items"]]
        say.table(["id", "", "title"], rows, gives_way=True)
        pages(say, answer)

    asked = {"page": page, "per_page": limit}
    ask(Where(home, server), lambda client: client.send("GET", PATH, params=asked), show, as_json=as_json, line=line)


@projects.command("show")
def show_command(
    project: ProjectArgument,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show a project.

    Example: talkingphoto projects show 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """

    def show(say: Printer, answer: Any) -> None:
        say.say(f"{foreign(answer['title'])}, {answer['status']}, {answer['product_line']}")
        for name in ("duration", "voice", "music"):
            if answer[name]:
                say.say(f"{name}: {foreign(str(answer[name]))}")
        say.say(f"pictures: {len(answer['images'])}")
        for paragraph in (answer["script"] or "").splitlines():
            say.say(foreign(paragraph))

    ask(Where(home, server), lambda client: client.send("GET", f"{PATH}/{project}"), show, as_json=as_json)


@projects.command("create")
def create_command(
    title: Annotated[str, typer.Argument(help="What it is called.")],
    line: LineOption = None,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a project, and print its id.

    Example: talkingphoto projects create "The river" --line filmstudio
    """
    ask(
        Where(home, server),
        lambda client: client.create_project({"title": title}),
        lambda say, answer: say.say(answer["id"]),
        as_json=as_json,
        line=line,
    )


@projects.command("delete")
def delete_command(
    project: ProjectArgument,
    server: ServerOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Remove a project.

    Example: talkingphoto projects delete 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """

    async def removed(client: Client) -> dict[str, Any]:
        await client.send("DELETE", f"{PATH}/{project}")
        return {"id": project, "deleted": True}

    ask(Where(home, server), removed, lambda say, _: say.say(f"Project {project} is removed."), as_json=as_json)
