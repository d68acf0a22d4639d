"""Nested parameters, as the official client writes them and as the simulator reads them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from billing.payments.form import flat
from simulators.vendors.stripe.form import nested

_NAMES = st.text("abcdefgh_", min_size=1, max_size=6)
_TEXTS = st.one_of(st.text(max_size=8), st.integers(-5, 10**9))
# The client writes a bare true inside a list as "True", which Stripe has no parameter for.
_PARAMS = st.dictionaries(
    _NAMES,
    st.recursive(
        st.one_of(_TEXTS, st.booleans(), st.none()),
        lambda inner: st.one_of(
            st.dictionaries(_NAMES, inner, max_size=3),
            st.lists(st.one_of(_TEXTS, st.dictionaries(_NAMES, inner, max_size=3)), max_size=3),
        ),
        max_leaves=8,
    ),
    max_size=4,
)


@given(_PARAMS)
def test_the_official_client_writes_the_same(params: dict[str, Any]) -> None:
    assert flat(params) == [(name, str(value)) for name, value in _api_encode(params)]


def test_what_is_written_is_read_back() -> None:
    params: dict[str, Any] = {
        "line_items": [{"price": "price_1", "quantity": "2"}],
        "metadata": {"a b": "ä&=", "empty": ""},
    }
    assert nested(urlencode(flat(params))) == params
