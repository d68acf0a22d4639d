"""Google's own library and Authlib sign in with the simulators, over sockets: what those accept and refuse decides."""

from __future__ import annotations

import asyncio
import html
import json
import re
import ssl
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from google.auth import exceptions
from google.auth.transport.requests import Request
from google.oauth2 import id_token as google_id_token
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from simulators.core.faults import Fault
from simulators.serve import Served, serving
from simulators.vendors.openid.apple import Apple
from simulators.vendors.openid.google import Google
from simulators.vendors.openid.issuer import TOKEN_FAULTS, Person

BACK = "https://app.example/callback"
# Everything here is plain HTTP; reading the system's certificates for each client takes longer than the test.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
GOOGLE = "https://accounts.google.com"


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Served]]:
    with serving([Google(), Apple()]) as running:
        yield running


@pytest.fixture
def google(served: dict[str, Served]) -> Served:
    return fresh(served["google"])


@pytest.fixture
def apple(served: dict[str, Served]) -> Served:
    return fresh(served["apple"])


def fresh(served: Served) -> Served:
    simulator: Any = served.simulator
    simulator.plan.clear()
    simulator.ledger.entries.clear()
    simulator.person, simulator.issued_as, simulator.booleans_as_text = Person(), None, True
    getattr(simulator, "_met", set()).clear()
    return served


async def discovered(at: Served) -> dict[str, Any]:
    async with httpx.AsyncClient(verify=PLAIN) as client:
        document: dict[str, Any] = (await client.get(f"{at.url}/.well-known/openid-configuration")).json()
    return document


def client_of(at: Served, **more: Any) -> AsyncOAuth2Client:
    """Authlib's client, registered as the simulator's console says."""
    known = at.simulator.client()  # type: ignore[attr-defined]
    if "private_key" in known:
        now = int(time.time())
        claims = {"iss": known["team_id"], "sub": known["client_id"], "aud": "https://appleid.apple.com"}
        key = jwk.ECKey.import_key(known["private_key"])
        secret = jwt.encode(
            {"alg": "ES256", "kid": known["key_id"]},
            claims | {"iat": now, "exp": now + 600} | more.pop("claims", {}),
            key,
        )
        more |= {"scope": "name email", "token_endpoint_auth_method": "client_secret_post"}
        more |= {"revocation_endpoint_auth_method": "client_secret_post"}
    else:
        secret = known["client_secret"]
    return AsyncOAuth2Client(
        client_id=known["client_id"],
        client_secret=secret,
        redirect_uri=BACK,
        verify=PLAIN,
        **({"scope": "openid email profile", "code_challenge_method": "S256"} | more),
    )


async def consented(client: AsyncOAuth2Client, endpoint: str, **asked: str) -> tuple[str, dict[str, str]]:
    """What comes back from the consent page: the address with everything in its query, and posted fields."""
    url, state = client.create_authorization_url(endpoint, **asked)
    async with httpx.AsyncClient(verify=PLAIN) as browser:
        answer = await browser.get(url)
    if answer.status_code == 302:
        fields = dict(httpx.URL(answer.headers["location"]).params)
    else:
        found = re.findall(r'name="(\w+)" value="([^"]*)"', answer.text)
        fields = {name: html.unescape(value) for name, value in found}
    assert fields["state"] == state
    return f"{BACK}?{urlencode(fields)}", fields


async def signed_in(at: Served, nonce: str = "n-0S6_WzA2Mj") -> dict[str, Any]:
    """A whole sign-in by Authlib; the token answer."""
    document = await discovered(at)
    async with client_of(at) as client:
        more = {"nonce": nonce}
        more |= {"response_mode": "form_post"} if isinstance(at.simulator, Apple) else {"code_verifier": "v" * 48}
        back, _ = await consented(client, document["authorization_endpoint"], **more)
        verifier = {"code_verifier": more["code_verifier"]} if "code_verifier" in more else {}
        answer: dict[str, Any] = await client.fetch_token(
            document["token_endpoint"], authorization_response=back, **verifier
        )
    return answer


async def validated(at: Served, answer: dict[str, Any], nonce: str = "n-0S6_WzA2Mj") -> CodeIDToken:
    """Authlib's and joserfc's word on an ID token."""
    document = await discovered(at)
    async with httpx.AsyncClient(verify=PLAIN) as client:
        keys = jwk.KeySet.import_key_set((await client.get(document["jwks_uri"])).json())
    token = jwt.decode(answer["id_token"], keys, algorithms=["RS256"])
    claims = CodeIDToken(
        token.claims,
        token.header,
        {"iss": {"value": document["issuer"]}, "aud": {"value": at.simulator.client_id}},  # type: ignore[attr-defined]
        {"nonce": nonce, "access_token": answer["access_token"], "client_id": at.simulator.client_id},  # type: ignore[attr-defined]
    )
    claims.validate()
    return claims


