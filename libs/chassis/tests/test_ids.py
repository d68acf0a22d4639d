"""Identifiers are version 7, ordered by time, and read back as they were shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import ids

_parts = st.lists(st.one_of(st.text(), st.integers(), st.uuids()), max_size=4)


def test_new_identifiers_are_ordered_by_time() -> None:
    before = ids.uuid7_floor(datetime.now(UTC))
    made = [ids.uuid7() for _ in range(100)]
    after = ids.uuid7_floor(datetime.now(UTC) + timedelta(milliseconds=1))
    assert len(set(made)) == 100
    assert all(before <= one < after for one in made)
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


@given(_parts)
def test_a_derived_identifier_is_the_same_for_the_same_parts_and_lies_where_its_namespace_lies(
    parts: list[object],
) -> None:
    namespace = ids.uuid7()
    derived = ids.derived(namespace, *parts)
    assert derived == ids.derived(UUID(str(namespace)), *parts)
    assert (derived.version, derived.variant) == (7, RFC_4122)
    assert derived.int >> 80 == namespace.int >> 80
    assert derived != namespace
    assert derived != ids.derived(namespace, *parts, "more")
    assert derived != ids.derived(ids.uuid7(), *parts)


@given(st.uuids())
def test_identifiers_are_read_back_and_are_pythons_own(identifier: UUID) -> None:
    found = ids.read(str(identifier))
    assert isinstance(found, UUID)
    assert found == identifier
    assert hash(found) == hash(identifier)
    assert str(found) == str(identifier)


@pytest.mark.parametrize("text", ["", "1", "not-an-identifier", "01a1ffb1-6291-7845-9d58-026894df431g"])
def test_what_is_no_identifier_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="UUID"):
        ids.read(text)
