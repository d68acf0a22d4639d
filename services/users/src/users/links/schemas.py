"""What clients send and get about one-time links."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from chassis.http.inputs import Input
from users.accounts.schemas import Email, NewPassword
from users.secondfactor.schemas import GivenCode

Token = Annotated[SecretStr, Field(description="From the link of the letter.", max_length=200)]


class AddressIn(Input):
    """Whom a letter is for."""

    email: Email = Field(description="The account's address.", examples=["asha@example.com"])


class TokenIn(Input):
    """What the link of a letter brings."""

    token: Token


class ResetIn(Input):
    """What the link of a letter brings, and the password to be."""

    token: Token
    new_password: NewPassword
    code: GivenCode | None = Field(None, description="Of the second factor, where the account has one.")


class NewAddressIn(Input):
    """Another address for the account."""

    email: Email = Field(description="The new address; a link is sent there.", examples=["asha@example.net"])
    password: SecretStr | None = Field(
        None, description="The account's password. Not needed within ten minutes of a login."
    )


class LetterOut(BaseModel):
    """What happens next."""

    message: str = Field(
        description="For people.",
        examples=["If an account has this address, a letter is on its way."],
    )


class ProvedOut(BaseModel):
    """An address that is proved."""

    email: str = Field(description="The account's address from now on.", examples=["asha@example.com"])
    email_verified: bool = Field(description="Always true.", examples=[True])
