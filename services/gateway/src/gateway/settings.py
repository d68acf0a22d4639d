"""The gateway's own settings."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from chassis.settings import ServiceSettings
from contracts.product_lines import PRODUCT_LINES

Origins = TypeVar("Origins", dict[str, str], tuple[str, ...])

_ORIGIN = re.compile(r"https?://[^/*\s;,']+")


class Settings(ServiceSettings):
    """What the gateway needs beyond the common settings."""

    REQUIRED_IN_PRODUCTION: ClassVar[tuple[str, ...]] = ("upstreams", "jwks_url")

    service_name: str = Field("gateway", description="In log lines, metrics and traces.")
    upstreams: dict[str, str] = Field(
        default_factory=dict, description='Base URL of each service, as JSON: {"users": "http://users:8000", ...}.'
    )
    product_line_hosts: dict[str, str] = Field(
        default_factory=dict,
        description='Host names that belong to one product, as JSON: {"reely.example.com": "reely", ...}.',
    )
    product_line_origins: dict[str, str] = Field(
        default_factory=dict,
        description="Origins that browsers may call from for one product alone, as JSON: "
        '{"https://studio.reely.example.com": "reely", ...}.',
    )
    studio_media_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Where the studio's pictures, sound and video come from besides this host, separated by commas: "
        "the public origin of an S3 store.",
    )
    rate_limit_factor: float = Field(1.0, gt=0, description="Multiplies every limit on how often a client may ask.")
    upstream_connect_s: float = Field(2.0, gt=0, description="How long a connection to a service may take.")
    upstream_read_s: float = Field(5.0, gt=0, description="How long a service may take to begin what is only read.")
    upstream_answer_s: float = Field(
        30.0, gt=0, description="How long a service may take to begin any other answer, and pause within one."
    )

    @field_validator("studio_media_origins", mode="before")
    @classmethod
    def _split_media(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("product_line_hosts", "product_line_origins")
    @classmethod
    def _known_lines(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(value.values()) - PRODUCT_LINES.keys()):
            raise ValueError(f"names product lines that are not known: {', '.join(unknown)}")
        return value

    @field_validator("product_line_origins", "studio_media_origins")
    @classmethod
    def _are_origins(cls, value: Origins) -> Origins:
        if wrong := sorted(origin for origin in value if not _ORIGIN.fullmatch(origin)):
            raise ValueError(f"names what is no origin, scheme and host: {', '.join(wrong)}")
        return value
