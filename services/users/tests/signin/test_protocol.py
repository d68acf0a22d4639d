"""What is sent to a provider, what may come back, and which ID tokens are believed."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import ECKey, KeySet

from chassis.settings import SettingsError, load
from users.accounts.models import User
from users.settings import Settings
from users.signin.errors import IdentityRefused, ProviderAway
from users.signin.models import Assertion, challenge_of, claim, name_of
from users.signin.protocol import Unbelievable, UnknownKey, apple_secret, believed, signing_keys
from users.signin.provider import IdentityProvider
from users.signin.registrations import Endpoints, Registration, configured, registrations

NOW = 1_780_000_000
NONCE = "a-nonce"
CLIENT = Registration("google", "https://accounts.google.com", "our-client", lambda now: f"secret at {now}", "openid")
AT = Endpoints("https://a.example/auth?x=1", "https://a.example/token", "https://a.example/keys")
GOOD: dict[str, Any] = {
    "iss": CLIENT.issuer,
    "sub": "42",
    "aud": CLIENT.client_id,
    "iat": NOW,
    "exp": NOW + 3600,
    "nonce": NONCE,
    "email": "asha@example.com",
    "email_verified": True,
    "name": "Asha",
}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def keys(key: rsa.RSAPrivateKey) -> KeySet:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return signing_keys({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]})


@pytest.fixture
def judged(key: rsa.RSAPrivateKey, keys: KeySet) -> Callable[..., Assertion]:
    """What comes of GOOD claims with changes; None removes one."""

    def judged(changes: dict[str, Any], *, kid: object = "k1", algorithm: str = "RS256", **header: Any) -> Assertion:
        claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
        token = jwt.encode(claims, key, algorithm=algorithm, headers=header | ({"kid": kid} if kid else {}))
        return believed(token, keys, CLIENT, nonce=NONCE, now=NOW, access_token="an-access-token")

    return judged


def test_a_good_token_is_believed(judged: Callable[..., Assertion]) -> None:
    assert judged({}) == Assertion("google", "42", "asha@example.com", True, "Asha")
    assert judged({"azp": CLIENT.client_id, "exp": NOW - 59}).subject == "42"
    assert judged({"iat": NOW + 60}).subject == "42"
    half = hashlib.sha256(b"an-access-token").digest()[:16]
    assert judged({"at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode()}).subject == "42"
    # A header may hold more than the standard's names.
    assert judged({}, vendor="anything").subject == "42"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://accounts.google.com.evil.example"}, "wrong_issuer"),
        ({"iss": "accounts.google.com"}, "wrong_issuer"),
        ({"iss": None}, "incomplete"),
        ({"aud": "another"}, "wrong_audience"),
        ({"aud": [CLIENT.client_id, "another"]}, "wrong_audience"),
        ({"aud": [CLIENT.client_id, "another"], "azp": CLIENT.client_id}, "wrong_audience"),
        ({"aud": []}, "wrong_audience"),
        ({"aud": None}, "incomplete"),
        ({"azp": "another"}, "wrong_audience"),
        ({"exp": NOW - 60}, "expired"),
        ({"exp": None}, "incomplete"),
        ({"exp": "soon"}, "malformed"),
        ({"iat": NOW + 61}, "not_valid_yet"),
        ({"iat": None}, "incomplete"),
        ({"iat": "1"}, "not_valid_yet"),
        ({"iat": True}, "not_valid_yet"),
        ({"exp": True}, "malformed"),
        ({"nbf": NOW + 61}, "not_valid_yet"),
        ({"at_hash": "another"}, "wrong_access_token"),
        ({"nonce": "another"}, "wrong_nonce"),
        ({"nonce": None}, "wrong_nonce"),
        ({"sub": None}, "incomplete"),
        ({"sub": ""}, "malformed"),
        ({"sub": "x" * 256}, "malformed"),
        ({"sub": "a\x00b"}, "malformed"),
        ({"sub": "\ud800"}, "malformed"),
    ],
)
def test_a_bad_claim_is_not_believed(judged: Callable[..., Assertion], changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unbelievable) as refused:
        judged(changes)
    assert refused.value.reason == reason


@pytest.mark.parametrize("kid", [None, "k2", ""])
def test_a_key_that_is_not_at_hand_is_named_so(judged: Callable[..., Assertion], kid: object) -> None:
    with pytest.raises(UnknownKey):
        judged({}, kid=kid)


def test_the_algorithm_is_ours_to_choose(judged: Callable[..., Assertion], keys: KeySet) -> None:
    with pytest.raises(Unbelievable, match="wrong_algorithm"):
        judged({}, algorithm="RS512")

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    for header in ({"alg": "none", "kid": "k1"}, {"alg": "None", "kid": "k1"}, {"kid": "k1"}):
        with pytest.raises(Unbelievable):
            believed(f"{part(header)}.{part(GOOD)}.", keys, CLIENT, nonce=NONCE, now=NOW)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "....", "é.é.é", "eyJhbGciOiJSUzI1NiJ9.e30.x"])
def test_what_is_no_token_is_not_believed(keys: KeySet, token: str) -> None:
    with pytest.raises(Unbelievable):
        believed(token, keys, CLIENT, nonce=NONCE, now=NOW)


@pytest.mark.parametrize(
    ("said", "means"),
    [(True, True), ("true", True), (False, False), ("false", False), (None, False), (2, False), ("True", False)],
)
def test_only_a_clear_yes_verifies_an_address(judged: Callable[..., Assertion], said: object, means: bool) -> None:
    assert judged({"email_verified": said}).email_verified is means


def test_odd_addresses_and_names_are_none(judged: Callable[..., Assertion]) -> None:
    found = judged({"email": ["a@b.c"], "name": {"given": "Asha"}})
    assert (found.email, found.name) == (None, None)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": []},
        {"keys": None},
        {"keys": [7]},
        {"keys": [{"kty": "RSA", "kid": "k1", "n": "!", "e": "AQAB"}]},
        {"keys": [{"kty": "RSA", "kid": "k1", "use": "enc", "n": "AQAB", "e": "AQAB"}]},
        {"keys": [{"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}]},
    ],
)
def test_what_is_no_key_set_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="key set"):
        signing_keys(document)


def test_discovery_must_speak_for_its_issuer() -> None:
    good = {"issuer": "i", "authorization_endpoint": "a", "token_endpoint": "t", "jwks_uri": "k"}
    assert Endpoints.of(good, "i") == Endpoints("a", "t", "k")
    for wrong in ({"issuer": "j"}, {"token_endpoint": None}, {"jwks_uri": ""}, {"authorization_endpoint": 7}):
        with pytest.raises(ValueError, match="discovery"):
            Endpoints.of(good | wrong, "i")


class Provider:
    """Answers the exchange with what it is given, and remembers what it was sent."""

    def __init__(self, status: int = 200, body: bytes = b"{}") -> None:
        self.status, self.body = status, body
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path == "/keys":
            return httpx.Response(200, content=KEYS)
        return httpx.Response(self.status, stream=Pieces(self.body))

    async def exchange(self, code: str = "c", verifier: str = "v") -> Assertion:
        client = replace(CLIENT, endpoints=AT)
        async with httpx.AsyncClient(transport=httpx.MockTransport(self)) as http:
            provider = IdentityProvider(client, http, time.monotonic)
            return await provider.assertion(code, redirect_uri="https://us/cb", verifier=verifier, nonce="n", now=NOW)


class Pieces(httpx.AsyncByteStream):
    """A body that comes bit by bit."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), 65_536):
            yield self.body[start : start + 65_536]


