"""The key of this process among those of all replicas: a key is published by everybody before it signs anything."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from chassis.data.database import Database, Transaction
from chassis.identity.revocations import LONGEST_LIFE_S
from chassis.identity.tokens import WITHDRAWN, Identity
from chassis.settings import SettingsError
from users.keys import queries, repository
from users.keys.signing import SigningKey, public_jwk

NOTED_AGAIN = timedelta(hours=1)
"""How often a key that signs is noted: it may have signed for so long since."""

PUBLISHED_FOR = timedelta(seconds=LONGEST_LIFE_S) + NOTED_AGAIN + timedelta(minutes=5)
"""How long after it was noted last a key may have living tokens."""


class Keyring:
    """Signs with ``key``. ``withdrawn`` are ids of keys whose tokens count no more."""

    def __init__(self, database: Database, key: SigningKey, withdrawn: Collection[str] = ()) -> None:
        if key.key_id in withdrawn:
            raise SettingsError("cannot start: JWT_PRIVATE_KEY is one of JWT_WITHDRAWN_KEYS")
        self.key = key
        self._database = database
        self._withdrawn = withdrawn
        self._noted_at: datetime | None = None

    async def ready(self) -> None:
        """Return when the key is published. To be called outside any transaction, before what ends in ``sign``."""
        now = self._database.clock.now()
        if self._noted_at is None or now - self._noted_at >= NOTED_AGAIN:
            async with self._database.transaction() as tx:
                await repository.note(tx, self.key.key_id, self.key.public)
            self._noted_at = now

    def sign(self, identity: Identity, *, issuer: str, audience: str) -> str:
        """An access token for ``identity``."""
        if self._noted_at is None:
            raise RuntimeError("the signing key has not been published")
        return self.key.sign(identity, issuer=issuer, audience=audience)

    async def jwks(self, tx: Transaction) -> dict[str, Any]:
        """The JSON Web Key Set (RFC 7517, RFC 8037) of every key that may have living tokens."""
        known = {self.key.key_id: self.key.public} | await queries.signing_since(tx, tx.now - PUBLISHED_FOR)
        keys = [public_jwk(key_id, public) for key_id, public in known.items() if key_id not in self._withdrawn]
        return {"keys": keys} | ({WITHDRAWN: sorted(self._withdrawn)} if self._withdrawn else {})
