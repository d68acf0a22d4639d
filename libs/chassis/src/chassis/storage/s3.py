"""Objects in S3 or a server that speaks it, through boto3; its blocking calls run in threads."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from opentelemetry.trace import SpanKind

from chassis import faults
from chassis.ids import uuid7
from chassis.observe import traces
from chassis.observe.calls import dependency_called
from chassis.settings import is_here
from chassis.storage.cdn import Cdn
from chassis.storage.keys import cache_control, check_key
from chassis.storage.port import (
    CHUNK,
    DAY_S,
    NO_METADATA,
    READ_LIMIT,
    ObjectMissing,
    ObjectStat,
    StoreUnavailable,
    checked,
    described,
    described_file,
    missing,
    require_life,
    require_readable,
    require_same,
)
from contracts.objects import StoredObject

MULTIPART_ABOVE = 104_857_600
"""FIL-19: larger objects are stored in parts."""

_PART = 16 * 1024 * 1024
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})

Result = TypeVar("Result")


class S3Store:
    """Keeps objects in one bucket. Satisfies ``ObjectStore``.

    S3 itself makes a put atomic: an object is seen when it, or its last part, has arrived whole. Links name
    ``public_endpoint``, for clients to whom ``endpoint_url``, where this process goes, means nothing; or the ``cdn``
    that stands before the bucket.
    """

    def __init__(
        self,
        bucket: str,
        *,
        region: str,
        endpoint_url: str | None = None,
        public_endpoint: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        multipart_above: int = MULTIPART_ABOVE,
        cdn: Cdn | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        self._bucket = bucket
        self._cdn = cdn

        def client(endpoint: str | None) -> Any:
            return boto3.client(
                "s3",
                region_name=region,
                endpoint_url=endpoint,
                aws_access_key_id=access_key_id,
                aws_secret_access_key=secret_access_key,
                config=Config(
                    signature_version="s3v4",
                    connect_timeout=timeout_s,
                    read_timeout=timeout_s,
                    retries={"mode": "standard", "max_attempts": 3},
                    max_pool_connections=20,
                    proxies={} if endpoint and is_here(endpoint) else None,
                    # Servers other than Amazon's are reached by path: their name has no bucket in front.
                    s3={"addressing_style": "path" if endpoint else "auto"},
                ),
            )

        self._s3 = client(endpoint_url)
        # The host is part of what is signed, so a link cannot be rewritten afterwards. This client connects nowhere.
        self._signer = client(public_endpoint) if public_endpoint else self._s3
        # boto3 switches at the threshold itself, FIL-19 above it.
        self._transfer = TransferConfig(
            multipart_threshold=multipart_above + 1, multipart_chunksize=min(_PART, max(multipart_above, 5 * CHUNK))
        )

    async def put_file(
        self, path: Path, key: str, mime_type: str, *, metadata: Mapping[str, str] = NO_METADATA
    ) -> StoredObject:
        """Store the file's content, in parts when it is large; durable when this returns."""
        check_key(key)

        def put() -> StoredObject:
            stored = described_file(path, key, mime_type)
            faults.point("storage.before_upload")
            # boto3 sends a file from threads of its own, which know of no trace.
            with traces.span("S3 upload", {"aws.s3.bucket": self._bucket, "aws.s3.key": key}, kind=SpanKind.CLIENT):
                self._s3.upload_file(
                    str(path), self._bucket, key, ExtraArgs=_headers(stored, metadata), Config=self._transfer
                )
            faults.point("storage.after_upload")
            return stored

        return await _calling(put, key)

    async def put_bytes(
        self, data: bytes, key: str, mime_type: str, *, metadata: Mapping[str, str] = NO_METADATA
    ) -> StoredObject:
        """Store ``data``; durable when this returns."""
        check_key(key)

        def put() -> StoredObject:
            stored = described(data, key, mime_type)
            faults.point("storage.before_upload")
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=data, **_headers(stored, metadata))
            faults.point("storage.after_upload")
            return stored

        return await _calling(put, key)

    async def fetch(self, stored: StoredObject, into: Path) -> Path:
        """Write the object to ``into``; raises ``ObjectMissing`` or ``ObjectDamaged``."""

        def fetch() -> Path:
            into.parent.mkdir(parents=True, exist_ok=True)
            partial = into.with_name(f".{into.name}.{uuid7().hex}")
            try:
                digest = hashlib.sha256()
                size = 0
                with partial.open("wb") as target, self._body(stored.key) as body:
                    for chunk in iter(lambda: body.read(CHUNK), b""):
                        digest.update(chunk)
                        size += len(chunk)
                        target.write(chunk)
                require_same(stored.model_copy(update={"sha256": digest.hexdigest(), "size": size}), stored)
                faults.point("storage.before_fetch_rename")
                partial.replace(into)
                faults.point("storage.after_fetch_rename")
            finally:
                partial.unlink(missing_ok=True)
            return into

        check_key(stored.key)
        return await _calling(fetch, stored.key)

    async def read(self, stored: StoredObject, *, limit: int = READ_LIMIT) -> bytes:
        """The object's content, checked; raises ``TooLarge`` above ``limit`` bytes."""
        require_readable(stored, limit)
        check_key(stored.key)

        def read() -> bytes:
            with self._body(stored.key) as body:
                return checked(body.read(stored.size + 1), stored)

        return await _calling(read, stored.key)

    async def open_range(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes from ``start`` up to ``end``, in pieces."""
        check_key(key)
        if end is not None and end <= start:
            if await self.stat(key) is None:
                raise missing(key)
            return
        wanted = f"bytes={start}-{'' if end is None else end - 1}"
        body = await _calling(lambda: self._body(key, wanted), key)
        try:
            while piece := await _calling(lambda: body.read(CHUNK), key):
                yield piece
        finally:
            body.close()

    async def stat(self, key: str) -> ObjectStat | None:
        """Size, type and metadata; the metadata has the object's ``sha256`` too. None when there is no such object."""
        check_key(key)

        def head() -> ObjectStat | None:
            try:
                found = self._s3.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if _code(error) in _ABSENT:
                    return None
                raise
            return ObjectStat(found["ContentLength"], found["ContentType"], found["Metadata"])

        return await _calling(head, key)

    async def delete(self, key: str) -> None:
        """Remove the object; removing what is not there is no error."""
        check_key(key)
        await _calling(lambda: self._s3.delete_object(Bucket=self._bucket, Key=key), key)

    def signed_url(self, key: str, *, expires_s: int = DAY_S, filename: str | None = None) -> str:
        """A presigned link; made here, without a call."""
        require_life(expires_s)
        parameters = {"Bucket": self._bucket, "Key": check_key(key)}
        disposition = None
        if filename is not None:
            if not filename.isprintable():
                raise ValueError("a file name has no control characters")
            disposition = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
            parameters["ResponseContentDisposition"] = disposition
        if self._cdn is not None:
            return self._cdn.link(key, datetime.now(UTC) + timedelta(seconds=expires_s), disposition)
        url: str = self._signer.generate_presigned_url("get_object", Params=parameters, ExpiresIn=expires_s)
        return url

    async def list_keys(self, prefix: str) -> AsyncIterator[str]:
        """Every key that begins with ``prefix``, page by page."""
        pages = iter(self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix))
        while (page := await _calling(lambda: next(pages, None), prefix)) is not None:
            for entry in page.get("Contents", ()):
                yield entry["Key"]

    async def clean_unfinished(self, older_than: timedelta) -> int:
        """Abort multipart uploads begun that long ago and never completed."""
        before = datetime.now(UTC) - older_than

        def abort() -> int:
            aborted = 0
            for page in self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < before:
                        self._s3.abort_multipart_upload(
                            Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                        )
                        aborted += 1
            return aborted

        return await _calling(abort, "")

    async def ready(self) -> None:
        """Return when the bucket answers; raises ``StoreUnavailable`` when not."""
        await _calling(lambda: self._s3.head_bucket(Bucket=self._bucket), "")

    def _body(self, key: str, wanted: str | None = None) -> Any:
        """The object's content as an open stream; an empty one when the range begins behind its end."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key, **({"Range": wanted} if wanted else {}))["Body"]
        except ClientError as error:
            if _code(error) == "InvalidRange":
                return io.BytesIO()
            raise


def _headers(stored: StoredObject, metadata: Mapping[str, str]) -> dict[str, Any]:
    return {
        "ContentType": stored.mime_type,
        "CacheControl": cache_control(stored.mime_type),
        "Metadata": {**metadata, "sha256": stored.sha256},
    }


async def _calling(call: Callable[[], Result], key: str) -> Result:
    """Run a blocking call in a thread; boto3's errors come out as the port's."""

    def run() -> Result:
        with dependency_called("objects") as called:
            try:
                with _errors(key):
                    return call()
            except ObjectMissing:
                # An answer too.
                called.outcome = "refused"
                raise

    return await asyncio.to_thread(run)


@contextmanager
def _errors(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        # Without a key it is the bucket that is absent, and that is the store's trouble.
        if key and _code(error) in _ABSENT:
            raise missing(key) from error
        raise StoreUnavailable(
            "The object store refuses the call at the moment.", details={"reason": _code(error)}
        ) from error
    except (BotoCoreError, Boto3Error) as error:
        raise StoreUnavailable("The object store does not answer. Try again shortly.") from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
