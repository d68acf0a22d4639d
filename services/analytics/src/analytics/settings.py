"""Analytics' own settings."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from chassis.settings import ServiceSettings

_SHORTEST = 32


class Settings(ServiceSettings):
    """What analytics needs beyond the common settings."""

    REQUIRED_IN_PRODUCTION: ClassVar[tuple[str, ...]] = (
        *ServiceSettings.REQUIRED_IN_PRODUCTION,
        "person_hash_key",
    )

    service_name: str = Field("analytics", description="In log lines, metrics and traces.")
    person_hash_key: SecretStr = Field(
        SecretStr("local-person-hash-key-for-development"),
        description="Makes of a person the word under which analytics counts them, at least 32 characters. All there "
        "have been, divided by commas, the newest first; after a change `python -m analytics.rekey`.",
    )
    keep_facts_months: int = Field(13, ge=2, description="The log of facts goes back so far (SEC-31).")
    watched_services: dict[str, str] = Field(
        default_factory=dict,
        max_length=100,
        description='Who is looked at each minute, as JSON: {"users": "http://users:9464/metrics"}. Where that is '
        "metrics, what the process uses is kept besides.",
    )
    fold_every_s: float = Field(3.0, gt=0, description="How often new facts are added up.")

    @field_validator("person_hash_key", mode="after")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if any(len(key) < _SHORTEST for key in value.get_secret_value().split(",")):
            raise ValueError(f"each key must have at least {_SHORTEST} characters")
        return value
