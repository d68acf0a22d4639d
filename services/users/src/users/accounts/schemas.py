"""What clients send and get about accounts and sessions."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, EmailStr, Field, SecretStr, StringConstraints

from chassis.http.inputs import Input
from contracts.billing import SubscriptionStatus
from contracts.enums import Language, ProductLineKey, Role
from users.accounts import names
from users.accounts.passwords import LONGEST, SHORTEST


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
NewPassword = Annotated[
    SecretStr,
    Field(
        description=f"{SHORTEST} to {LONGEST} characters, letters with digits or symbols, not easy to guess.",
        json_schema_extra={"minLength": SHORTEST, "maxLength": LONGEST, "pattern": "[A-Za-z].*[0-9]|[0-9].*[A-Za-z]"},
    ),
]
TimezoneName = Annotated[str, AfterValidator(_known_timezone)]


class ConsentIn(Input):
    """One agreement, with the version of the text agreed to."""

    kind: Literal["terms", "privacy", "marketing", "analytics"] = Field(description="What is agreed to.")
    policy_version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,20}$")] = Field(
        "1", description="Version of the text."
    )
    granted: bool = Field(True, description="False: not agreed to.")


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

    email: Email = Field(description="To log in with, and where mail goes.", examples=["asha@example.com"])
    password: NewPassword
    name: Name | None = Field(None, description="What to call you; some products need it.", examples=["Asha"])
    username: Username | None = Field(None, description="Made from the e-mail address when absent.")
    language: Language = Field(Language.EN, description="Of messages and mail.")
    timezone: TimezoneName = Field("UTC", description="A name of the IANA database.", examples=["Asia/Kolkata"])
    avatar_url: AvatarUrl | None = Field(None, description="A picture of you.")
    consents: Annotated[list[ConsentIn], Field(max_length=10)] = Field(
        [],
        description="What you agree to. `terms` and `privacy` are required, except where a product says otherwise.",
        examples=[[{"kind": "terms"}, {"kind": "privacy"}]],
    )


class LoginIn(Input):
    """Credentials; ``email`` may hold a username."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=255)] = Field(
        description="E-mail address or username.", examples=["asha@example.com"]
    )
    password: SecretStr = Field(description="As it was chosen.")
    consents: Annotated[list[ConsentIn], Field(max_length=10)] = Field(
        [], description="Only where the answer was `consent_needed`: what is agreed to now."
    )


class PasswordIn(Input):
    """A new password, and the one that it replaces."""

    current_password: SecretStr | None = Field(None, description="Left away only by who has none yet.")
    new_password: NewPassword


class RefreshIn(Input):
    """A refresh token to exchange."""

    refresh_token: SecretStr = Field(description="The one that came with the last access token; it works once.")


class ProfileIn(Input):
    """What a user may change of themselves; absent fields stay, and null empties the two that may be empty."""

    name: Name | None = Field(None, description="What to call you; null: nothing, where your product allows it.")
    # Made by a factory, so that the document does not show as a default what nothing is set to.
    username: Username = Field(default_factory=str, description="Unique; letters, digits, `_`, `.` and `-`.")
    language: Language = Field(default_factory=lambda: Language.EN, description="Of messages and mail.")
    timezone: TimezoneName = Field(
        default_factory=str, description="A name of the IANA database.", examples=["Asia/Kolkata"]
    )
    avatar_url: AvatarUrl | None = Field(None, description="A picture of you; null: none.")


class UsageOut(BaseModel):
    """How much of one limit of the plan is used in this period."""

    meter: str = Field(description="What is counted.", examples=["workflows"])
    used: int = Field(description="So much was used.", examples=[1])
    limit: int | None = Field(description="Of so much; null where there is no limit.", examples=[3])


class UserOut(BaseModel):
    """An account as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="Of the account.")
    email: str = Field(description="To log in with.", examples=["asha@example.com"])
    username: str = Field(description="To log in with as well.", examples=["asha"])
    name: str | None = Field(description="What to call you.", examples=["Asha"])
    avatar_url: str | None = Field(description="A picture of you.")
    role: Role = Field(description="What the account may do.")
    plan_type: str = Field("free", description="The plan in this product line.", examples=["free"])
    subscription_status: SubscriptionStatus | None = Field(
        None, description="How what is paid for the plan stands; null where nothing ever was.", examples=["active"]
    )
    credits: int | None = Field(None, description="Null for a moment after registration, until billing has answered.")
    usage: list[UsageOut] = Field([], description="What is used of the plan in this period, as far as is known.")
    period_ends_at: datetime | None = Field(None, description="When usage is counted anew.")
    email_verified: bool = Field(description="Whether the address was confirmed.")
    timezone: str = Field(description="A name of the IANA database.", examples=["Asia/Kolkata"])
    language: Language = Field(description="Of messages and mail.")
    home_product_line: ProductLineKey = Field(description="Where the account was opened.")
    created_at: datetime = Field(description="When the account was opened.")
    updated_at: datetime = Field(description="When it last changed.")
    last_login: datetime | None = Field(description="When a session was last opened.")


class TokensOut(BaseModel):
    """A logged-in session."""

    access_token: str = Field(
        description="Send it as `Authorization: Bearer ...`.", examples=["eyJhbGciOiJFZERTQSJ9.e30.c2ln"]
    )
    refresh_token: str = Field(description="For new tokens, once.", examples=["d2hhdCBjb21lcyBuZXh0"])
    token_type: Literal["bearer"] = Field("bearer", description="The token type of RFC 6750.")
    expires_in: int = Field(description="Seconds until the access token ends.", examples=[900])
    user: UserOut = Field(description="Whose tokens they are.")


class SessionOut(BaseModel):
    """One login on one device."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="Of the session.")
    ip_address: str | None = Field(description="Where it was opened from.", examples=["203.0.113.7"])
    user_agent: str | None = Field(description="What opened it.", examples=["Mozilla/5.0"])
    device: str = Field(description="What opened it, for people.", examples=["Firefox on Linux"])
    created_at: datetime = Field(description="When it was opened.")
    last_used_at: datetime = Field(description="When it was last used, as far as was noted: to the minute.")
    expires_at: datetime = Field(description="When it ends by itself.")
    current: bool = Field(description="Whether it is the one that asks.")
