"""Connecting a user's channel, and using the connection."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog

from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.data.leased_work import NewWork
from chassis.errors import BadRequest, Conflict, NotAllowed, ServiceError, Unavailable
from chassis.identity.vault import Unreadable, Vault, hashed
from chassis.observe import context
from export.youtube import repository
from export.youtube.calls import SCOPE, Channel
from export.youtube.client import YouTube
from export.youtube.errors import FailureClass, YouTubeFailure
from export.youtube.tokens import Tokens

log = structlog.get_logger(__name__)

T = TypeVar("T")

REVOKE = "export.youtube_revoke"
"""Kind of the work that ends a grant at Google."""

STATE_LIFE = timedelta(minutes=10)
CONNECTING = timedelta(minutes=2)
"""Longer than a grant takes to be exchanged and kept; no earlier one of the user is ended meanwhile."""
_EARLY = timedelta(seconds=60)
"""An access token is renewed this long before it runs out."""


class NotConfigured(Unavailable):
    """YouTube is not configured on this installation."""

    code = "youtube_not_configured"
    retryable = False


class YouTubeUnavailable(Unavailable):
    """YouTube or Google's accounts do not answer; try again later."""

    code = "youtube_unavailable"


class GrantUnknown(BadRequest):
    """This grant was not begun here by the same user, has been used, or has expired; begin again."""

    code = "youtube_grant_unknown"


class GrantRefused(NotAllowed):
    """Access to the channel was not granted, or not to all that is needed."""

    code = "youtube_grant_refused"


class NoChannel(Conflict):
    """The Google account has no YouTube channel."""

    code = "youtube_no_channel"


@dataclass(frozen=True, slots=True)
class Begun:
    """A grant under way: where the user goes, and the cookie that the same browser has to bring back."""

    url: str = field(repr=False)
    cookie: str
    browser: str = field(repr=False)
    expires_at: datetime


