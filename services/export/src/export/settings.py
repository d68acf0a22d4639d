"""What export needs beyond the common settings."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from chassis.identity.vault import VaultKeys
from chassis.settings import ServiceSettings
from export.provenance.claims import Signer, UnfitSigner, signer_of


class Settings(ServiceSettings):
    """Export's own settings. Without ``youtube_client_id`` there is no YouTube."""

    service_name: str = Field("export", description="In log lines, metrics and traces.")
    export_concurrency: int = Field(4, ge=1, le=100, description="Orders under way at a time in one process.")
    export_lease_s: float = Field(30.0, gt=0, description="An order whose process died passes on after this long.")
    alone: bool = Field(False, description="This is the only worker on its database: take over open orders at once.")
    render_threads: int = Field(2, ge=1, le=64, description="Threads of one encoding job.")
    render_deadline_s: float = Field(900.0, gt=0, description="Longest run of one encoding job.")
    workflow_url: str | None = Field(
        None,
        description="Where workflow answers, which knows what was uploaded. None: those are not verified.",
    )
    fingerprint_days: int = Field(
        1826, ge=1, description="What was delivered from here is recognised for so long: five years."
    )
    c2pa_certificate_chain: str | None = Field(
        None, description="Certificates as PEM, the signer's own first; then delivered files have a C2PA claim."
    )
    c2pa_private_key: SecretStr | None = Field(None, description="The signer's key as PEM, without a password.")
    c2pa_time_stamp_url: str | None = Field(
        None, description="A time stamp authority (RFC 3161), so that claims outlive the certificate."
    )
    kit_days: int = Field(30, ge=1, description="How long a kit can be fetched.")
    keep_history_days: int = Field(365, ge=1, description="What was exported and uploaded is remembered for so long.")

    encryption_key: VaultKeys | None = Field(
        None,
        description="Encrypts tokens in the database, at least 32 characters. Several, separated by commas: the first "
        "encrypts, all decrypt.",
    )
    youtube_client_id: str | None = Field(None, description="Of the OAuth client for web applications at Google.")
    youtube_client_secret: SecretStr | None = Field(None, description="Its secret.")
    youtube_redirect_url: str | None = Field(
        None, description="As registered with the client; else PUBLIC_URL/api/v1/youtube/callback."
    )
    youtube_return_url: str | None = Field(
        None,
        description="The page browsers go on to after the callback, with `youtube=connected` or the error's code.",
    )
    youtube_auth_base_url: str = Field("https://accounts.google.com", description="Where users grant access.")
    youtube_token_base_url: str = Field("https://oauth2.googleapis.com", description="Where tokens come from.")
    youtube_api_base_url: str = Field("https://www.googleapis.com", description="The YouTube Data API.")
    youtube_upload_base_url: str = Field("https://www.googleapis.com", description="Its uploads.")
    youtube_privacy: Literal["private", "unlisted", "public"] = Field(
        "private", description="Who sees an upload that does not say. Google keeps those of unaudited clients private."
    )
    youtube_concurrency: int = Field(2, ge=1, le=50, description="Uploads under way at a time in one process.")
    youtube_piece: int = Field(
        8 * 1024 * 1024,
        ge=262_144,
        multiple_of=262_144,
        description="Bytes sent in one request; a multiple of 256 KiB.",
    )
    youtube_retry_s: float = Field(5.0, ge=0, description="Wait after a first failure; doubled each time.")
    youtube_look_s: float = Field(10.0, ge=0, description="Wait before looking at a new video; doubled each time.")

    @model_validator(mode="after")
    def _can_sign(self) -> Self:
        _ = self.signer
        return self

    @property
    def signer(self) -> Signer | None:
        """Who signs the claims in what is delivered; None: there are none. Raises ``UnfitSigner``."""
        if self.c2pa_certificate_chain is None and self.c2pa_private_key is None:
            return None
        if self.c2pa_certificate_chain is None or self.c2pa_private_key is None:
            raise UnfitSigner("C2PA_CERTIFICATE_CHAIN and C2PA_PRIVATE_KEY are set together")
        return signer_of(
            self.c2pa_certificate_chain, self.c2pa_private_key.get_secret_value(), self.c2pa_time_stamp_url
        )

    @property
    def youtube_callback(self) -> str:
        """Where Google sends browsers back to."""
        return self.youtube_redirect_url or f"{self.public_url}/api/v1/youtube/callback"

    def required(self) -> tuple[str, ...]:
        """With a client its secret, and a key for what it brings."""
        more = ("youtube_client_secret", "encryption_key") if self.youtube_client_id else ()
        return (*super().required(), *more)

    def public_urls(self) -> tuple[str, ...]:
        """The callback, what follows it, and Google's."""
        return (
            *super().public_urls(),
            self.youtube_callback,
            *filter(None, (self.youtube_return_url,)),
            self.youtube_auth_base_url,
            self.youtube_token_base_url,
            self.youtube_api_base_url,
            self.youtube_upload_base_url,
        )