KEYS = json.dumps(
    {"keys": [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048).public_key()))]}
).encode()


async def test_what_is_asked_and_posted() -> None:
    provider = Provider()
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider)) as http:
        known = IdentityProvider(replace(CLIENT, endpoints=AT, parameters={"prompt": "x"}), http, time.monotonic)
        url = await known.authorization_url(redirect_uri="https://us/cb", state="s&t", nonce="n", verifier="v" * 43)
    assert urlsplit(url).netloc == "a.example"
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "x": "1",
        "response_type": "code",
        "client_id": "our-client",
        "redirect_uri": "https://us/cb",
        "scope": "openid",
        "state": "s&t",
        "nonce": "n",
        "code_challenge": challenge_of("v" * 43),
        "code_challenge_method": "S256",
        "prompt": "x",
    }
    # A code comes with the browser, so it may be anything.
    code = 'a&client_id=b+ %zz;\u067e\n"\\'
    with pytest.raises(ProviderAway):
        await provider.exchange(code)
    keys, exchange = provider.asked
    assert (keys.method, exchange.method, exchange.url) == ("GET", "POST", AT.token)
    assert exchange.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert "authorization" not in exchange.headers
    assert parse_qsl(exchange.content.decode()) == [
        ("grant_type", "authorization_code"),
        ("redirect_uri", "https://us/cb"),
        ("code", code),
        ("code_verifier", "v"),
        ("client_id", "our-client"),
        ("client_secret", f"secret at {NOW}"),
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"\xff"),
        (200, b"[]"),
        (200, b"null"),
        (200, b'"id_token"'),
        (200, b"[" * 100_000),
        (200, b'{"id_token": 7}'),
        (200, b'{"id_token": "a.b.c", "expires_in": [1]}'),
        (200, b'{"id_token": "a.b.c", "expires_in": "soon"}'),
        (400, b'{"error": {"code": 400}}'),
        (400, b'{"error": "invalid_scope", "error_description": "\\u00e9\\n"}'),
        (403, b"<html>blocked</html>"),
        (500, b'{"error": "invalid_grant"}'),
    ],
)
async def test_an_exchange_that_makes_no_sense_is_the_providers_fault(status: int, body: bytes) -> None:
    provider = Provider(status, body)
    with pytest.raises(ProviderAway):
        await provider.exchange()
    # A code is good once, so it is sent once.
    assert len(provider.asked) == 2


