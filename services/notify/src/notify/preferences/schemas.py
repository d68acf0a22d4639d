"""What clients send and get about preferences."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import BaseModel, Field, StrictBool

from chassis.http.inputs import Input
from notify.messages.kinds import CHOSEN, Channel
from notify.preferences.models import Preferences

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]


class Choice(Input):
    """By which channels messages of a kind come."""

    in_app: StrictBool = Field(True, description="In the list of messages.")
    mail: StrictBool = Field(True, description="As a letter.")


class QuietHours(Input):
    """When letters wait, every day, by the clock of the account's time zone; over midnight where it ends earlier."""

    start: Clock = Field(description="From then on.")
    end: Clock = Field(description="Until then.", examples=["07:00"])


class PreferencesIn(Input):
    """All that a user decides; what is missing goes back to how it is without a decision."""

    choices: dict[str, Choice] = Field(
        default_factory=dict,
        description="By kind of message. Messages about security and money always come.",
        examples=[{"workflow_completed": {"in_app": True, "mail": False}}],
        json_schema_extra={"propertyNames": {"enum": [kind.name for kind in CHOSEN]}},
    )
    quiet_hours: QuietHours | None = Field(None, description="When letters wait; null: they never do.")

    def decided(self) -> Preferences:
        """As the rules see it."""
        choices = {kind: choice.model_dump() for kind, choice in self.choices.items()}
        if self.quiet_hours is None:
            return Preferences(choices)
        start, end = (time.fromisoformat(clock) for clock in (self.quiet_hours.start, self.quiet_hours.end))
        return Preferences(choices, start, end)


class ChoiceOut(BaseModel):
    """By which channels messages of a kind come."""

    in_app: bool = Field(description="In the list of messages.")
    mail: bool = Field(description="As a letter.")


class QuietHoursOut(BaseModel):
    """When letters wait, by the clock of the account's time zone."""

    start: str = Field(description="From then on.", examples=["22:00"])
    end: str = Field(description="Until then.", examples=["07:00"])


class PreferencesOut(BaseModel):
    """What holds for every kind that a user decides about."""

    choices: dict[str, ChoiceOut] = Field(
        description="By kind of message.", examples=[{"workflow_completed": {"in_app": True, "mail": True}}]
    )
    quiet_hours: QuietHoursOut | None = Field(description="When letters wait; null: they never do.")


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
        quiet_hours=_quiet_hours(decided),
    )


def _quiet_hours(decided: Preferences) -> QuietHoursOut | None:
    if decided.quiet_from is None or decided.quiet_to is None:
        return None
    return QuietHoursOut(start=f"{decided.quiet_from:%H:%M}", end=f"{decided.quiet_to:%H:%M}")
