"""A deployment may have a product line otherwise, as far as anything goes by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contracts.line_changes import _Change, apply, changed
from contracts.product_lines import PRODUCT_LINES, ProductLine, offered


@pytest.fixture
def as_before() -> Iterator[None]:
    yield
    apply({})


def test_what_is_named_changes_and_the_rest_stays() -> None:
    before = PRODUCT_LINES["talkingphoto"]
    after = changed({"talkingphoto": {"display_name": "Speaking", "access_token_seconds": 3600}})["talkingphoto"]
    assert (after.display_name, after.access_token_seconds) == ("Speaking", 3600)
    assert (after.currency, after.plans, after.consent_required) == ("INR", before.plans, True)
    assert PRODUCT_LINES["talkingphoto"] == before, "nothing is changed by looking"


@pytest.mark.usefixtures("as_before")
def test_a_line_is_switched_off_and_on_again() -> None:
    assert "talkingphoto" in offered()
    apply({"talkingphoto": {"plans": []}})
    assert "talkingphoto" not in offered()
    apply({})
    assert "talkingphoto" in offered()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"moon": {}}, "not known: moon"),
        ({"reely": {"colour": "red"}}, "reely.colour: Extra inputs"),
        ({"reely": {"key": "pixie"}}, "reely.key: Extra inputs"),
        ({"reely": {"access_token_seconds": 90_000}}, "reely.access_token_seconds: .* less than or equal to 86400"),
        ({"reely": {"consent_required": "yes"}}, "reely.consent_required: .* valid boolean"),
        ({"reely": {"currency": "rupees"}}, "reely.currency: .* pattern"),
        ({"talkingphoto": {"plans": ["free", "golden"]}}, "talkingphoto.plans: the catalogue does not sell golden"),
    ],
)
def test_what_makes_no_sense_is_named(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        changed(changes)


def test_whatever_may_change_is_of_a_product_line() -> None:
    assert _Change.model_fields.keys() < ProductLine.__dataclass_fields__.keys()