async def test_no_more_is_listened_to_than_an_answer_may_have(logged: Callable[[], str]) -> None:
    large = json.dumps({"id_token": "x" * 2**21}).encode()
    with pytest.raises(ProviderAway):
        await Provider(200, large).exchange()
    assert "answer too large" in logged()


async def test_a_refused_code_is_told_with_any_description() -> None:
    """Authlib's own error takes no description outside of ASCII."""
    body = json.dumps({"error": "invalid_grant", "error_description": 'abgelaufen \u2013 "bitte" neu'}).encode()
    with pytest.raises(IdentityRefused) as refused:
        await Provider(400, body).exchange()
    assert refused.value.details == {"reason": "code_refused"}


def test_who_signs_in_nowhere_else_pays_nothing_for_it() -> None:
    """The libraries take 0.2 s to import, for every process of the service."""
    code = "import sys, users.composition; print(*sorted({'authlib', 'joserfc', 'httpx'} & sys.modules.keys()))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_apples_secret_lives_five_minutes() -> None:
    key = ECKey.generate_key("P-256")
    secret = apple_secret(NOW, team_id="TEAM", key_id="KEY", client_id="com.example", key=key)
    assert jwt.get_unverified_header(secret) == {"alg": "ES256", "kid": "KEY", "typ": "JWT"}
    assert jwt.decode(secret, options={"verify_signature": False}) == {
        "iss": "TEAM",
        "sub": "com.example",
        "aud": "https://appleid.apple.com",
        "iat": NOW,
        "exp": NOW + 300,
    }


def pem_of(key: Any) -> str:
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


APPLE = {"signin_apple_client_id": "com.example", "signin_apple_team_id": "T", "signin_apple_key_id": "K"}
GOOGLE = {"signin_google_client_id": "g", "signin_google_client_secret": "s"}


def test_nothing_set_up_is_no_provider() -> None:
    assert configured(load(Settings)) == {}


