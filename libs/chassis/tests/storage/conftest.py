"""A store of each kind: a folder, S3 as a server on loopback plays it, and S3 with a folder to fall back on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from chassis.storage import (
    FallbackStore,
    FolderStore,
    ObjectStore,
)
from chassis.storage.s3 import S3Store

FIVE_MB = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str) -> Iterator[tuple[Any, str]]:
    """A client of the server and a fresh bucket in it."""
    client = boto3.client(
        "s3", endpoint_url=s3_server, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    name = f"bucket-{os.urandom(6).hex()}"
    client.create_bucket(Bucket=name)
    yield client, name
    client.close()


@pytest.fixture
def folder_store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store", public_url="http://gateway:8000/")


@pytest.fixture
def s3_store(s3_server: str, bucket: tuple[Any, str]) -> S3Store:
    return S3Store(
        bucket[1],
        region="us-east-1",
        endpoint_url=s3_server,
        access_key_id="key",
        secret_access_key="secret",
        multipart_above=FIVE_MB,
    )


@pytest.fixture
def fallback_store(s3_store: S3Store, tmp_path: Path) -> FallbackStore:
    return FallbackStore(s3_store, FolderStore(tmp_path / "spare"))


@pytest.fixture(params=["folder_store", "s3_store", "fallback_store"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    chosen: ObjectStore = request.getfixturevalue(request.param)
    return chosen
