"""What clients send and get about accounts and sessions."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, EmailStr, Field, SecretStr, StringConstraints

from chassis.http.inputs import Input
from contracts.enums import Language
from users.accounts import names


def _known_timezone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is not a time zone of the IANA database, for example Asia/Kolkata")
    return value


def _lower(value: str) -> str:
    return value.lower()


def _fit(value: str) -> str:
    if (wrong := names.unfit(value)) is not None:
        raise ValueError(wrong)
    return unicodedata.normalize("NFC", value)


def _short_enough(value: AnyHttpUrl) -> AnyHttpUrl:
    if len(str(value)) > LONGEST_URL:
        raise ValueError(f"is longer than {LONGEST_URL} characters")
    return value


LONGEST_NAME = 255
LONGEST_URL = 500

Email = Annotated[EmailStr, StringConstraints(max_length=255), AfterValidator(_lower)]
Username = Annotated[str, StringConstraints(min_length=3, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME), AfterValidator(_fit)
]
AvatarUrl = Annotated[AnyHttpUrl, AfterValidator(_short_enough)]
TimezoneName = Annotated[str, AfterValidator(_known_timezone)]


class ConsentIn(Input):
    """One agreement, with the version of the text agreed to."""

    kind: Literal["terms", "privacy", "marketing", "analytics"]
    policy_version: Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,20}$")] = "1"
    granted: bool = True


class RegisterIn(Input):
    """A new account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "asha@example.com",
                    "password": "monsoon-42-lamp",
                    "name": "Asha",
                    "consents": [{"kind": "terms"}, {"kind": "privacy"}],
                }
            ]
        },
    )

    email: Email
    password: SecretStr
    name: Name | None = None
    username: Username | None = None
    language: Language = Language.EN
    timezone: TimezoneName = "UTC"
    avatar_url: AvatarUrl | None = None
    consents: Annotated[list[ConsentIn], Field(max_length=10)] = []


class LoginIn(Input):
    """Credentials; ``email`` may hold a username."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=255)]
    password: SecretStr
    consents: Annotated[
        list[ConsentIn],
        Field(max_length=10, description="Only where the answer was `consent_needed`: what is agreed to now."),
    ] = []


class PasswordIn(Input):
    """A new password, and the one that it replaces."""

    current_password: SecretStr | None = Field(None, description="Left away only by who has none yet.")
    new_password: SecretStr


class RefreshIn(Input):
    """A refresh token to exchange."""

    refresh_token: SecretStr


class ProfileIn(Input):
    """What a user may change of themselves; absent fields stay."""

    name: Name | None = None
    username: Username | None = None
    language: Language | None = None
    timezone: TimezoneName | None = None
    avatar_url: AvatarUrl | None = None


class UserOut(BaseModel):
    """An account as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    username: str
    name: str | None
    avatar_url: str | None
    role: str
    plan_type: str = "free"
    credits: int | None = Field(None, description="None for a moment after registration, until billing has answered.")
    email_verified: bool
    timezone: str
    language: str
    home_product_line: str
    created_at: datetime
    updated_at: datetime
    last_login: datetime | None


class TokensOut(BaseModel):
    """A logged-in session."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the token type of RFC 6750, no secret
    expires_in: int = Field(description="Seconds until the access token ends.")
    user: UserOut


class SessionOut(BaseModel):
    """One login on one device."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    ip_address: str | None
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool
