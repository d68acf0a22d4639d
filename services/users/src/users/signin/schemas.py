"""What browsers and web clients bring to a sign-in."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field, SecretStr, StringConstraints, TypeAdapter, ValidationError

from chassis.http.inputs import Input
from contracts.enums import ProductLineKey
from users.accounts.schemas import ConsentIn, Email

_LONGEST_CODE = 4096


class StartIn(Input):
    """How a sign-in is started; all of it in the query, because a browser is sent here."""

    product_line: str | None = Field(
        None,
        description="Which product this is for, instead of the header, which a browser cannot send.",
        json_schema_extra={"enum": [line.value for line in ProductLineKey]},
    )
    consent: Annotated[
        list[
            Annotated[str, StringConstraints(pattern=r"^(terms|privacy|marketing|analytics)(:[A-Za-z0-9_.-]{1,20})?$")]
        ],
        Field(max_length=10, description="Agreed to, as `kind` or `kind:version`, in case an account is opened."),
    ] = []
    redirect_to: str | None = Field(
        None, max_length=500, description="Where the browser goes in the end: an address of ours (ALLOWED_ORIGINS)."
    )
    code_challenge: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]{43}$",
        description="With redirect_to: S256 of a secret that the web client keeps, and shows when it fetches tokens.",
    )

    def consents(self) -> list[ConsentIn]:
        """What was agreed to."""
        return [
            ConsentIn.model_validate({"kind": kind, "policy_version": version or "1"})
            for kind, _, version in (text.partition(":") for text in self.consent)
        ]


Start = Annotated[StartIn, Query()]


class ProvidersOut(BaseModel):
    """With whom one may sign in here."""

    providers: list[Literal["google", "apple"]] = Field(
        description="Those that are set up; `GET /api/v1/auth/oauth/{provider}/start` begins.", examples=[["google"]]
    )


class CallbackIn(BaseModel):
    """What the provider sends the browser back with; it adds more, which nobody needs."""

    state: Annotated[str, StringConstraints(max_length=200)] = Field("", description="As it was sent there.")
    code: Annotated[str, StringConstraints(max_length=_LONGEST_CODE)] | None = Field(
        None, description="To be exchanged for who it is."
    )
    error: Annotated[str, StringConstraints(max_length=200)] | None = Field(None, description="Why it came to nothing.")
    iss: Annotated[str, StringConstraints(max_length=500)] | None = Field(None, description="Who sends the browser.")
    user: Annotated[str, StringConstraints(max_length=_LONGEST_CODE)] | None = Field(
        None, description="Apple, the first time: the name as JSON."
    )

    def told_name(self) -> str | None:
        """The name that the browser brought. Nobody vouches for it, and nothing else in there is looked at."""
        try:
            name = json.loads(self.user or "{}")["name"]
            parts = [name.get("firstName"), name.get("lastName")]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return " ".join(part for part in parts if isinstance(part, str)) or None


class TicketIn(Input):
    """A finished sign-in, and the secret whose S256 was sent at its start."""

    ticket: SecretStr = Field(description="What the browser brought in the fragment.")
    code_verifier: SecretStr = Field(description="The secret whose S256 was sent as `code_challenge`.")


_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


def usable_email(claimed: str | None) -> str | None:
    """The address as accounts keep it; None for what is no address."""
    try:
        return _EMAIL.validate_python(claimed)
    except ValidationError:
        return None
