"""Who the command line is: one account per installation, made at the first use and kept in its home."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from talkingphoto.client import ApiError, Client, Credentials
from talkingphoto.settings.credentials import known, place_of


async def log_in(client: Client, home: Path, server: str | None = None) -> None:
    """Be who ``login`` was told for this platform, or else this installation's own user, whose account is opened first
    when there is none."""
    said = known(place_of(home, server))
    if said is not None and said.key is not None:
        client.use_key(said.key)
        return
    if said is not None and said.account is not None:
        await client.log_in(said.account)
        return
    credentials = owner(home)
    try:
        await client.log_in(credentials)
    except ApiError as error:
        if error.code != "wrong_credentials":
            raise
        await client.register(credentials, name="Owner")


def asking() -> Callable[[], str] | None:
    """Asks for a code of the second factor where somebody can type one."""
    # A stream that was closed before the start is None.
    return _typed if all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)) else None


def _typed() -> str:
    code: str = typer.prompt("Code of your authenticator app, or a recovery code", err=True)
    return code


def owner(home: Path) -> Credentials:
    """This installation's user, chosen the first time somebody asks. Raises ``OSError`` for a file that is damaged."""
    path = home / "account.json"
    credentials = _kept(path)
    if credentials is None:
        credentials = Credentials(f"owner-{secrets.token_hex(4)}@example.com", f"{secrets.token_urlsafe(18)}-1a")
        _keep(path, credentials)
    return credentials


def _kept(path: Path) -> Credentials | None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Credentials(stored["email"], stored["password"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(f"{path} cannot be read as an account ({error!r}). Remove it to begin with a new one.") from error


def _keep(path: Path, credentials: Credentials) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written beside and renamed: whatever happens, the file is whole or not there.
    beside = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump({"email": credentials.email, "password": credentials.password}, out)
    beside.replace(path)
