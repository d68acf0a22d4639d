"""Administrators of a home, made by who owns the machine: the API makes none."""

from __future__ import annotations

from chassis.data.database import Database
from chassis.settings import load
from talkingphoto.show import Printer, print_json
from talkingphoto_runner.layout import PACKAGES, Home, common_settings, settings_of
from talkingphoto_runner.presence import database_of
from users.accounts import administrators
from users.accounts.passwords import Hasher
from users.settings import Settings
from users.signin.schemas import usable_email


class NotMade(LookupError):
    """There is no home, or no such address; the text says what to do."""


async def create(home: Home, email: str, password: str | None, *, as_json: bool) -> None:
    """Make the account of an address an administrator's, up or down. Raises ``NotMade`` and ``Invalid``."""
    if not (home.postgres / "PG_VERSION").exists():
        raise NotMade(f"No platform has run in {home.root} yet. Start one with `talkingphoto up`, then try again.")
    address = usable_email(email)
    if address is None:
        raise NotMade(f"{email} is no e-mail address.")
    urls = dict.fromkeys(PACKAGES, "http://127.0.0.1")
    settings = load(Settings, **common_settings(home, urls) | settings_of("users", home, urls))
    async with database_of(home) as postgres:
        database = Database(postgres.url("users"), service="users")
        try:
            hasher = Hasher(settings.bcrypt_cost, settings.password_hasher)
            made = await administrators.make(address, password, hasher, settings, database)
        finally:
            await database.close()
    if as_json:
        print_json({"email": address, "account": made.value})
        return
    did = {"opened": "has a new account", "promoted": "keeps the account"}[made.value]
    Printer().say(f"{address} {did} and is an administrator from the next login on.")
