"""Where Alertmanager delivers. The gateway does not lead here."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request
from pydantic import SecretStr

from chassis.errors import NotAuthenticated, NotFound, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import bearer_token
from notify.alerts.schemas import AlertsIn
from notify.alerts.service import Alerts

router = APIRouter(prefix="/alerts", tags=["operations"], include_in_schema=False)


@router.post("/alertmanager", status_code=204, responses=documented(NotFound, NotAuthenticated))
async def take_alerts(body: AlertsIn, tx: Tx, request: Request) -> None:
    """Tell operators what Alertmanager says."""
    wanted: SecretStr | None = request.app.state.settings.alert_token
    if wanted is None:
        raise NotFound("No alerts are taken here.")
    given = bearer_token(request.headers.get("authorization")) or ""
    if not hmac.compare_digest(given.encode(), wanted.get_secret_value().encode()):
        raise NotAuthenticated("This is not the token that alerts are taken with.")
    alerts: Alerts = request.app.state.alerts
    for one in body.alerts:
        await alerts.receive(tx, one.alert())
