"""What the headers of the tus protocol say (tus.io, version 1.0.0; creation, checksum, expiration, termination)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple

from workflow.resumable.errors import BadUpload, NotAnUpload, OtherVersion

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
BYTES = "application/offset+octet-stream"
ALGORITHMS = ("sha1", "sha256", "sha512", "md5")

_LONGEST_METADATA = 4096


class Checksum(NamedTuple):
    """What the bytes of one request must come to."""

    algorithm: str
    digest: bytes

    def fits(self, found: bytes) -> bool:
        """Whether they do."""
        return found == self.digest


def check_version(said: str | None) -> None:
    """Raise ``OtherVersion`` for another version; whoever says none is taken for one of this."""
    if said is not None and said.strip() != VERSION:
        raise OtherVersion(f"This server speaks tus {VERSION}, not {said[:20]}.", headers={"Tus-Version": VERSION})


def check_type(said: str | None) -> None:
    """Raise ``NotAnUpload`` unless the body is sent as bytes of an upload."""
    if (said or "").split(";")[0].strip().lower() != BYTES:
        raise NotAnUpload(f"Send the bytes with Content-Type {BYTES}.")


def number(name: str, said: str | None) -> int:
    """A count of bytes in a header; raises ``BadUpload`` for what is none."""
    if said is None or not said.isascii() or not said.isdigit() or len(said) > 15:
        raise BadUpload(f"{name} is a number of bytes.", fields={name: "is a whole number, not less than 0"})
    return int(said)


def metadata(said: str | None) -> Mapping[str, str]:
    """The pairs of ``Upload-Metadata``; raises ``BadUpload`` for what cannot be read."""
    if said is None or not said.strip():
        return {}
    if len(said) > _LONGEST_METADATA:
        raise BadUpload("Upload-Metadata is too long.", fields={"Upload-Metadata": f"at most {_LONGEST_METADATA}"})
    found: dict[str, str] = {}
    for pair in said.split(","):
        name, _, value = pair.strip().partition(" ")
        text: str | None
        try:
            text = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = None
        if not name or text is None or name in found or not all(c.isprintable() for c in text):
            raise BadUpload(
                "Upload-Metadata is pairs of a name and its value in Base64, separated by commas.",
                fields={"Upload-Metadata": f"cannot be read at {name[:50] or 'its beginning'}"},
            )
        found[name] = text
    return found


def checksum(said: str | None) -> Checksum | None:
    """What ``Upload-Checksum`` promises; raises ``BadUpload`` for what cannot be read or checked."""
    if said is None:
        return None
    algorithm, _, value = said.strip().partition(" ")
    try:
        digest = base64.b64decode(value.strip(), validate=True)
    except binascii.Error:
        digest = b""
    if algorithm not in ALGORITHMS or len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise BadUpload(
            "Upload-Checksum is an algorithm and the digest in Base64.",
            fields={"Upload-Checksum": f"one of {', '.join(ALGORITHMS)}, and its digest"},
        )
    return Checksum(algorithm, digest)


def answer(
    *, offset: int | None = None, length: int | None = None, expires_at: datetime | None = None
) -> dict[str, str]:
    """The headers of an answer."""
    headers = {"Tus-Resumable": VERSION}
    if offset is not None:
        headers["Upload-Offset"] = str(offset)
    if length is not None:
        headers["Upload-Length"] = str(length)
    if expires_at is not None:
        headers["Upload-Expires"] = format_datetime(expires_at, usegmt=True)
    return headers


def abilities(most: int) -> dict[str, str]:
    """What the server can do, for whoever asks with OPTIONS."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(most),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }
