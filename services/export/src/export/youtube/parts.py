"""How uploads to YouTube are put together; only where a client is configured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from chassis.data.database import Database
from chassis.identity.vault import Vault
from chassis.run.service import Background
from chassis.storage.port import ObjectStore
from chassis.work.workers import WorkPool
from export.settings import Settings
from export.youtube.calls import Addresses, Client
from export.youtube.client import YouTube, pooled_client
from export.youtube.connections import REVOKE, Connections
from export.youtube.runner import UPLOAD, Pace, RevocationRunner, UploadRunner


class _Connections:
    """The HTTP connections, closed with the service."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def start(self) -> None:
        """They are made when first needed."""

    async def stop(self, grace_s: float = 5.0) -> None:
        """Close them."""
        await self._http.aclose()


@dataclass(frozen=True, slots=True)
class YouTubeParts:
    """What the service needs of it."""

    connections: Connections
    background: Sequence[Background]

    @classmethod
    def of(
        cls, settings: Settings, database: Database, store: ObjectStore, http: httpx.AsyncClient | None
    ) -> YouTubeParts:
        """Build from settings that have a client, its secret and a key."""
        if not (settings.youtube_client_id and settings.youtube_client_secret and settings.encryption_key):
            raise ValueError("YouTube needs a client id, its secret and a key")
        vault = Vault(settings.encryption_key.get_secret_value())
        client = Client(
            settings.youtube_client_id, settings.youtube_client_secret.get_secret_value(), settings.youtube_callback
        )
        at = Addresses(
            settings.youtube_auth_base_url.rstrip("/"),
            settings.youtube_token_base_url.rstrip("/"),
            settings.youtube_api_base_url.rstrip("/"),
            settings.youtube_upload_base_url.rstrip("/"),
        )
        http = http or pooled_client()
        youtube = YouTube(http, client, at)
        connections = Connections(database, youtube, vault)
        pace = Pace(settings.youtube_retry_s, settings.youtube_look_s)
        uploads = UploadRunner(database, store, youtube, connections, vault, piece=settings.youtube_piece, pace=pace)
        revocations = RevocationRunner(database, connections)
        pools = [
            WorkPool(
                database, kind, run, concurrency=concurrency, lease_s=settings.export_lease_s, alone=settings.alone
            )
            for kind, run, concurrency in (
                (UPLOAD, uploads.run, settings.youtube_concurrency),
                (REVOKE, revocations.run, 1),
            )
        ]
        return cls(connections, (*pools, _Connections(http)))
