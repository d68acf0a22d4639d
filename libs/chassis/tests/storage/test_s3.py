"""What only S3 has: parts, pages, presigned links, and being away."""

from __future__ import annotations

import base64
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis.storage import (
    StoreUnavailable,
)
from chassis.storage.cdn import Cdn
from chassis.storage.s3 import MULTIPART_ABOVE, S3Store

KEY = "images/a/2026/03/07/b.jpg"
FIVE_MB = 5 * 1024 * 1024


def test_parts_begin_above_100_mebibytes() -> None:
    assert MULTIPART_ABOVE == 100 * 1024 * 1024


@pytest.mark.parametrize(("size", "in_parts"), [(FIVE_MB, False), (FIVE_MB + 1, True), (2 * FIVE_MB + 3, True)])
async def test_a_large_file_is_stored_in_parts(
    s3_store: S3Store, bucket: tuple[Any, str], tmp_path: Path, size: int, in_parts: bool
) -> None:
    client, name = bucket
    source = tmp_path / "source.mp4"
    source.write_bytes(os.urandom(size))

    stored = await s3_store.put_file(source, "videos/v.mp4", "video/mp4", metadata={"file_type": "generated_video"})

    head = client.head_object(Bucket=name, Key="videos/v.mp4")
    assert ("-" in head["ETag"]) is in_parts
    assert head["CacheControl"] == "private, max-age=2592000, immutable"
    assert head["ContentType"] == "video/mp4"
    assert head["Metadata"]["file_type"] == "generated_video"
    assert (await s3_store.fetch(stored, tmp_path / "copy")).read_bytes() == source.read_bytes()


async def test_interrupted_multipart_uploads_are_aborted(s3_store: S3Store, bucket: tuple[Any, str]) -> None:
    client, name = bucket
    client.create_multipart_upload(Bucket=name, Key="videos/half.mp4")

    assert await s3_store.clean_unfinished(timedelta(days=36500)) == 0
    assert await s3_store.clean_unfinished(timedelta(days=-1)) == 1
    assert "Uploads" not in client.list_multipart_uploads(Bucket=name)


async def test_every_page_of_a_listing_is_read(s3_store: S3Store, bucket: tuple[Any, str]) -> None:
    """S3 answers at most 1,000 keys at once (FIL-21)."""
    client, name = bucket
    for number in range(1_005):
        client.put_object(Bucket=name, Key=f"temp/{number:04}.txt", Body=b"")

    assert [key async for key in s3_store.list_keys("temp/")] == [f"temp/{number:04}.txt" for number in range(1_005)]


async def test_a_presigned_link_works_by_itself(s3_store: S3Store) -> None:
    await s3_store.put_bytes(b"12345", KEY, "image/jpeg")

    link = s3_store.signed_url(KEY, filename="portrait (1).jpg")

    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["86400"]
    async with httpx.AsyncClient() as http:
        answer = await http.get(link, headers={"Range": "bytes=1-2"})
    assert answer.content == b"23"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''portrait%20%281%29.jpg"


async def test_a_store_that_is_away_says_so(s3_server: str, tmp_path: Path) -> None:
    away = S3Store(
        "bucket",
        region="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        access_key_id="key",
        secret_access_key="secret",
        timeout_s=0.5,
    )
    no_bucket = S3Store(
        "no-such-bucket", region="us-east-1", endpoint_url=s3_server, access_key_id="k", secret_access_key="s"
    )
    source = tmp_path / "x"
    source.write_bytes(b"x")

    for call in (away.ready(), away.put_file(source, KEY, "image/jpeg"), away.stat(KEY), no_bucket.ready()):
        with pytest.raises(StoreUnavailable):
            await call


async def test_links_name_the_address_that_clients_reach(s3_server: str, bucket: tuple[Any, str]) -> None:
    """Inside a network of containers S3 has a name that means nothing outside; the signature covers the host."""
    outside = s3_server.replace("127.0.0.1", "localhost")
    store = S3Store(
        bucket[1],
        region="us-east-1",
        endpoint_url=s3_server,
        public_endpoint=outside,
        access_key_id="key",
        secret_access_key="secret",
    )
    stored = await store.put_bytes(b"a photo", KEY, "image/jpeg")

    link = store.signed_url(KEY)

    assert link.startswith(f"{outside}/{bucket[1]}/{KEY}?")
    assert parse_qs(urlsplit(link).query)["X-Amz-SignedHeaders"] == ["host"]
    async with httpx.AsyncClient() as client:
        assert (await client.get(link)).content == b"a photo"
    assert await store.read(stored) == b"a photo"


async def test_with_nowhere_to_go_a_link_is_made_all_the_same() -> None:
    """Signing calls nobody, least of all the public address, which need not be reachable from inside."""
    store = S3Store(
        "photos",
        region="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        public_endpoint="https://files.example.org",
        access_key_id="key",
        secret_access_key="secret",
    )

    assert store.signed_url(KEY).startswith(f"https://files.example.org/photos/{KEY}?")


async def test_a_server_on_this_machine_is_reached_past_any_proxy(
    s3_server: str, bucket: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    store = S3Store(
        bucket[1], region="us-east-1", endpoint_url=s3_server, access_key_id="key", secret_access_key="secret"
    )
    await store.put_bytes(b"here", KEY, "image/jpeg")
    assert (await store.stat(KEY)).size == 4


async def test_before_a_network_links_lead_there_and_are_signed_for_it(s3_server: str, bucket: tuple[Any, str]) -> None:
    """As the network checks them: the policy is made of address and end, and the key's owner has signed it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    store = S3Store(
        bucket[1],
        region="us-east-1",
        endpoint_url=s3_server,
        access_key_id="key",
        secret_access_key="secret",
        cdn=Cdn("cdn.example.org", "K2", pem),
    )
    await store.put_bytes(b"a photo", KEY, "image/jpeg")
    before = int(time.time())

    for filename in (None, "Mein Bild é.jpg"):
        link = store.signed_url(KEY, expires_s=600, filename=filename)

        parts = urlsplit(link)
        query = parse_qs(parts.query)
        assert (parts.netloc, parts.path, query["Key-Pair-Id"]) == ("cdn.example.org", f"/{KEY}", ["K2"])
        assert before + 600 <= int(query["Expires"][0]) <= time.time() + 601
        asked = query.get("response-content-disposition")
        assert asked == (None if filename is None else ["attachment; filename*=UTF-8''Mein%20Bild%20%C3%A9.jpg"])
        address = link[: link.index("Expires=") - 1]
        policy = (
            f'{{"Statement":[{{"Resource":"{address}","Condition":'
            f'{{"DateLessThan":{{"AWS:EpochTime":{query["Expires"][0]}}}}}}}]}}'
        )
        signature = base64.b64decode(query["Signature"][0].translate(str.maketrans("-_~", "+=/")))
        key.public_key().verify(signature, policy.encode(), padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    head = bucket[0].head_object(Bucket=bucket[1], Key=KEY)
    assert head["CacheControl"] == "private, max-age=31536000, immutable"


def test_a_network_wants_an_rsa_key() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ValueError, match="RSA"):
        Cdn("cdn.example.org", "K2", pem.decode())
