"""What a login or a sign-in answers where a code is needed as well."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from users.secondfactor.schemas import ChallengeOut

SECOND_STEP: dict[int | str, dict[str, Any]] = {
    202: {"model": ChallengeOut, "description": "A code of the second factor is needed as well."}
}
"""FastAPI ``responses`` of an operation that may answer so."""


def second_step(challenge: ChallengeOut) -> Response:
    """The answer that asks for a code; its ``Location`` is where the code goes."""
    headers = {"Cache-Control": "no-store", "Location": "/api/v1/auth/login/second-factor"}
    return JSONResponse(challenge.model_dump(mode="json"), 202, headers=headers)
