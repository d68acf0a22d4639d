"""What a deployment has otherwise than ``product_lines`` says, as its setting ``PRODUCT_LINES`` tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, ValidationError

from contracts.product_lines import PRODUCT_LINES, ProductLine

_DEFAULTS = dict(PRODUCT_LINES)


class _Change(BaseModel):
    """What may be otherwise; what is not named stays. No ``plans``: the line is switched off."""

    model_config = ConfigDict(extra="forbid")

    display_name: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    plans: tuple[str, ...] | None = None
    access_token_seconds: Annotated[int, Field(ge=60, le=86_400)] | None = None
    script_characters: Annotated[int, Field(ge=100, le=5_000)] | None = None
    consent_required: StrictBool | None = None
    name_required: StrictBool | None = None
    verified_before_generation: StrictBool | None = None
    tells_known_addresses: StrictBool | None = None


def changed(changes: Mapping[str, Mapping[str, Any]]) -> dict[str, ProductLine]:
    """The product lines with these changes. Raises ``ValueError`` naming line, field and rule."""
    lines = dict(_DEFAULTS)
    for key, change in changes.items():
        if key not in lines:
            raise ValueError(f"names a product line that is not known: {key}; there are {', '.join(lines)}")
        try:
            said = _Change.model_validate(dict(change)).model_dump(exclude_unset=True)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise ValueError(f"{key}.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        if strange := sorted(set(said.get("plans", ())) - set(lines[key].plans)):
            raise ValueError(f"{key}.plans: the catalogue does not sell {', '.join(strange)}")
        lines[key] = replace(lines[key], **said)
    return lines


def apply(changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Have this process go by them, before it serves anybody; again from the defaults each time."""
    PRODUCT_LINES.update(changed(changes))
