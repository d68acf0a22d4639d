"""What clients send and get about second factors."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from chassis.http.inputs import Input

GivenCode = Annotated[
    SecretStr, Field(max_length=40, description="Six digits that the app shows, or one of the recovery codes.")
]


class ProofIn(Input):
    """That it is the owner who asks."""

    password: SecretStr | None = Field(
        None, description="The account's password. Not needed within ten minutes of a login."
    )


class CodeIn(Input):
    """A code of the app."""

    code: GivenCode


class ProofAndCodeIn(ProofIn):
    """That it is the owner who asks, and has the second factor."""

    code: GivenCode


class ChallengeIn(Input):
    """The second step of a login."""

    ticket: Annotated[SecretStr, Field(max_length=200)] = Field(description="As the first step answered it.")
    code: GivenCode


class ChallengeOut(BaseModel):
    """The password was right; a code is needed as well."""

    second_factor: Literal["totp"] = Field("totp", description="A code of an authenticator app, or a recovery code.")
    ticket: str = Field(
        description="Send it with the code to `/api/v1/auth/login/second-factor`.", examples=["d2hhdCBjb21lcyBuZXh0"]
    )
    expires_in: int = Field(description="Seconds in which the code is awaited.", examples=[300])


class EnrolmentOut(BaseModel):
    """What an authenticator app needs; shown this once."""

    secret: str = Field(description="To be typed into the app.", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    otpauth_uri: str = Field(
        description="To be shown as a QR code.",
        examples=["otpauth://totp/TalkingPhoto:asha%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=TalkingPhoto"],
    )


class RecoveryCodesOut(BaseModel):
    """Ten codes for the day on which the app is lost; each is good once, and they are shown this once."""

    recovery_codes: list[str] = Field(
        description="To be kept away from the phone.", examples=[["abcd-efgh-ijkl-mnop-qrst-uvwx"]]
    )


class SecondFactorOut(BaseModel):
    """Whether logins ask for a code."""

    enabled: bool = Field(description="Whether logins ask for a code.")
    enabled_at: datetime | None = Field(description="Since when.")
    recovery_codes_left: int = Field(description="How many recovery codes are good.", examples=[10])
