"""Who may report, and when."""

from __future__ import annotations

import hashlib
import hmac

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from billing.payments.objects import BadSignature
from billing.payments.stripe.signature import TOLERANCE_S, verify
from simulators.vendors.stripe.webhooks import signature

NOW = 1_800_000_000
SECRET = "whsec_one"
BODY = b'{"id": "evt_1", "note": "\xe2\x82\xb9"}'


def sign(body: bytes, secret: str, *, at: int) -> str:
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)


def mac(secret: str, body: bytes = BODY, *, at: int = NOW) -> str:
    return hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()


@pytest.mark.parametrize(
    "header",
    [
        f"t={NOW},v1={mac(SECRET)}",
        f"v0=abc,v1={mac('whsec_old')},v1={mac(SECRET)},t={NOW}",
        f"t={NOW},v1=,v1={'0' * 64},v1={mac(SECRET)},unknown",
    ],
)
def test_what_fits(header: str) -> None:
    verify(BODY, header, ["whsec_next", SECRET], now=NOW)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t=,v1=",
        f"v1={mac(SECRET)}",
        f"t={NOW}",
        f"t={NOW},v0={mac(SECRET)}",
        f"t={NOW}, v1={mac(SECRET)}",
        f"t={NOW},v1={mac('whsec_other')}",
        f"t={NOW},v1={mac(SECRET)[:-1]}",
        f"t={NOW},v1={mac(SECRET).upper()}",
        f"t={NOW},v1={mac(SECRET)}é",
        f"t={NOW},t={NOW},v1={mac(SECRET)}",
        f"t={NOW + 1},v1={mac(SECRET)}",
        f"t=+{NOW},v1={mac(SECRET)}",
        f"t={NOW}.0,v1={mac(SECRET)}",
        f"t=١٨,v1={mac(SECRET)}",
        f"t={'9' * 13},v1={mac(SECRET)}",
        f"t={NOW},v1={mac(SECRET)}," + "v1=0," * 2000,
    ],
)
def test_what_does_not(header: str | None) -> None:
    with pytest.raises(BadSignature):
        verify(BODY, header, [SECRET], now=NOW)


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_fits(secrets: list[str]) -> None:
    with pytest.raises(BadSignature):
        verify(BODY, f"t={NOW},v1={mac('')}", secrets, now=NOW)


@pytest.mark.parametrize("changed", [BODY + b" ", BODY.replace(b"evt_1", b"evt_2"), b""])
def test_the_body_counts_as_it_was_sent(changed: bytes) -> None:
    with pytest.raises(BadSignature):
        verify(changed, sign(BODY, SECRET, at=NOW), [SECRET], now=NOW)


@pytest.mark.parametrize("apart", [-TOLERANCE_S, 0, TOLERANCE_S])
def test_five_minutes_either_way(apart: int) -> None:
    verify(BODY, sign(BODY, SECRET, at=NOW + apart), [SECRET], now=NOW)
    if apart:
        beyond = apart + (1 if apart > 0 else -1)
        with pytest.raises(BadSignature):
            verify(BODY, sign(BODY, SECRET, at=NOW + beyond), [SECRET], now=NOW)


@given(st.text(max_size=60), st.binary(max_size=60))
def test_nothing_but_a_refusal_comes_of_noise(header: str, body: bytes) -> None:
    with pytest.raises(BadSignature):
        verify(body, header, [SECRET], now=NOW)


def test_a_body_that_is_no_text_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(b"\xff", f"t={NOW},v1={mac(SECRET, bytes([255]))}", [SECRET], now=NOW)


@given(st.text(max_size=60), st.integers(1, 4_000_000_000))
def test_the_simulator_and_the_official_library_agree(text: str, at: int) -> None:
    body = text.encode()
    assert sign(body, SECRET, at=at) == f"t={at},v1={mac(SECRET, body, at=at)}"
    verify(body, signature(body, ["whsec_old", SECRET], at=at), [SECRET], now=at)
    assert stripe.WebhookSignature.verify_header(body, signature(body, [SECRET], at=at), SECRET)
