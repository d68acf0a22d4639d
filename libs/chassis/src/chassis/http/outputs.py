"""What answers hold, in one form everywhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

DECIMAL = r"^-?\d+(\.\d+)?$"

Amount = Annotated[Decimal, Field(examples=["499.00"], json_schema_extra={"pattern": DECIMAL})]
"""An amount in a currency that stands beside it; a decimal number in a string."""

Rupees = Annotated[Decimal, Field(examples=["1.5390"], json_schema_extra={"pattern": DECIMAL, "x-currency": "INR"})]
"""An amount in Indian rupees; a decimal number in a string."""

Link = Annotated[str, Field(json_schema_extra={"format": "uri"}, examples=["https://example.com/api/v1/objects/..."])]
"""A signed link: good for a while, for whoever has it."""
