"""Signing in with an account elsewhere: start, come back, and whose account that is here."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import structlog

from chassis.data.database import Database, Transaction
from chassis.errors import Invalid, NotFound, ServiceError
from chassis.identity.product_line import offered_line
from contracts.users import EmailVerified
from users import audit
from users.accounts.errors import AccountExists, AccountInactive
from users.accounts.models import User
from users.accounts.repository import AccountRepository
from users.accounts.schemas import ConsentIn, TokensOut
from users.accounts.service import enter_line, open_account
from users.devices import AddressHasher, Device
from users.secondfactor.schemas import ChallengeOut
from users.sessions.service import Sessions
from users.settings import Settings
from users.signin.errors import (
    EmailUnverified,
    IdentityRefused,
    SignInCancelled,
    SignInElsewhere,
    SignInExpired,
    SignInNotConfigured,
    TicketRefused,
)
from users.signin.models import (
    Assertion,
    SignIn,
    SignInTicket,
    challenge_of,
    claim,
    hashed,
    may_return,
    name_of,
    origin_of,
)
from users.signin.registrations import KNOWN
from users.signin.repository import SignInRepository
from users.signin.schemas import CallbackIn, StartIn, usable_email

if TYPE_CHECKING:
    from users.signin.provider import IdentityProvider

log = structlog.get_logger(__name__)

_DENIALS = frozenset({"access_denied", "user_cancelled_authorize"})


@dataclass(frozen=True, slots=True)
class Started:
    """Send the browser to ``url`` with the secret ``browser`` in the cookie of ``state``."""

    url: str
    state: str
    browser: str
    posts_across_sites: bool


@dataclass(frozen=True, slots=True)
class Returned:
    """Send the browser on to a web client of ours, which finds a ticket or an error code in the fragment."""

    url: str


class SignIns:
    """The use cases. ``providers`` are those that are set up, by name."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        providers: Mapping[str, IdentityProvider],
        address_hash: AddressHasher,
        settings: Settings,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self.providers = providers
        self._address_hash = address_hash
        self._settings = settings

    async def start(self, name: str, asked: StartIn, said: str | None) -> Started:
        """Begin, in the product line ``said`` if any.

        Raises ``NotFound``, ``SignInNotConfigured``, ``Invalid``, ``LineNotOffered``, ``ProviderAway``.
        """
        provider = self._provider(name)
        if said is not None:
            offered_line(said)
        self._check_return(asked)
        state, browser, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        verifier = secrets.token_urlsafe(48)
        url = await provider.authorization_url(
            redirect_uri=self._redirect_uri(name), state=state, nonce=nonce, verifier=verifier
        )
        async with self._database.transaction() as tx:
            SignInRepository(tx).add(
                SignIn(
                    state_hash=hashed(state),
                    browser_hash=hashed(browser),
                    provider=name,
                    verifier=verifier,
                    nonce=nonce,
                    product_line=said,
                    consents=[consent.model_dump() for consent in asked.consents()],
                    return_to=asked.redirect_to,
                    challenge=asked.code_challenge,
                    expires_at=tx.now + timedelta(minutes=self._settings.signin_minutes),
                )
            )
        return Started(url, state, browser, provider.client.posts_across_sites)

    async def finish(
        self, name: str, answer: CallbackIn, browser: str | None, device: Device
    ) -> TokensOut | ChallengeOut | Returned:
        """The browser is back: tokens, a challenge where a code is needed as well, or where it goes with a ticket.

        Errors are raised where nobody but the browser can be told, and put in the web client's address where it has
        one: ``SignInExpired``, ``SignInElsewhere``, ``SignInCancelled``, ``IdentityRefused``, ``EmailUnverified``,
        ``ConsentNeeded``, ``AccountInactive``, ``ProviderAway``. After any of them nothing has been created.
        """
        provider = self._provider(name)
        flow = await self._taken(name, answer.state, browser)
        try:
            assertion = await self._proved(provider, flow, answer)
            await self._sessions.ready()
            return await self._admit(assertion, flow, answer.told_name(), device)
        except ServiceError as refusal:
            if flow.return_to is None:
                raise
            return Returned(f"{flow.return_to}#{urlencode({'error': refusal.code})}")

    async def redeem(self, ticket: str, verifier: str, device: Device) -> TokensOut | ChallengeOut:
        """Tokens for a finished sign-in, once, for the web client that started it; a challenge where a code is needed.

        Raises ``TicketRefused``.
        """
        refusal = TicketRefused("This sign-in cannot be finished. Start it again.")
        async with self._database.transaction() as tx:
            taken = await SignInRepository(tx).take_ticket(hashed(ticket))
        if (
            taken is None
            or taken.expires_at <= self._database.clock.now()
            or not hmac.compare_digest(taken.challenge, challenge_of(verifier))
        ):
            raise refusal
        await self._sessions.ready()
        async with self._database.transaction() as tx:
            user = await AccountRepository(tx.session).get(taken.user_id, lock=True)
            if user is None:
                raise refusal
            _check_active(user)
            return await self._sessions.admit(user, taken.product_line, device, tx)

    def _provider(self, name: str) -> IdentityProvider:
        if (provider := self.providers.get(name)) is not None:
            return provider
        if name not in KNOWN:
            raise NotFound(f"There is no sign-in with that. There is one with {' and '.join(KNOWN)}.")
        raise SignInNotConfigured(
            f"Sign-in with {name.title()} is not set up here. Log in with a password, or register.",
            details={"provider": name},
        )

    def _redirect_uri(self, name: str) -> str:
        # From the settings and never from the request: whoever forges a Host header must not choose where codes go.
        return f"{self._settings.public_url}/api/v1/auth/oauth/{name}/callback"

    def _check_return(self, asked: StartIn) -> None:
        if asked.redirect_to is None and asked.code_challenge is None:
            return
        # The studio is on our own host, whatever other origins there are.
        own = (origin_of(self._settings.public_url), *self._settings.allowed_origins)
        if asked.redirect_to is None or not may_return(asked.redirect_to, own):
            raise Invalid(
                "The sign-in cannot end there.", fields={"redirect_to": "must be on one of the platform's own origins"}
            )
        if asked.code_challenge is None:
            raise Invalid("The sign-in could not be finished.", fields={"code_challenge": "is needed with redirect_to"})

    async def _taken(self, name: str, state: str, browser: str | None) -> SignIn:
        # Committed before anything else: whatever comes of it, a state is good for one try.
        async with self._database.transaction() as tx:
            flow = await SignInRepository(tx).take(hashed(state))
        if flow is None or flow.provider != name or flow.expires_at <= self._database.clock.now():
            log.warning("signin.refused", provider=name, reason="unknown_or_expired")
            raise SignInExpired("This sign-in has expired or was finished before. Start it again.")
        if browser is None or not hmac.compare_digest(hashed(browser), flow.browser_hash):
            log.warning("signin.refused", provider=name, reason="other_browser")
            raise SignInElsewhere("This sign-in was started in another browser. Start it again in this one.")
        return flow

    async def _proved(self, provider: IdentityProvider, flow: SignIn, answer: CallbackIn) -> Assertion:
        name = provider.client.name
        if answer.error in _DENIALS:
            raise SignInCancelled(f"Consent was not given at {name.title()}. Start again if that was not meant.")
        if answer.error is not None or not answer.code:
            log.warning("signin.refused", provider=name, reason="error_from_provider")
            raise IdentityRefused(f"{name.title()} ended the sign-in with an error. Start it again.")
        if answer.iss is not None and answer.iss not in {provider.client.issuer, *provider.client.also_issued_by}:
            log.warning("signin.refused", provider=name, reason="mixed_up")
            raise IdentityRefused("The answer came from another provider than the one that was asked. Start again.")
        return await provider.assertion(
            answer.code,
            redirect_uri=self._redirect_uri(name),
            verifier=flow.verifier,
            nonce=flow.nonce,
            now=int(self._database.clock.machine().timestamp()),
        )

    async def _admit(
        self, assertion: Assertion, flow: SignIn, told_name: str | None, device: Device
    ) -> TokensOut | ChallengeOut | Returned:
        try:
            return await self._admit_once(assertion, flow, told_name, device)
        except AccountExists:
            # Two sign-ins of one new person at the same moment: the second finds what the first has made.
            return await self._admit_once(assertion, flow, told_name, device)

    async def _admit_once(
        self, assertion: Assertion, flow: SignIn, told_name: str | None, device: Device
    ) -> TokensOut | ChallengeOut | Returned:
        async with self._database.transaction() as tx:
            user = await self._account(assertion, flow, told_name, device, tx)
            line = offered_line(flow.product_line or user.home_product_line)
            await enter_line(user, line, _consents(flow), self._address_hash(device), tx, field="consent")
            if flow.return_to is None or flow.challenge is None:
                return await self._sessions.admit(user, line.key.value, device, tx)
            ticket = secrets.token_urlsafe(32)
            SignInRepository(tx).add(
                SignInTicket(
                    ticket_hash=hashed(ticket),
                    user_id=user.id,
                    product_line=line.key.value,
                    challenge=flow.challenge,
                    expires_at=tx.now + timedelta(seconds=self._settings.signin_ticket_s),
                )
            )
        return Returned(f"{flow.return_to}#{urlencode({'ticket': ticket})}")

    async def _account(
        self, assertion: Assertion, flow: SignIn, told_name: str | None, device: Device, tx: Transaction
    ) -> User:
        """The account that this identity opens: its own, the one with its verified address, or a new one."""
        accounts, identities = AccountRepository(tx.session), SignInRepository(tx)
        if (owner := await identities.owner(assertion)) is not None:
            user = await accounts.get(owner, lock=True)
            if user is not None:
                _check_active(user)
                return user
        email = usable_email(assertion.email)
        if email is None or not assertion.email_verified:
            log.warning("signin.refused", provider=assertion.provider, reason="email_unverified")
            raise EmailUnverified(
                f"{assertion.provider.title()} does not confirm your e-mail address. Confirm it there, or register "
                "with a password."
            )
        user = await accounts.by_email(email, lock=True)
        if user is not None:
            _check_active(user)
            if claim(user):
                await identities.unlink_all(user.id)
                ended = await self._sessions.end_others(user.id, None, tx)
                tx.emit(EmailVerified(user_id=user.id))
                log.info("signin.account_claimed", user_id=str(user.id), sessions_ended=ended)
                audit.record(tx, audit.Action.HANDED_OVER, actor=user.id, provider=assertion.provider)
        else:
            user = await self._opened(assertion, email, flow, told_name, device, tx)
        if not await identities.link(assertion, user.id, tx.now):
            raise AccountExists("This identity has just been linked.")
        audit.record(tx, audit.Action.IDENTITY_LINKED, actor=user.id, provider=assertion.provider)
        return user

    async def _opened(
        self,
        assertion: Assertion,
        email: str,
        flow: SignIn,
        told_name: str | None,
        device: Device,
        tx: Transaction,
    ) -> User:
        line = offered_line(flow.product_line or self._settings.default_product_line)
        user = User(
            email=email,
            name=name_of(assertion, told_name, needed=line.name_required),
            email_verified=True,
            timezone="UTC",
            language="en",
            home_product_line=line.key.value,
        )
        # What is agreed to is kept by who lets it in.
        await open_account(user, (), self._address_hash(device), tx)
        return user


def _consents(flow: SignIn) -> list[ConsentIn]:
    return [ConsentIn.model_validate(consent) for consent in flow.consents]


def _check_active(user: User) -> None:
    # A lock after failed logins guards the password, and says nothing about who comes with a proof from elsewhere.
    if not user.is_active:
        raise AccountInactive("This account is not active. Write to support to have it opened again.")
