"""Users' own settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import EmailStr, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from chassis.identity.vault import VaultKeys
from chassis.settings import ServiceSettings
from contracts.product_lines import PRODUCT_LINES
from users.accounts.passwords import Scheme, weakness


class Settings(ServiceSettings):
    """What users needs beyond the common settings."""

    REQUIRED_IN_PRODUCTION: ClassVar[tuple[str, ...]] = ("database_url", "jwt_private_key", "address_hash_key")

    service_name: str = Field("users", description="In log lines, metrics and traces.")
    jwt_private_key: SecretStr | None = Field(
        None, description="Ed25519 key that signs access tokens: PEM, or the path of a PEM file."
    )
    jwt_key_file: Path | None = Field(
        None, description="Outside production: where a key is kept, made at the first start."
    )
    jwt_withdrawn_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Ids of signing keys that got into wrong hands, separated by commas: their tokens end at once."
    )
    access_token_seconds: dict[str, Annotated[int, Field(ge=60, le=86_400)]] = Field(
        default_factory=dict,
        description='Life of an access token by product line, as JSON: {"filmstudio": 3600}; others as the line says.',
    )
    refresh_days: int = Field(7, ge=1, le=90, description="Life of a refresh token.")
    session_days: int = Field(
        90, ge=1, le=400, description="After so long a session ends and a login is needed, however often it is used."
    )
    refresh_grace_s: float = Field(
        10.0, ge=0, le=60, description="A refresh token may be used again this long after: two tabs, one lost answer."
    )
    password_hasher: Scheme = Field(
        "bcrypt", description="Of new passwords: `bcrypt` or `argon2id`. Older ones are hashed anew at a login."
    )
    breach_url: str | None = Field(
        None,
        description="Who knows stolen passwords, by the first digits of their hash: Have I Been Pwned's range API is "
        "at https://api.pwnedpasswords.com. Without it a short list is all that is compared.",
    )
    bcrypt_cost: int = Field(12, ge=10, le=15, description="Of new hashes; weaker ones are replaced at a login.")
    lockout_failures: int = Field(5, ge=1, description="Failed logins within the window that lock an account.")
    lockout_window_minutes: int = Field(60, ge=1, description="Window in which failures are counted.")
    lockout_minutes: int = Field(30, ge=1, description="How long an account stays locked.")
    lockout_address_failures: int = Field(
        30, ge=1, description="Failed logins within the window, for any accounts, that lock their address out."
    )
    address_hash_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Key of the hashes of IP addresses, never replaced; outside production one is made and kept.",
    )

    encryption_key: VaultKeys = Field(
        SecretStr("local-encryption-key-for-development"),
        description="Encrypts secrets of second factors in the database, at least 32 characters. Several, with "
        "commas between: the first encrypts, all decrypt.",
    )
    link_key: VaultKeys = Field(
        SecretStr("local-link-key-for-development-only"),
        description="Seals one-time links on their way to notify; users and notify have the same one. "
        "Several as with ENCRYPTION_KEY.",
    )

    admin_email: EmailStr | None = Field(
        None, max_length=255, description="First start of a local installation: who is made its administrator."
    )
    admin_password: SecretStr | None = Field(None, description="With ADMIN_EMAIL: the password of that account.")

    signin_google_client_id: str | None = Field(None, description="Google sign-in: the OAuth client's id.")
    signin_google_client_secret: SecretStr | None = Field(None, description="Google sign-in: the client's secret.")
    signin_google_issuer: str = Field("https://accounts.google.com", description="Where Google is.")
    signin_apple_client_id: str | None = Field(None, description="Sign in with Apple: the Services ID.")
    signin_apple_team_id: str | None = Field(None, description="Sign in with Apple: the team's id.")
    signin_apple_key_id: str | None = Field(None, description="Sign in with Apple: the id of the key.")
    signin_apple_private_key: SecretStr | None = Field(
        None, description="Sign in with Apple: the key of the .p8 file: PEM, or the path of the file."
    )
    signin_apple_issuer: str = Field("https://appleid.apple.com", description="Where Apple is.")
    signin_minutes: int = Field(10, ge=1, le=60, description="How long a started sign-in may take.")
    signin_ticket_s: float = Field(60.0, gt=0, le=600, description="How long a web client may take to fetch tokens.")

    def token_seconds(self, product_line: str) -> int:
        """How long an access token lives in a product line (USR-32)."""
        return self.access_token_seconds.get(product_line, PRODUCT_LINES[product_line].access_token_seconds)

    @field_validator("access_token_seconds")
    @classmethod
    def _known_lines(cls, value: dict[str, int]) -> dict[str, int]:
        if unknown := sorted(value.keys() - PRODUCT_LINES.keys()):
            raise ValueError(f"no product lines: {', '.join(unknown)}")
        return value

    @field_validator("jwt_withdrawn_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("admin_password")
    @classmethod
    def _strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and (wrong := weakness(value.get_secret_value())) is not None:
            raise ValueError(wrong)
        return value

    def required(self) -> tuple[str, ...]:
        """A provider of identities, and the first administrator, are set up in full or not at all."""
        needed = [
            name
            for group in (_GOOGLE, _APPLE, _ADMINISTRATOR)
            if any(getattr(self, name) is not None for name in group)
            for name in group
        ]
        return (*super().required(), *needed)

    def public_urls(self) -> tuple[str, ...]:
        """Providers' addresses too: codes and secrets are sent there. And hashes of passwords, in part."""
        breaches = (self.breach_url,) if self.breach_url is not None else ()
        return (*super().public_urls(), self.signin_google_issuer, self.signin_apple_issuer, *breaches)


_ADMINISTRATOR = ("admin_email", "admin_password")
_GOOGLE = ("signin_google_client_id", "signin_google_client_secret")
_APPLE = ("signin_apple_client_id", "signin_apple_team_id", "signin_apple_key_id", "signin_apple_private_key")