class Connections:
    """Grants and what they gave. Nothing here calls Google while it holds a transaction."""

    def __init__(self, database: Database, youtube: YouTube, vault: Vault) -> None:
        self._database = database
        self._youtube = youtube
        self._vault = vault

    async def begin(self, user_id: UUID, tx: Transaction) -> Begun:
        """Prepare a grant. Its state is the user's, good once and for ten minutes."""
        state, browser, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        expires_at = tx.now + STATE_LIFE
        await repository.add_state(tx, hashed(state), user_id, hashed(browser), self._vault.seal(verifier), expires_at)
        url = self._youtube.authorization_url(state=state, verifier=verifier)
        return Begun(url, cookie_name(state), browser, expires_at)

    async def complete(
        self, *, state: str, code: str | None, error: str | None, browser: str | None, caller: UUID | None
    ) -> Channel:
        """Take the user's answer and connect the channel.

        It counts only from whoever began: the same browser, or the same logged-in user. Otherwise somebody could be
        led to connect a channel of theirs to another's account. Raises the errors of this module.
        """
        async with self._database.transaction() as tx:
            begun = await repository.take_state(tx, hashed(state))
            free = begun is None or await repository.put_off(tx, REVOKE, begun["user_id"], tx.now + CONNECTING)
        if begun is None or not _began(begun, browser, caller):
            raise GrantUnknown("This link has been used or has expired. Connect your channel again.")
        if not free:
            raise YouTubeUnavailable(
                "Your earlier connection is just being ended. Connect your channel again in a minute.", retry_after_s=60
            )
        if error is not None or not code:
            raise GrantRefused("Access to your channel was not allowed. Connect it again when you want to.")
        try:
            return await self._connect(begun["user_id"], code, self._vault.open(begun["verifier"]))
        except Unreadable:
            raise GrantUnknown("This link cannot be used any more. Connect your channel again.") from None
        except YouTubeFailure as failed:
            log.warning("youtube.not_connected", reason=str(failed))
            raise _told(failed) from None

    async def _connect(self, user_id: UUID, code: str, verifier: str) -> Channel:
        issued = await self._youtube.exchange(code, verifier)
        # What is of no use is not revoked: Google would end an earlier connection of the same account with it.
        if SCOPE not in issued.scopes or issued.refresh_token is None:
            raise GrantRefused("Not everything was allowed. Connect your channel again and allow everything asked for.")
        channel = await self._youtube.channel(issued.access_token)
        if channel is None:
            raise NoChannel("This Google account has no YouTube channel. Create one, then connect again.")
        async with self._database.transaction() as tx:
            expires_at = tx.now + timedelta(seconds=issued.expires_in)
            tokens = Tokens(issued.access_token, issued.refresh_token, expires_at).sealed(self._vault)
            await repository.save_connection(tx, user_id, channel, tokens, sorted(issued.scopes), expires_at)
        return channel

    async def disconnect(self, user_id: UUID, tx: Transaction) -> bool:
        """Forget the user's connection and have the grant ended; False when there was none."""
        ended = await repository.remove_connection(tx, user_id)
        if ended is not None:
            payload: dict[str, Any] = {
                "sealed": ended["tokens"].decode("ascii"),
                "user_id": str(user_id),
                "channel_id": ended["channel_id"],
                "context": context.current().known(),
            }
            tx.add_work(NewWork(ids.uuid7(), REVOKE, payload))
        return ended is not None

    async def revoke(self, ended: Mapping[str, Any]) -> None:
        """End a grant at Google; one that has ended is no failure. Raises :class:`YouTubeFailure`.

        Google ends all grants of an account for this client at once. So one that has been given again, or was given
        to somebody else as well, is let be.
        """
        async with self._database.transaction() as tx:
            if await repository.is_used(tx, ended["user_id"], ended["channel_id"]):
                log.info("youtube.not_revoked", reason="connected again")
                return
        try:
            await self._youtube.revoke(Tokens.opened(ended["sealed"].encode("ascii"), self._vault).refresh_token)
        except YouTubeFailure as failed:
            if failed.failure is not FailureClass.GONE:
                raise

    async def access(self, user_id: UUID, channel_id: str) -> ChannelAccess:
        """The right to act on a channel; raises :class:`YouTubeFailure` when the user is not connected to it."""
        async with self._database.transaction() as tx:
            row = await repository.connection(tx, user_id)
        if row is None or row["channel_id"] != channel_id:
            raise YouTubeFailure(FailureClass.DISCONNECTED, "no connection to the channel", code="not_connected")
        try:
            tokens = Tokens.opened(row["tokens"], self._vault)
        except Unreadable:
            raise YouTubeFailure(FailureClass.DISCONNECTED, "tokens cannot be read", code="unreadable") from None
        return ChannelAccess(self, user_id, tokens, row["tokens"])

    async def renewed(self, user_id: UUID, tokens: Tokens, sealed: bytes) -> tuple[Tokens, bytes]:
        """Tokens with a new access token, kept where the old ones were, ``sealed``. A grant that has ended takes the
        connection with it."""
        try:
            issued = await self._youtube.refresh(tokens.refresh_token)
        except YouTubeFailure as failed:
            if failed.code == "invalid_grant":
                await self._ended(user_id, tokens)
            raise
        async with self._database.transaction() as tx:
            expires_at = tx.now + timedelta(seconds=issued.expires_in)
            new = Tokens(issued.access_token, issued.refresh_token or tokens.refresh_token, expires_at)
            kept = new.sealed(self._vault)
            await repository.renew_connection(tx, user_id, sealed, kept, expires_at)
        return new, kept

    async def _ended(self, user_id: UUID, tokens: Tokens) -> None:
        async with self._database.transaction() as tx:
            row = await repository.connection(tx, user_id)
            # The user may have connected again meanwhile; that connection is a good one.
            if row is not None and Tokens.opened(row["tokens"], self._vault).refresh_token == tokens.refresh_token:
                await repository.remove_connection(tx, user_id, row["tokens"])

    def now(self) -> datetime:
        """The service's clock."""
        return self._database.clock.now()


class ChannelAccess:
    """The access token of one connection, renewed when it runs out."""

    def __init__(self, connections: Connections, user_id: UUID, tokens: Tokens, sealed: bytes) -> None:
        self._connections = connections
        self._user_id = user_id
        self._tokens = tokens
        self._sealed = sealed

    async def call(self, use: Callable[[str], Awaitable[T]]) -> T:
        """Use the access token, and once more with a new one when Google says that it has run out."""
        if self._tokens.expires_at - _EARLY <= self._connections.now():
            await self._renew()
        try:
            return await use(self._tokens.access_token)
        except YouTubeFailure as failed:
            if failed.failure is not FailureClass.EXPIRED:
                raise
        await self._renew()
        return await use(self._tokens.access_token)

    async def _renew(self) -> None:
        self._tokens, self._sealed = await self._connections.renewed(self._user_id, self._tokens, self._sealed)


def cookie_name(state: str) -> str:
    """Each grant has a cookie of its own, so that two tabs do not disturb each other."""
    return f"youtube_{hashed(state).hex()[:16]}"


def _began(begun: Any, browser: str | None, caller: UUID | None) -> bool:
    same_browser = browser is not None and hmac.compare_digest(hashed(browser), begun["browser_hash"])
    return same_browser or caller == begun["user_id"]


def _told(failed: YouTubeFailure) -> ServiceError:
    match failed.failure:
        case FailureClass.DISCONNECTED if failed.status == 401:
            return NoChannel(failed.user_message)
        case FailureClass.DISCONNECTED:
            return GrantRefused(failed.user_message)
        case _:
            return YouTubeUnavailable(failed.user_message, retry_after_s=failed.retry_after_s)
