"""Administrators of a home, made by who owns the machine: the API makes none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.data.database import Database
from chassis.settings import load
from talkingphoto.show import Printer, print_json
from talkingphoto_runner.layout import PACKAGES, Home, common_settings, settings_of
from talkingphoto_runner.presence import database_of
from users.accounts import administrators
from users.accounts.passwords import Hasher
from users.audit.service import verify
from users.settings import Settings
from users.signin.schemas import usable_email


class NotMade(LookupError):
    """There is no home, or no such address; the text says what to do."""


async def create(home: Home, email: str, password: str | None, *, as_json: bool) -> None:
    """Make the account of an address an administrator's, up or down. Raises ``NotMade`` and ``Invalid``."""
    address = usable_email(email)
    if address is None:
        raise NotMade(f"{email} is no e-mail address.")
    urls = dict.fromkeys(PACKAGES, "http://127.0.0.1")
    # The command reads its password where a first start of the platform reads one, which wants an address beside it.
    unset = {"admin_email": None, "admin_password": None}
    settings = load(Settings, **common_settings(home, urls) | settings_of("users", home, urls) | unset)
    async with _users_of(home) as database:
        hasher = Hasher(settings.bcrypt_cost, settings.password_hasher)
        made = await administrators.make(address, password, hasher, settings, database)
    if as_json:
        print_json({"email": address, "account": made.value})
        return
    did = {"opened": "has a new account", "promoted": "keeps the account"}[made.value]
    Printer().say(f"{address} {did} and is an administrator from the next login on.")


class Tampered(Exception):
    """The audit log is not as it was written; the text says from which row on."""


async def verify_audit(home: Home, known: str | None, *, as_json: bool) -> None:
    """Check the audit log of a home from its oldest row to its newest, and say what its newest row is.

    ``known`` is ``NUMBER:HASH``, as an earlier check said. Raises ``Tampered`` and ``NotMade``.
    """
    noted = _noted(known) if known is not None else None
    async with _users_of(home) as database:
        found = await verify(database, known=noted)
    if found.broken is not None:
        raise Tampered(f"Row {found.broken} of the audit log cannot be trusted: {found.why}.")
    newest = f"{found.last.seq}:{found.last.hash.hex()}" if found.last is not None else None
    if as_json:
        print_json({"rows": found.rows, "newest": newest})
        return
    printer = Printer()
    printer.say(f"{found.rows} rows, each as it was written and in its place.")
    if newest is not None:
        printer.say(f"Note elsewhere: {newest}. `--known` with it shows later whether anything up to it is missing.")


def _noted(known: str) -> tuple[int, bytes]:
    number, _, digest = known.partition(":")
    try:
        return int(number), bytes.fromhex(digest)
    except ValueError:
        raise NotMade(f"{known} is not what a check of the audit log has said: NUMBER:HASH.") from None


@asynccontextmanager
async def _users_of(home: Home) -> AsyncIterator[Database]:
    """The users database of a home, up or down. Raises ``NotMade``."""
    if not (home.postgres / "PG_VERSION").exists():
        raise NotMade(f"No platform has run in {home.root} yet. Start one with `talkingphoto up`, then try again.")
    async with database_of(home) as postgres:
        database = Database(postgres.url("users"), service="users")
        try:
            yield database
        finally:
            await database.close()
