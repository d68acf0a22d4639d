"""Notify's own settings."""

from __future__ import annotations

from email.utils import parseaddr

from pydantic import Field, SecretStr, field_validator, model_validator

from chassis.identity.vault import VaultKeys
from chassis.settings import ServiceSettings
from notify.letters.smtp import Server


class Settings(ServiceSettings):
    """What notify needs beyond the common settings."""

    service_name: str = Field("notify", description="In log lines, metrics and traces.")
    encryption_key: VaultKeys = Field(
        SecretStr("local-encryption-key-for-development"),
        description="Encrypts secrets of webhooks and the local mail box in the database, at least 32 characters. "
        "Several, with commas between: the first encrypts, all decrypt.",
    )
    link_key: VaultKeys = Field(
        SecretStr("local-link-key-for-development-only"),
        description="Opens the one-time links that users sends; users and notify have the same one. "
        "Several as with ENCRYPTION_KEY.",
    )
    heartbeat_s: float = Field(15.0, gt=0, le=30, description="A live stream says at least this often that it lives.")
    live_poll_s: float = Field(
        1.0, gt=0, description="Safety net: how often the log is looked at, once for all streams of a process."
    )
    keep_events_days: int = Field(30, ge=1, description="Updates of runs can be followed again for so long.")
    keep_messages_days: int = Field(365, ge=1, description="In-app messages are kept for so long.")
    keep_mail_days: int = Field(30, ge=1, description="Letters in the local mail box are kept for so long.")

    smtp_url: SecretStr | None = Field(
        None,
        description="The mail server: smtps://user:password@host, smtp+starttls://... or smtp://...; without it "
        "letters are kept in a local mail box, to be read at /mail.",
    )
    mail_from: str = Field(
        "TalkingPhoto <talkingphoto@localhost>", description="Whom letters are from; its domain names them."
    )
    app_url: str | None = Field(
        None,
        description="Where the web client is: links of letters lead to its pages, such as /verify-email?token=...; "
        "without it those with a token lead below PUBLIC_URL.",
    )
    mail_concurrency: int = Field(4, ge=1, le=100, description="Letters under way at a time in one process.")
    mail_timeout_s: float = Field(30.0, gt=0, description="How long the mail server may take for each step.")
    retry_s: float = Field(
        60.0, gt=0, description="Wait after the first failure of a delivery; doubled each time (CON-07)."
    )

    keep_webhook_days: int = Field(30, ge=1, description="What webhooks were sent can be seen and sent again so long.")
    webhook_concurrency: int = Field(
        16, ge=1, le=200, description="Runs whose webhooks are told at a time in one process."
    )
    webhook_timeout_s: float = Field(10.0, gt=0, le=60, description="How long a receiver may take (NTF-04).")
    webhook_private_targets: bool = Field(
        False, description="Webhooks may lead to this machine and by plain http; never in production."
    )

    alert_token: SecretStr | None = Field(
        None, description="Alertmanager's password for /alerts/alertmanager; without it no alerts are taken."
    )
    discord_webhook_url: SecretStr | None = Field(None, description="Tells operators of alerts in Discord.")
    slack_webhook_url: SecretStr | None = Field(None, description="Tells operators of alerts in Slack.")
    alert_mail_to: str | None = Field(None, description="Tells operators of alerts by mail, to this address.")
    keep_alerts_days: int = Field(90, ge=1, description="Alerts that are over are kept for so long.")

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _is_a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            Server.of(value.get_secret_value())
        return value

    @field_validator("mail_from", mode="after")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if "@" not in parseaddr(value)[1]:
            raise ValueError("must be an address, with a name before it if you like")
        return value

    @field_validator("app_url", mode="after")
    @classmethod
    def _is_a_base(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else None

    @property
    def keeps_mail(self) -> bool:
        """Whether letters are kept here for whoever runs the platform."""
        return self.smtp_url is None and self.env != "production"

    def required(self) -> tuple[str, ...]:
        """In production a mail server: nobody would get the links that accounts need."""
        return (*super().required(), *(("smtp_url",) if self.env == "production" else ()))

    @model_validator(mode="after")
    def _sends_nothing_inwards(self) -> Settings:
        if self.env == "production" and self.webhook_private_targets:
            raise ValueError("WEBHOOK_PRIVATE_TARGETS is on: customers would reach what is behind our walls")
        return self

    def public_urls(self) -> tuple[str, ...]:
        """The web client's too."""
        return (*super().public_urls(), *filter(None, (self.app_url,)))