def test_a_provider_is_set_up_in_full_or_not_at_all() -> None:
    for group in (GOOGLE, {**APPLE, "signin_apple_private_key": "x"}):
        for left_out in group:
            given = {name: value for name, value in group.items() if name != left_out}
            with pytest.raises(SettingsError, match=left_out.upper()):
                load(Settings, **given)


def test_googles_other_name_counts_only_for_google() -> None:
    [real] = registrations(load(Settings, **GOOGLE))
    assert real.also_issued_by == {"accounts.google.com"}
    [other] = registrations(load(Settings, **GOOGLE, signin_google_issuer="https://sso.example/"))
    assert (other.issuer, other.also_issued_by) == ("https://sso.example", frozenset())


def test_apples_places_are_the_documented_ones() -> None:
    pem = pem_of(ec.generate_private_key(ec.SECP256R1()))
    [real] = registrations(load(Settings, **APPLE, signin_apple_private_key=pem))
    assert real.also_issued_by == {"https://account.apple.com"}
    base = "https://appleid.apple.com/auth"
    assert real.endpoints == Endpoints(f"{base}/authorize", f"{base}/token", f"{base}/keys")
    [other] = registrations(load(Settings, **APPLE, signin_apple_private_key=pem, signin_apple_issuer="http://a:1/"))
    assert other.also_issued_by == frozenset()


def test_apples_key_may_be_text_one_line_or_a_file(tmp_path: Any) -> None:
    pem = pem_of(ec.generate_private_key(ec.SECP256R1()))
    path = tmp_path / "AuthKey.p8"
    path.write_text(pem)
    for given in (pem, pem.replace("\n", "\\n"), str(path)):
        [apple] = registrations(load(Settings, **APPLE, signin_apple_private_key=given))
        assert apple.secret(NOW).count(".") == 2


@pytest.mark.parametrize("kind", ["p384", "rsa", "nonsense", "no-file"])
def test_another_kind_of_key_stops_the_start_without_being_shown(kind: str, key: rsa.RSAPrivateKey) -> None:
    given = {
        "p384": pem_of(ec.generate_private_key(ec.SECP384R1())),
        "rsa": pem_of(key),
        "nonsense": "-----BEGIN PRIVATE KEY-----\nplanted-4711\n-----END PRIVATE KEY-----",
        "no-file": "/no/such/planted-4711",
    }[kind]
    with pytest.raises(SettingsError, match="SIGNIN_APPLE_PRIVATE_KEY") as refused:
        registrations(load(Settings, **APPLE, signin_apple_private_key=given))
    assert "planted" not in str(refused.value)
    assert given.splitlines()[-1] not in str(refused.value)


def test_production_sends_codes_only_over_tls() -> None:
    fields = {"database_url": "postgresql://u:geheim-4711@db/users", "jwt_private_key": "k" * 40}
    with pytest.raises(SettingsError, match=r"http://sso\.example is not https"):
        load(
            Settings,
            env="production",
            public_url="https://a.example",
            signin_google_issuer="http://sso.example",
            **fields,
        )


@pytest.mark.parametrize(
    ("vouched", "told", "needed", "name"),
    [
        ("Asha", "Mallory", False, "Asha"),
        (None, "Asha\n Rao", False, "Asha Rao"),
        ("\u202e\x00 ", None, False, None),
        (None, None, True, "a.rao"),
        ("x" * 300, None, False, "x" * 255),
    ],
)
def test_what_a_new_account_is_called(vouched: str | None, told: str | None, needed: bool, name: str | None) -> None:
    assertion = Assertion("apple", "1", "a.rao@example.com", True, vouched)
    assert name_of(assertion, told, needed=needed) == name


@pytest.mark.parametrize("verified", [True, False])
def test_an_account_of_an_unproved_address_loses_its_password(verified: bool) -> None:
    user = User(email="a@example.com", password_hash=b"hash", email_verified=verified)
    assert claim(user) is not verified
    assert (user.password_hash, user.email_verified) == (b"hash" if verified else None, True)