@pytest.mark.parametrize("vendor", ["google", "apple"])
async def test_authlib_signs_in_and_believes_the_token(served: dict[str, Served], vendor: str) -> None:
    at = fresh(served[vendor])
    answer = await signed_in(at)
    claims = await validated(at, answer)
    assert (claims["sub"], claims["email"]) == (Person().subject, "asha@example.com")
    assert ("refresh_token" in answer) is (vendor == "apple")
    assert len(at.simulator.ledger) == 1


@pytest.mark.parametrize("vendor", ["google", "apple"])
@pytest.mark.parametrize("fault", sorted(TOKEN_FAULTS))
async def test_authlib_believes_no_bad_token(served: dict[str, Served], vendor: str, fault: Fault) -> None:
    at = fresh(served[vendor])
    at.simulator.plan.script("token", [fault])
    answer = await signed_in(at)
    if fault is Fault.UNVERIFIED:
        assert (await validated(at, answer))["email_verified"] in (False, "false")
        return
    with pytest.raises((OAuthError, JoseError, ValueError)):
        await validated(at, answer)


@pytest.mark.parametrize("fault", [None, *sorted(TOKEN_FAULTS - {Fault.UNVERIFIED, Fault.WRONG_NONCE})])
async def test_googles_own_library_agrees(google: Served, monkeypatch: pytest.MonkeyPatch, fault: Fault | None) -> None:
    """It knows neither nonces nor what an unverified address is good for."""
    google.simulator.issued_as = GOOGLE  # type: ignore[attr-defined]
    google.simulator.plan.script("token", [fault])
    answer = await signed_in(google)
    monkeypatch.setattr(google_id_token, "_GOOGLE_OAUTH2_CERTS_URL", f"{google.url}/oauth2/v1/certs")

    def verified() -> dict[str, Any]:
        with Request().session as session:
            return dict(google_id_token.verify_oauth2_token(answer["id_token"], Request(session), "simulated-client"))

    if fault is None:
        claims = await asyncio.to_thread(verified)
        assert (claims["iss"], claims["email_verified"], claims["name"]) == (GOOGLE, True, "Asha Rao")
    else:
        with pytest.raises((ValueError, exceptions.GoogleAuthError)):
            await asyncio.to_thread(verified)


async def test_google_checks_the_verifier_the_address_and_the_secret(google: Served) -> None:
    document = await discovered(google)
    for wrong, said in [
        ({"code_verifier": "w" * 48}, "invalid_grant"),
        ({}, "invalid_grant"),
        ({"code_verifier": "v" * 48, "redirect_uri": "https://app.example/other"}, "redirect_uri_mismatch"),
    ]:
        async with client_of(google) as client:
            back, _ = await consented(client, document["authorization_endpoint"], code_verifier="v" * 48)
            with pytest.raises(OAuthError) as refused:
                await client.fetch_token(document["token_endpoint"], authorization_response=back, **wrong)
            assert refused.value.error == said
    async with client_of(google) as client:
        client.client_secret = "another"
        back, _ = await consented(client, document["authorization_endpoint"], code_verifier="v" * 48)
        with pytest.raises(OAuthError) as refused:
            await client.fetch_token(document["token_endpoint"], authorization_response=back, code_verifier="v" * 48)
        assert refused.value.error == "invalid_client"
    assert len(google.simulator.ledger) == 0


@pytest.mark.parametrize("vendor", ["google", "apple"])
async def test_a_code_is_good_once(served: dict[str, Served], vendor: str) -> None:
    at = fresh(served[vendor])
    document = await discovered(at)
    async with client_of(at) as client:
        more = {"response_mode": "form_post"} if vendor == "apple" else {}
        back, _ = await consented(client, document["authorization_endpoint"], **more)
        await client.fetch_token(document["token_endpoint"], authorization_response=back)
        with pytest.raises(OAuthError) as refused:
            await client.fetch_token(document["token_endpoint"], authorization_response=back)
    assert refused.value.error == "invalid_grant"
    assert len(at.simulator.ledger) == 1


async def test_googles_userinfo_and_revocation(google: Served) -> None:
    document = await discovered(google)
    answer = await signed_in(google)
    async with client_of(google) as client:
        client.token = answer
        told = (await client.get(document["userinfo_endpoint"])).json()
        assert (told["sub"], told["email"], told["given_name"]) == (Person().subject, "asha@example.com", "Asha")
        assert (await client.revoke_token(document["revocation_endpoint"], answer["access_token"])).status_code == 200
        assert (await client.get(document["userinfo_endpoint"])).status_code == 401
        assert (await client.revoke_token(document["revocation_endpoint"], answer["access_token"])).status_code == 400


async def test_keys_rotate_and_old_ones_may_stay(google: Served) -> None:
    before = await signed_in(google)
    google.simulator.rotate()  # type: ignore[attr-defined]
    after = await signed_in(google)
    await validated(google, before)
    await validated(google, after)
    google.simulator.rotate(keep_old=False)  # type: ignore[attr-defined]
    await validated(google, before)
    with pytest.raises((JoseError, ValueError)):
        await validated(google, after)


