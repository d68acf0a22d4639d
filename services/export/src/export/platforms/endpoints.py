"""What a platform wants."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field

from chassis.errors import NotAuthenticated, NotFound, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from export.platforms import queries
from export.platforms.models import PlatformSpecification, Requirements

router = APIRouter(prefix="/api/v1/export/requirements", tags=["export"])


class UnknownPlatform(NotFound):
    """We make nothing for this platform."""

    code = "unknown_platform"


class RequirementsOut(PlatformSpecification):
    """The platform's requirements, and those of its other shapes."""

    variants: dict[str, Requirements] = Field({}, description="By name: other shapes that the platform takes.")


@router.get("/{platform}", responses=documented(NotAuthenticated, UnknownPlatform))
async def get_platform_requirements(platform: str, caller: Caller, tx: Tx, response: Response) -> RequirementsOut:
    """Format, codec, aspect ratio, resolution, duration, size and caption length (EXP-03)."""
    found = await queries.of_platform(tx, platform)
    if not found:
        raise UnknownPlatform(f"We make nothing for {platform[:50]!r}.")
    first, *others = found
    response.headers["Cache-Control"] = "public, max-age=300"
    return RequirementsOut(**first.model_dump(), variants={other.variant: other.values for other in others})
