"""Settings are read once, are frozen, and refuse to be wrong (PLT-22 to PLT-25)."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import SecretStr, ValidationError

from chassis.settings import ServiceSettings, SettingsError, is_here, load

GOOD: dict[str, Any] = {
    "env": "production",
    "public_url": "https://api.talkingphoto.ai",
    "database_url": "postgresql://billing:Tq8-fJ3k_vv@db/billing",
    "object_folder": "/srv/objects",
}


class BillingSettings(ServiceSettings):
    """A service with a secret of its own."""

    REQUIRED_IN_PRODUCTION: ClassVar[tuple[str, ...]] = (*ServiceSettings.REQUIRED_IN_PRODUCTION, "stripe_secret_key")

    stripe_secret_key: SecretStr | None = None


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ServiceSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_environment_is_read_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://a.example.org, https://b.example.org,")
    monkeypatch.setenv("RABBITMQ_URL", "")

    settings = load(ServiceSettings, log_level="ERROR", public_url="http://localhost:8000/")

    assert (settings.port, settings.log_level) == (8123, "ERROR")
    assert settings.allowed_origins == ("https://a.example.org", "https://b.example.org")
    assert settings.rabbitmq_url is None
    assert settings.public_url == "http://localhost:8000"


def test_settings_are_frozen_and_do_not_print_secrets() -> None:
    settings = load(ServiceSettings, database_url="postgresql://u:hunter2@db/x")

    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]
    assert "hunter2" not in repr(settings)


def test_everything_missing_is_named_in_one_message() -> None:
    with pytest.raises(SettingsError) as refusal:
        load(BillingSettings, env="production", public_url="https://x.org", bus="rabbitmq", object_store="s3")

    message = str(refusal.value)
    for name in (
        "DATABASE_URL",
        "STRIPE_SECRET_KEY",
        "RABBITMQ_URL",
        "S3_BUCKET_NAME",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ):
        assert name in message


def test_a_choice_needs_its_settings_in_development_too() -> None:
    with pytest.raises(SettingsError, match="missing: RABBITMQ_URL"):
        load(ServiceSettings, bus="rabbitmq")


def test_good_production_settings_are_accepted() -> None:
    settings = load(BillingSettings, **GOOD, stripe_secret_key="sk_live_51HqLyjWD", allowed_origins="https://a.org")

    assert settings.env == "production"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"public_url": "http://api.talkingphoto.ai"}, "is not https"),
        ({"allowed_origins": "https://a.org,*"}, "wildcard"),
        ({"debug": True}, "DEBUG is on"),
        ({"stripe_secret_key": "changeme"}, "STRIPE_SECRET_KEY is a placeholder"),
        ({"stripe_secret_key": "your-stripe-key-here"}, "STRIPE_SECRET_KEY is a placeholder"),
        ({"stripe_secret_key": "<secret>"}, "STRIPE_SECRET_KEY is a placeholder"),
        ({"stripe_secret_key": "xxxxxxxxxxxx"}, "STRIPE_SECRET_KEY is a placeholder"),
        ({"database_url": "postgresql://billing:postgres@db/billing"}, "DATABASE_URL is a placeholder"),
        ({"redis_url": "redis://:password@cache/0"}, "REDIS_URL is a placeholder"),
        ({"redis_url": "redis://:%70assword@cache/0"}, "REDIS_URL is a placeholder"),
        ({"database_url": "postgresql://billing:local-billing@db/billing"}, "DATABASE_URL is one that comes with"),
        ({"stripe_secret_key": "simulated-key"}, "STRIPE_SECRET_KEY is a placeholder"),
        ({"s3_public_endpoint": "http://files.talkingphoto.ai"}, "is not https"),
    ],
)
def test_production_refuses_what_only_suits_development(changes: dict[str, Any], said: str) -> None:
    merged = {**GOOD, "stripe_secret_key": "sk_live_51HqLyjWD", **changes}

    with pytest.raises(SettingsError, match=said):
        load(BillingSettings, **merged)
    load(BillingSettings, **{**merged, "env": "development"})


def test_a_short_signing_secret_is_refused_everywhere_and_never_printed() -> None:
    with pytest.raises(SettingsError, match="JWT_SECRET_KEY is shorter than 32") as refusal:
        load(ServiceSettings, jwt_secret_key="hunter2hunter2", port=70_000 - 5_000)

    assert "hunter2" not in str(refusal.value)
    with pytest.raises(ValidationError) as unwrapped:
        ServiceSettings.model_validate({"jwt_secret_key": "hunter2hunter2"})
    assert "hunter2" not in str(unwrapped.value)


def test_a_value_of_the_wrong_kind_is_named() -> None:
    with pytest.raises(SettingsError, match=r"PORT.*LOG_LEVEL"):
        load(ServiceSettings, port=70_000, log_level="LOUD")


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:9000", True),
        ("http://127.8.0.1/", True),
        ("http://[::1]:4318/v1/traces", True),
        ("http://localhost:9000", True),
        ("http://minio:9000", False),
        ("http://localhost.example.com", False),
        ("https://s3.amazonaws.com", False),
        ("http://192.168.0.4", False),
    ],
)
def test_what_is_on_this_machine(url: str, here: bool) -> None:
    assert is_here(url) is here
