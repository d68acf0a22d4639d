"""The reference of the command line, ``docs/cli.md``: written from the commands themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer.main

from talkingphoto.settings import exits
from talkingphoto.settings.credentials import KEY_VARIABLE

_BEFORE = f"""# The command line

Written from the code by `make cli-docs`; `talkingphoto COMMAND --help` says the same.

Results go to standard output, progress and notes to standard error where `--json` is given, one JSON object a command
(one a line where something goes on: `status --watch`, `webhooks listen`). Colours are left away where the output is no
terminal, and with `NO_COLOR`.

## Exit codes

| code | meaning |
|---|---|
{{codes}}

## Which platform, and as whom

An option goes before its environment variable, that before the profile, that before the default. Profiles are sections
of `$XDG_CONFIG_HOME/talkingphoto/config` (`~/.config` without it), `talkingphoto config set` writes them: any option by
its long name. `--profile NAME`, or `TALKINGPHOTO_PROFILE`, chooses one; `default` holds where none is named.

`talkingphoto login` says whose account is used at a platform, from `--server` or in the home; it is stored in
`credentials.json` beside the profiles, for this user alone. An API key in `{KEY_VARIABLE}` goes before that.
Where nobody has logged in, the command line opens an account of its own.

Completion for bash, zsh, fish and PowerShell: `talkingphoto --install-completion`.

## What is interrupted

Ctrl-C while something is ordered waits for the answer, cancels what was ordered and says what became of it;
`--keep-going` leaves it, and `get` or `watch` goes on with the wait. A large file whose upload was interrupted goes on
where it was, when the same command is given again.
"""


def reference() -> str:
    """All commands with their options, as Markdown."""
    from talkingphoto.main import app

    root = typer.main.get_command(app)
    codes = "\n".join(f"| {code} | {meaning} |" for code, meaning in exits.EXITS.items())
    head = _BEFORE.format(codes=codes)
    general = "\n".join(_options(root))
    parts = [part for path, command in _commands(root, "talkingphoto") for part in _shown(path, command)]
    return "\n".join([head, "## Options of every command", "", general, "", "## Commands", "", *parts]).rstrip() + "\n"


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, one in command.commands.items():
        if hasattr(one, "commands"):
            yield from _commands(one, f"{path} {name}")
        else:
            yield f"{path} {name}", one


def _shown(path: str, command: Any) -> Iterator[str]:
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    said, _, example = (command.help or "").partition("\n\nExample: ")
    names = " ".join(_argument(param) for param in arguments)
    yield f"### `{' '.join(filter(None, (path, names)))}`"
    yield ""
    yield " ".join(said.split())
    yield ""
    # Where it is compared with what the command takes.
    yield from ["<!-- tried by cli/tests/test_settings.py -->", "```sh", example.strip(), "```", ""]
    yield from (f"- `{_named(param)}`: {_sentence(param)}" for param in arguments if param.help)
    yield from _options(command)
    yield ""


def _argument(param: Any) -> str:
    name = _named(param) + ("..." if param.nargs == -1 else "")
    return name if param.required else f"[{name}]"


def _named(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _options(command: Any) -> Iterator[str]:
    for param in command.params:
        if param.param_type_name != "option" or param.name in ("install_completion", "show_completion"):
            continue
        kind = param.type
        choices = getattr(kind, "choices", None)
        if param.is_flag:
            takes = ""
        elif choices is not None:
            takes = " " + "|".join(str(getattr(one, "value", one)) for one in choices)
        else:
            takes = " " + (param.metavar or kind.name.upper().split()[0])
        names = ", ".join(f"`{name}{takes if name.startswith('--') else ''}`" for name in param.opts)
        yield f"- {names}: {_sentence(param)}"


def _sentence(param: Any) -> str:
    text = " ".join((param.help or "").split())
    return f"{text} Variable `{param.envvar}`." if param.envvar else text


if __name__ == "__main__":
    sys.stdout.write(reference())
