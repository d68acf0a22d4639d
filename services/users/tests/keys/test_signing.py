"""The signing key: where it comes from, who may read it, and what is published of it."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.errors import NotAuthenticated
from chassis.identity.tokens import TokenVerifier
from chassis.settings import SettingsError
from chassis.testing.tokens import AUDIENCE, ISSUER, an_identity
from users.keys import signing
from users.settings import Settings


def pem_of(key: Any) -> str:
    return key.private_bytes(  # type: ignore[no-any-return]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def verifier_of(key: signing.SigningKey) -> TokenVerifier:
    async def published() -> dict[str, Any]:
        return {"keys": [signing.public_jwk(key.key_id, key.public)]}

    return TokenVerifier(published, issuer=ISSUER, audience=AUDIENCE)


async def test_what_is_published_verifies_a_token_through_the_real_verifier() -> None:
    key = signing.load(Settings(env="test"))
    identity = an_identity()
    token = key.sign(identity, issuer=ISSUER, audience=AUDIENCE)
    assert await verifier_of(key).verify(token) == identity
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["kid"]) == ("EdDSA", key.key_id)
    another = signing.load(Settings(env="test"))
    with pytest.raises(NotAuthenticated):
        await verifier_of(another).verify(token)


async def test_the_published_set_has_no_private_half(users: Any) -> None:
    async with users.client() as client:
        answer = await client.get("/.well-known/jwks.json")
    [key] = answer.json()["keys"]
    assert set(key) == {"kty", "crv", "alg", "use", "kid", "x"}
    # A cache between would keep a new key from those who need it.
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_key_file_is_made_once_for_its_owner_only_and_reused(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.pem"
    settings = Settings(env="test", jwt_key_file=path)
    first, second = signing.load(settings), signing.load(settings)
    assert first.key_id == second.key_id
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["signing.pem"]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    settings = Settings(env="test", jwt_key_file=tmp_path / "signing.pem")
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda _: signing.load(settings).key_id, range(4)))
    assert len(set(keys)) == 1


@pytest.mark.parametrize("as_file", [False, True])
def test_a_configured_key_is_taken_as_text_or_from_its_path(tmp_path: Path, as_file: bool) -> None:
    pem = pem_of(Ed25519PrivateKey.generate())
    (tmp_path / "given.pem").write_text(pem)
    given = str(tmp_path / "given.pem") if as_file else pem
    key = signing.load(Settings(env="test", jwt_private_key=given))
    assert pem_of(key.private) == pem


def test_the_key_id_is_the_thumbprint_of_the_public_key() -> None:
    # The example of RFC 8037, appendix A.3.
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    assert signing.SigningKey.of(key).key_id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_production_without_a_key_does_not_start() -> None:
    with pytest.raises(ValueError, match="JWT_PRIVATE_KEY"):
        Settings(env="production", database_url="postgresql+asyncpg://u:long-enough@db/x")


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="Ed25519"):
        signing.load(Settings(env="test", jwt_private_key=pem_of(rsa.generate_private_key(65537, 2048))))


def test_the_key_id_is_the_thumbprint_of_the_standard() -> None:
    """RFC 8037, appendix A.3."""
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = signing.SigningKey.of(Ed25519PrivateKey.from_private_bytes(seed))
    assert key.key_id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
