"""What clients send and get about preferences."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.http.inputs import Input
from notify.messages.kinds import CHOSEN, Channel
from notify.preferences.models import Preferences


def _to_the_minute(value: str) -> str:
    time.fromisoformat(value)
    return value


Clock = Annotated[
    str,
    Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"]),
    AfterValidator(_to_the_minute),
]


class Choice(Input):
    """By which channels messages of a kind come."""

    in_app: bool = Field(True, description="In the list of messages.")
    mail: bool = Field(True, description="As a letter.")


class PreferencesIn(Input):
    """All that a user decides; what is missing goes back to how it is without a decision."""

    choices: dict[str, Choice] = Field(
        default_factory=dict,
        max_length=len(CHOSEN),
        description="By kind of message. Messages about security and money always come.",
        examples=[{"workflow_completed": {"in_app": True, "mail": False}}],
    )
    quiet_from: Clock | None = Field(None, description="From then on letters wait, by the clock of the account's zone.")
    quiet_until: Clock | None = Field(None, description="Until then they wait.")

    @model_validator(mode="after")
    def _both(self) -> PreferencesIn:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise PydanticCustomError("quiet_hours", "give both quiet_from and quiet_until, or neither")
        return self

    def decided(self) -> Preferences:
        """As the rules see it."""
        return Preferences(
            {kind: choice.model_dump() for kind, choice in self.choices.items()},
            time.fromisoformat(self.quiet_from) if self.quiet_from else None,
            time.fromisoformat(self.quiet_until) if self.quiet_until else None,
        )


class ChoiceOut(BaseModel):
    """By which channels messages of a kind come."""

    in_app: bool = Field(description="In the list of messages.")
    mail: bool = Field(description="As a letter.")


class PreferencesOut(BaseModel):
    """What holds for every kind that a user decides about."""

    choices: dict[str, ChoiceOut] = Field(
        description="By kind of message.", examples=[{"workflow_completed": {"in_app": True, "mail": True}}]
    )
    quiet_from: str | None = Field(description="From then on letters wait.", examples=["22:00"])
    quiet_until: str | None = Field(description="Until then they wait.", examples=["07:00"])


def preferences_out(decided: Preferences) -> PreferencesOut:
    """What holds where ``decided`` was."""
    return PreferencesOut(
        choices={
            kind.name: ChoiceOut(
                in_app=decided.allows(kind, Channel.IN_APP),
                mail=decided.allows(kind, Channel.MAIL),
            )
            for kind in CHOSEN
        },
        quiet_from=decided.quiet_from.strftime("%H:%M") if decided.quiet_from else None,
        quiet_until=decided.quiet_to.strftime("%H:%M") if decided.quiet_to else None,
    )
