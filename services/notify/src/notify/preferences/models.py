"""What a user has decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notify.messages.kinds import Channel, Kind


@dataclass(frozen=True, slots=True)
class Preferences:
    """``choices`` by kind and channel; what is missing is as the kind says. Quiet hours are by the user's clock."""

    choices: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    quiet_from: time | None = None
    quiet_to: time | None = None

    def allows(self, kind: Kind, channel: Channel) -> bool:
        """Whether messages of this kind go by this channel."""
        if kind.always:
            return kind.goes_by(channel)
        return self.choices.get(kind.name, {}).get(channel, kind.goes_by(channel))

    def quiet_until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours end that it is now; None while there are none."""
        if self.quiet_from is None or self.quiet_to is None or self.quiet_from == self.quiet_to:
            return None
        here = now.astimezone(zone)
        of_day = here.time().replace(tzinfo=None)
        over_midnight = self.quiet_from > self.quiet_to
        if over_midnight:
            quiet = of_day >= self.quiet_from or of_day < self.quiet_to
        else:
            quiet = self.quiet_from <= of_day < self.quiet_to
        if not quiet:
            return None
        day = here.date() + timedelta(days=1) if over_midnight and of_day >= self.quiet_from else here.date()
        return datetime.combine(day, self.quiet_to, zone).astimezone(UTC)
