"""What Alertmanager sends: version 4 of its webhook, as far as it is of use."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from notify.alerts.models import Alert

_Texts = Annotated[dict[str, str], Field(max_length=100)]


class AlertIn(BaseModel):
    """One alert of a group."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["firing", "resolved"]
    labels: _Texts
    annotations: _Texts = {}
    fingerprint: str = Field("", max_length=100)

    def alert(self) -> Alert:
        """As we see it."""
        name = self.labels.get("alertname", "alert")
        return Alert(
            fingerprint=self.fingerprint or _fingerprint(self.labels),
            severity=_text(self.labels.get("severity"), "warning", 32),
            service=_text(self.labels.get("service") or self.labels.get("job"), "platform", 64),
            message=_text(self.annotations.get("summary") or self.annotations.get("description"), name, 2000),
            firing=self.status == "firing",
        )


class AlertsIn(BaseModel):
    """A group of alerts."""

    model_config = ConfigDict(extra="ignore")

    alerts: list[AlertIn] = Field(max_length=1000)


def _text(given: str | None, otherwise: str, longest: int) -> str:
    return (given or otherwise).replace("\0", "")[:longest]


def _fingerprint(labels: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:32]
