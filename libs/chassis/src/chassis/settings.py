"""How a process is set up: one frozen object, read once from the environment, refused when it cannot be right.

Field names are the environment's names in lower case (PLT-22 to PLT-25). Nothing is read at import: a composition
root calls ``load``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from contracts import line_changes
from contracts.product_lines import PRODUCT_LINES

_PLACEHOLDERS = (
    "changeme",
    "change-me",
    "change_me",
    "placeholder",
    "example",
    "your-",
    "your_",
    "insecure",
    "simulated",
    "<",
)
_WEAK = {"", "secret", "password", "postgres", "guest", "admin", "test", "dev", "default", "xxx", "minioadmin"}
_SHIPPED = "local-"
"""How every password begins that the compose file has for who sets none; the scripts of `deploy` know it too."""
_SHORTEST_SIGNING_SECRET = 32


_DSN = re.compile(r"https?://[0-9a-zA-Z]+@[^\s/@]+(?:/[^\s/@]+)*/\d+")

Network = IPv4Network | IPv6Network
"""Addresses that belong together; a single one is a network too."""


class SettingsError(RuntimeError):
    """The process cannot start with these settings; the message names every one that is wrong."""


class ServiceSettings(BaseSettings):
    """What every service needs to know. A service adds its own fields and names what production must have."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True, populate_by_name=True
    )

    REQUIRED_IN_PRODUCTION: ClassVar[tuple[str, ...]] = ("database_url",)

    env: Literal["development", "test", "production"] = Field("development", description="Which environment this is.")
    service_name: str = Field("service", min_length=1, description="In log lines, metrics and traces.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    admin_host: str = Field("127.0.0.1", description="Address for /ready and /metrics; never a public one.")
    admin_port: int = Field(
        9464, ge=0, le=65_535, description="Port for /ready and /metrics of this process; 0 takes a free one."
    )
    debug: bool = Field(False, description="Never in production.")
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Where clients reach the gateway; no slash at the end."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins that browsers may call from, separated by commas."
    )
    product_lines: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description='What a product line has otherwise than by default, as JSON: {"reely": {"plans": []}, ...} sells '
        "nothing there; also display_name, currency, access_token_seconds, script_characters, consent_required, "
        "name_required, verified_before_generation, tells_known_addresses.",
    )
    verified_before_generation: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Product lines, separated by commas, that start nothing before the e-mail address is confirmed "
        "(USR-43).",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Addresses and networks, separated by commas, whose `X-Forwarded-For` and `X-Forwarded-Proto` "
        "are believed: the load balancer before the gateway, the gateway before a service. Nobody else's are.",
    )
    most_connections: int = Field(2000, ge=1, description="Open at a time; whoever comes on top gets 503.")
    most_connections_per_address: int = Field(
        500, ge=1, description="Open at a time from one address that is no trusted proxy; more are not taken."
    )

    database_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL, this service's own database; empty for a service without one. Behind a PgBouncer in "
        "transaction mode it ends in `?prepared_statement_cache_size=0`.",
    )
    bus: Literal["memory", "rabbitmq"] = Field("memory", description="How messages travel.")
    pool_size: int = Field(5, ge=1, le=20, description="Database connections kept open by this process.")
    pool_overflow: int = Field(10, ge=0, le=20, description="Database connections opened on top under load.")
    retry_delays_s: tuple[float, ...] = Field(
        (60.0, 120.0, 240.0), description="Waits before the tries that follow a failed one, as a JSON list (CON-07)."
    )
    media_processes: int = Field(2, ge=1, le=32, description="Worker processes for images, speech and video.")
    temporary_folder: Path | None = Field(
        None, description="Where files are kept while they are worked on; without it the system's temporary folder."
    )
    rabbitmq_url: SecretStr | None = Field(None, description="amqp(s)://, needed when bus is rabbitmq.")
    redis_url: SecretStr | None = Field(None, description="Rate limits and caches; without it they live in memory.")

    object_store: Literal["folder", "s3"] = Field("folder", description="Where objects are kept.")
    object_folder: Path | None = Field(
        None,
        description="The folder, needed when object_store is folder; with s3, where they wait while S3 is away.",
    )
    object_signing_key: SecretStr | None = Field(
        None, description="Signs the folder store's URLs, at least 32 characters; without it the folder keeps its own."
    )
    s3_bucket_name: str | None = Field(None, description="Needed when object_store is s3.")
    s3_endpoint_url: str | None = Field(None, description="A server other than Amazon's that speaks S3.")
    s3_public_endpoint: str | None = Field(
        None, description="Where clients outside reach that server, for links; without it under s3_endpoint_url."
    )
    aws_region: str = Field("ap-south-1", description="The bucket's region.")
    cdn_domain: str | None = Field(
        None,
        pattern=r"^[a-z0-9.-]+$",
        description="The content delivery network before the bucket, such as cdn.example.org: links lead there.",
    )
    cdn_key_id: str | None = Field(None, description="Which of its keys signs links; needed with cdn_domain.")
    cdn_private_key: SecretStr | None = Field(None, description="That key, RSA as PEM; needed with cdn_domain.")
    aws_access_key_id: SecretStr | None = Field(None, description="Needed when object_store is s3.")
    aws_secret_access_key: SecretStr | None = Field(None, description="Needed when object_store is s3.")

    jwks_url: str | None = Field(
        None, description="Where users publishes its signing keys, and beside them the sessions that have ended."
    )
    token_issuer: str = Field("talkingphoto", description="`iss` of access tokens.")
    token_audience: str = Field("talkingphoto-api", description="`aud` of access tokens.")
    jwt_secret_key: SecretStr | None = Field(
        None, description="Not accepted: tokens are signed with users' Ed25519 key, JWT_PRIVATE_KEY."
    )

    default_product_line: str = Field("talkingphoto", description="When nothing in a request says which product.")

    clock_offset_s: float = Field(
        0.0, ge=0, description="Seconds that the platform's clock is ahead of the machine's; never in production."
    )
    clock_file: Path | None = Field(
        None,
        description="A file by which administrators move that clock further, for all processes of this machine; never "
        "in production.",
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="The least that is written.")
    log_format: Literal["json", "console"] = Field("json", description="For machines or for people.")
    log_stdout: bool = Field(True, description="Write log lines to standard output.")
    log_file: Path | None = Field(None, description="Also write log lines to this file.")
    otlp_endpoint: str | None = Field(None, description="Where traces go, OTLP over HTTP; without it they go nowhere.")
    traces_dir: Path | None = Field(
        None, description="A folder of this machine where traces are kept too, for `talkingphoto trace`."
    )
    traces_max_mb: int = Field(64, ge=8, description="How large that folder may grow, for all processes together.")
    trace_sample_ratio: float = Field(
        0.1, ge=0.0, le=1.0, description="Share of new traces that are recorded, where they go anywhere."
    )

    sentry_dsn: SecretStr | None = Field(
        None,
        description="Where errors that nobody foresaw are told: a project's DSN at Sentry. Neither texts nor people "
        "are in it; traces go by OTLP_ENDPOINT.",
    )

    @field_validator("sentry_dsn", mode="after")
    @classmethod
    def _is_a_dsn(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and _DSN.fullmatch(value.get_secret_value()) is None:
            raise ValueError("is no DSN: https://KEY@HOST/PROJECT")
        return value

    @field_validator("allowed_origins", "verified_before_generation", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("verified_before_generation")
    @classmethod
    def _lines_that_are(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - PRODUCT_LINES.keys()):
            raise ValueError(f"no product lines: {', '.join(unknown)}")
        return value

    @field_validator("product_lines")
    @classmethod
    def _known_changes(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        line_changes.changed(value)
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _read_networks(cls, value: Any) -> Any:
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(ip_network(str(part).strip(), strict=False) for part in parts if str(part).strip())

    @field_validator("public_url", mode="after")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    def proved_only(self, product_line: str) -> bool:
        """Whether nothing starts there before the user's address is proved."""
        return product_line in self.verified_before_generation or PRODUCT_LINES[product_line].verified_before_generation

    @model_validator(mode="after")
    def _can_be_right(self) -> ServiceSettings:
        problems = [f"missing: {', '.join(name.upper() for name in missing)}"] if (missing := self._missing()) else []
        problems += self._weak_keys()
        if self.cdn_domain is not None and self.object_store != "s3":
            problems.append("CDN_DOMAIN is for OBJECT_STORE=s3: the folder store serves its objects itself")
        if self.env == "production":
            problems += self._unfit_for_production()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def required(self) -> tuple[str, ...]:
        """Names of the fields that must have a value with these choices; a service may add to it."""
        names: list[str] = []
        if self.bus == "rabbitmq":
            names.append("rabbitmq_url")
        if self.object_store == "s3":
            names.append("s3_bucket_name")
        if self.cdn_domain is not None:
            names += ("cdn_key_id", "cdn_private_key")
        if self.env == "production":
            names += self.REQUIRED_IN_PRODUCTION
            if self.object_store == "s3":
                names += ("aws_access_key_id", "aws_secret_access_key")
        return tuple(dict.fromkeys(names))

    def public_urls(self) -> tuple[str, ...]:
        """Addresses that the outside uses; production insists on TLS. A service may add to it."""
        return (self.public_url, *filter(None, (self.s3_public_endpoint,)))

    def _missing(self) -> list[str]:
        return [name for name in self.required() if not _plain(getattr(self, name))]

    def _weak_keys(self) -> Iterator[str]:
        if self.jwt_secret_key is not None:
            yield "JWT_SECRET_KEY is not accepted, unset it: tokens are signed with the Ed25519 key of JWT_PRIVATE_KEY"
        key = _plain(self.object_signing_key)
        if key and len(key) < _SHORTEST_SIGNING_SECRET:
            yield f"OBJECT_SIGNING_KEY is shorter than {_SHORTEST_SIGNING_SECRET} characters"

    def _unfit_for_production(self) -> Iterator[str]:
        if self.debug:
            yield "DEBUG is on"
        if self.clock_offset_s or self.clock_file is not None:
            yield "CLOCK_OFFSET_S or CLOCK_FILE is set: time is not moved here"
        if "*" in self.allowed_origins:
            yield "ALLOWED_ORIGINS has a wildcard"
        if not _plain(self.sentry_dsn or "https://").startswith("https://"):
            yield "SENTRY_DSN is not https"
        yield from (f"{url} is not https" for url in self.public_urls() if urlsplit(url).scheme != "https")
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                yield from unfit_secret(name.upper(), value.get_secret_value())


Settings = TypeVar("Settings", bound=ServiceSettings)


def load(kind: type[Settings], **overrides: Any) -> Settings:
    """Read settings from the environment, ``overrides`` first; ``SettingsError`` says everything wrong in one line."""
    try:
        return kind(**overrides)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, problem['loc'])).upper()}: {problem['msg']}"
            if problem["loc"]
            else problem["msg"].removeprefix("Value error, ")
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("cannot start: " + "; ".join(problems)) from None


def is_here(url: str) -> bool:
    """Whether this is an address of the machine itself: no proxy is asked for the way there."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def unfit_secret(name: str, secret: str) -> Iterator[str]:
    """Why production refuses this value of the setting ``name``, without showing it; nothing where it does not."""
    if "://" in secret:
        secret = unquote(urlsplit(secret).password or "")
    if secret.lower().startswith(_SHIPPED):
        yield f"{name} is one that comes with the repository"
    elif _is_placeholder(secret):
        yield f"{name} is a placeholder"


def _plain(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else str(value)


def _is_placeholder(secret: str) -> bool:
    lowered = secret.lower()
    return secret != "" and (
        lowered in _WEAK or any(mark in lowered for mark in _PLACEHOLDERS) or len(set(secret)) == 1
    )
