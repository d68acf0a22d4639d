"""How users is put together; no decisions here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from chassis.bus.messages import Received
from chassis.data import migrations
from chassis.data.database import Database, Transaction
from chassis.data.outages import is_database_away
from chassis.http.app import create_app
from chassis.identity.vault import Vault
from chassis.messaging.consumer import Consumers
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec
from chassis.work.workers import WorkPool
from contracts.billing import (
    EntitlementsChanged,
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionExpired,
    SubscriptionUpdated,
)
from users.accounts import endpoints as account_endpoints
from users.accounts.administrators import make_first
from users.accounts.passwords import Hasher
from users.accounts.rules import PasswordRules, RangeApi
from users.accounts.service import any_argon2id, commonest_cost, keep_entitlements, keep_statuses
from users.administration import endpoints as administration_endpoints
from users.api_keys import endpoints as api_key_endpoints
from users.api_keys.service import KeyTokens
from users.audit import endpoints as audit_endpoints
from users.audit.origin import Origins
from users.consents import endpoints as consent_endpoints
from users.devices import AddressHasher
from users.erasure import endpoints as erasure_endpoints
from users.erasure import handlers as erasure_handlers
from users.erasure.service import Erasures, Reminders
from users.exports import endpoints as export_endpoints
from users.exports import handlers as export_handlers
from users.exports.service import ARCHIVE, Archivist, Upkeep
from users.figures.queries import FIGURES
from users.flags import endpoints as flag_endpoints
from users.kept import tables
from users.keys import endpoints as key_endpoints
from users.keys import signing
from users.keys.keyring import Keyring
from users.links import endpoints as link_endpoints
from users.links.letters import LETTER, Letters
from users.links.service import Links
from users.links.tokens import OneTimeTokens
from users.secondfactor import endpoints as second_factor_endpoints
from users.secondfactor.codes import Codes
from users.secondfactor.service import SecondFactors
from users.sessions import endpoints as session_endpoints
from users.sessions.lockout import Lockout
from users.sessions.login import Logins
from users.sessions.passwords import Passwords
from users.sessions.service import Sessions
from users.settings import Settings
from users.signin import endpoints as signin_endpoints
from users.signin.registrations import configured
from users.signin.service import SignIns
from users.statistics import endpoints as statistics_endpoints


def build(settings: Settings, deps: Dependencies) -> Service:
    """Users' app and consumers."""
    if deps.database is None:
        raise ValueError("users needs a database")
    database = deps.database
    hasher = Hasher(settings.bcrypt_cost, settings.password_hasher)
    rules = PasswordRules(RangeApi(settings.breach_url) if settings.breach_url is not None else None)
    keyring = Keyring(database, signing.load(settings), settings.jwt_withdrawn_keys)
    address_hash = AddressHasher.of(settings)
    lockout = Lockout(address_hash, settings)
    vault = Vault(settings.encryption_key.get_secret_value())
    codes = Codes(vault, database.clock)
    sessions = Sessions(database, keyring, codes, address_hash, settings)
    logins = Logins(database, hasher, sessions, codes, lockout, address_hash, settings)
    passwords = Passwords(database, hasher, rules, sessions, lockout)
    tokens = OneTimeTokens(Vault(settings.link_key.get_secret_value()))
    letters = Letters(database, tokens, address_hash)
    sign_ins = SignIns(database, sessions, configured(settings), address_hash, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        cost, argon2id = await _stored(database)
        await hasher.start(cost, argon2id=argon2id)
        await make_first(hasher, settings, database)
        yield
        await rules.close()
        for provider in sign_ins.providers.values():
            await provider.http.aclose()

    app = create_app(
        name="users",
        settings=settings,
        version="0.1.0",
        routers=[
            account_endpoints.router,
            link_endpoints.router,
            session_endpoints.router,
            second_factor_endpoints.router,
            signin_endpoints.router,
            api_key_endpoints.router,
            api_key_endpoints.internal,
            consent_endpoints.router,
            administration_endpoints.router,
            erasure_endpoints.router,
            erasure_endpoints.admin,
            export_endpoints.router,
            audit_endpoints.router,
            flag_endpoints.router,
            flag_endpoints.admin,
            key_endpoints.router,
            statistics_endpoints.router,
        ],
        readiness={"database": deps.database.ready},
        lifespan=lifespan,
        description="Accounts, sessions and keys.",
    )
    app.add_middleware(Origins, address_hash=address_hash)
    app.state.database = deps.database
    app.state.verifier = deps.verifier
    app.state.store = deps.store
    app.state.hasher = hasher
    app.state.keyring = keyring
    app.state.address_hash = address_hash
    app.state.password_rules = rules
    app.state.one_time_tokens = tokens
    app.state.sessions = sessions
    app.state.logins = logins
    app.state.passwords = passwords
    app.state.letters = letters
    app.state.links = Links(database, tokens, sessions, passwords, hasher, rules, codes, lockout)
    app.state.second_factors = SecondFactors(database, vault, codes, passwords, sessions, lockout)
    app.state.sign_ins = sign_ins
    link_vault = Vault(settings.link_key.get_secret_value())
    app.state.erasures = Erasures(deps.database, hasher, lockout, sessions, link_vault)
    app.state.key_tokens = KeyTokens(deps.database, keyring, settings)
    return Service(
        name="users",
        app=app,
        database=deps.database,
        consumers=_consumers(),
        listeners=session_listeners("users", deps.verifier),
        background=(
            WorkPool(database, LETTER, letters.write),
            Reminders(database),
            Upkeep(database, deps.store),
            WorkPool(database, ARCHIVE, Archivist(database, deps.store).run, concurrency=1),
        ),
        retention=tables(settings),
        figures=FIGURES,
    )


async def _stored(database: Database) -> tuple[int | None, bool]:
    """How passwords are kept: the commonest cost of bcrypt, and whether any are Argon2id."""
    try:
        async with database.transaction() as tx:
            return await commonest_cost(tx), await any_argon2id(tx)
    except Exception as error:
        # Nobody can log in while the database is away, and the next start asks again.
        if not is_database_away(error):
            raise
        return None, False


def _consumers() -> Consumers:
    registry = Consumers("users")
    entitlements = registry.queue("entitlements")

    @entitlements.each(EntitlementsChanged)
    async def keep(event: EntitlementsChanged, tx: Transaction) -> None:
        """Keep a copy of plan and credits for profile and tokens."""
        await keep_entitlements(event, tx)

    @entitlements.many(SubscriptionCreated, SubscriptionUpdated, SubscriptionCancelled, SubscriptionExpired)
    async def keep_status(received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Keep a copy of how subscriptions stand for the profile."""
        await keep_statuses([(item.message, item.envelope.time) for item in received], tx)

    erasure_handlers.subscribe(registry)
    export_handlers.subscribe(registry)
    return registry


SPEC = ServiceSpec("users", Settings, build, migrations=migrations.folder_of(__file__))