async def test_apple_posts_a_form_and_names_the_person_once(apple: Served) -> None:
    document = await discovered(apple)
    told = []
    for _ in range(2):
        async with client_of(apple) as client:
            _, fields = await consented(client, document["authorization_endpoint"], response_mode="form_post")
            told.append(json.loads(fields["user"]) if "user" in fields else None)
    assert told == [{"name": {"firstName": "Asha", "lastName": "Rao"}, "email": "asha@example.com"}, None]
    async with httpx.AsyncClient(verify=PLAIN) as browser:
        asked = {"response_type": "code", "client_id": "com.example.signin", "redirect_uri": BACK, "scope": "email"}
        refused = await browser.get(document["authorization_endpoint"], params=asked)
        assert (refused.status_code, "form_post" in refused.text) == (400, True)
        unasked = await browser.get(document["authorization_endpoint"], params=asked | {"scope": ""})
        assert (unasked.status_code, "code=" in unasked.headers["location"]) == (302, True)
    assert "userinfo_endpoint" not in document


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "OTHERTEAM0"},
        {"sub": "com.example.other"},
        {"aud": "https://accounts.google.com"},
        {"exp": int(time.time()) - 1},
        {"exp": int(time.time()) + 16_000_000},
        {"iat": int(time.time()) + 3_600},
    ],
)
async def test_apple_looks_at_the_clients_signed_secret(apple: Served, claims: dict[str, Any]) -> None:
    document = await discovered(apple)
    async with client_of(apple, claims=claims) as client:
        back, _ = await consented(client, document["authorization_endpoint"], response_mode="form_post")
        with pytest.raises(OAuthError) as refused:
            await client.fetch_token(document["token_endpoint"], authorization_response=back)
    assert refused.value.error == "invalid_client"


async def test_apple_revokes_and_then_introduces_the_person_again(apple: Served) -> None:
    document = await discovered(apple)
    answer = await signed_in(apple)
    async with client_of(apple) as client:
        revoked = await client.revoke_token(document["revocation_endpoint"], answer["refresh_token"])
        assert revoked.status_code == 200
        _, fields = await consented(client, document["authorization_endpoint"], response_mode="form_post")
    assert "user" in fields
    assert [entry.operation for entry in apple.simulator.ledger.entries] == ["token", "revoke"]


async def test_apples_booleans_come_as_text_for_some(apple: Served) -> None:
    apple.simulator.person = Person(email="x7@privaterelay.appleid.com", private=True)  # type: ignore[attr-defined]
    told = []
    for as_text in (True, False):
        apple.simulator.booleans_as_text = as_text  # type: ignore[attr-defined]
        claims = await validated(apple, await signed_in(apple))
        told.append((claims["email_verified"], claims["is_private_email"]))
    assert told == [("true", "true"), (True, True)]


async def test_nobody_is_sent_to_an_address_that_is_not_registered(google: Served) -> None:
    document = await discovered(google)
    simulator: Any = google.simulator
    simulator.redirect_uris = frozenset({BACK})
    asked = {"response_type": "code", "client_id": "simulated-client", "scope": "openid", "redirect_uri": BACK}
    async with httpx.AsyncClient(verify=PLAIN) as browser:
        for wrong, status in [
            ({}, 302),
            ({"redirect_uri": "https://evil.example"}, 400),
            ({"client_id": "another"}, 401),
            ({"scope": "email"}, 400),
            ({"response_type": "token"}, 400),
            ({"code_challenge": "x", "code_challenge_method": "plain"}, 400),
        ]:
            answer = await browser.get(document["authorization_endpoint"], params=asked | wrong)
            assert (answer.status_code, "location" in answer.headers) == (status, status == 302)
    simulator.redirect_uris = frozenset()


async def test_who_consents_is_said_from_outside(google: Served) -> None:
    async with httpx.AsyncClient(base_url=google.url, verify=PLAIN) as control:
        person = {"subject": "42", "email": "ravi@example.com", "given_name": "Ravi"}
        assert (await control.post("/__simulator__/person", json=person)).status_code == 204
        assert (await control.post("/__simulator__/person", json={"shoe_size": 42})).status_code == 422
        claims = await validated(google, await signed_in(google))
        assert (claims["sub"], claims["email"], claims["name"]) == ("42", "ravi@example.com", "Ravi Rao")
        known = (await control.get("/__simulator__/client")).json()
        assert known == {"client_id": "simulated-client", "client_secret": "simulated-key"}
        first = (await control.get("/oauth2/v3/certs")).json()["keys"][0]["kid"]
        assert (await control.post("/__simulator__/rotate")).status_code == 204
        keys = (await control.get("/oauth2/v3/certs")).json()["keys"]
        assert [key["kid"] for key in keys].index(first) == 1
        order = {"operation": "token", "faults": ["server_error"]}
        assert (await control.post("/__simulator__/faults", json=order)).status_code == 204
        with pytest.raises(Exception, match="500 Internal Server Error"):
            await signed_in(google)
        assert (await control.get("/__simulator__/ledger")).json()["accepted"] == 1
