"""Between a vendor and a stored result: inputs as it wants them, media checked and kept, raw answers scrubbed."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ai_router.providers.content import Content, Damaged, Empty, inspect
from ai_router.providers.errors import Secrets, failure
from ai_router.providers.http import VendorHttp
from ai_router.providers.port import Declaration, FailureClass, ProviderFailure, ProviderRequest, Workspace
from contracts.enums import Capability
from contracts.objects import StoredObject

_LONGEST_TEXT = 2_000
_LINK_TRIES = 3


def declared(declarations: Sequence[Declaration], capability: Capability) -> Declaration:
    """The declaration for ``capability``; raises ``INPUT`` where there is none."""
    for declaration in declarations:
        if declaration.capability is capability:
            return declaration
    raise failure(FailureClass.INPUT, f"{capability} is not offered here")


def ignored(declaration: Declaration, request: ProviderRequest) -> tuple[str, ...]:
    """Parameters the caller gave and the vendor will not act on, sorted."""
    given = (name for name, value in request.parameters.items() if value is not None)
    return tuple(sorted(name for name in given if name not in declaration.honours))


def model_of(declaration: Declaration, request: ProviderRequest) -> str:
    """The model asked for, else the declaration's first. Raises ``INPUT`` for one that is not declared."""
    model = request.model or declaration.models[0]
    if model not in declaration.models:
        raise failure(FailureClass.INPUT, f"model {model} is not offered for {declaration.capability}")
    return model


def text(request: ProviderRequest, name: str, *, longest: int, needed: bool = True) -> str:
    """A text parameter. Raises ``INPUT`` when it is missing (and needed) or longer than ``longest`` characters."""
    value = request.parameters.get(name)
    value = value.strip() if isinstance(value, str) else ""
    if needed and not value:
        raise failure(FailureClass.INPUT, f"{name} is missing")
    if len(value) > longest:
        raise failure(FailureClass.INPUT, f"{name} has {len(value)} characters; {longest} are allowed")
    return value


async def source(
    request: ProviderRequest, role: str, workspace: Workspace, *, limit: int | None = None
) -> tuple[Path, str]:
    """The local file and MIME type of an input. Raises ``INPUT`` when it is missing or larger than ``limit`` bytes."""
    stored = request.inputs.get(role)
    if stored is None:
        raise failure(FailureClass.INPUT, f"an input in the role {role} is missing")
    if limit is not None and stored.size > limit:
        raise failure(FailureClass.INPUT, f"{role} has {stored.size} bytes; {limit} are allowed")
    return await workspace.fetch(stored), stored.mime_type


async def encoded(file: Path) -> str:
    """The file as base64 text."""
    return await asyncio.to_thread(lambda: base64.b64encode(file.read_bytes()).decode("ascii"))


async def read(file: Path) -> bytes:
    """The file's bytes, for a form."""
    return await asyncio.to_thread(file.read_bytes)


async def data_uri(file: Path, mime_type: str) -> str:
    """The file as a ``data:`` URI (RFC 2397)."""
    return f"data:{mime_type};base64,{await encoded(file)}"


async def keep_encoded(workspace: Workspace, data: str, *, role: str, kind: str) -> tuple[StoredObject, Content]:
    """Decode base64 media (either alphabet), check and store it. Raises ``EMPTY`` or ``BAD_OUTPUT``."""
    plain = data.replace("-", "+").replace("_", "/")
    try:
        decoded = await asyncio.to_thread(base64.b64decode, plain, validate=True)
    except binascii.Error:
        raise failure(FailureClass.BAD_OUTPUT, f"{role} is not base64") from None
    return await keep_bytes(workspace, decoded, role=role, kind=kind)


async def keep_bytes(workspace: Workspace, data: bytes, *, role: str, kind: str) -> tuple[StoredObject, Content]:
    """Write media to a file, check and store it. Raises ``EMPTY`` or ``BAD_OUTPUT``."""
    file = workspace.directory / f"{role}.part"
    await asyncio.to_thread(file.write_bytes, data)
    return await keep_file(workspace, file, role=role, kind=kind)


async def keep_file(workspace: Workspace, file: Path, *, role: str, kind: str) -> tuple[StoredObject, Content]:
    """Check a downloaded file and store it under its true type.

    ``kind`` is ``image``, ``audio`` or ``video``. Raises ``EMPTY`` for nothing, ``BAD_OUTPUT`` for the wrong or half
    a thing.
    """
    file, content = await checked(file, kind=kind)
    named = file.with_name(f"{role}{mimetypes.guess_extension(content.mime_type) or '.bin'}")
    await asyncio.to_thread(file.rename, named)
    return await workspace.keep(named, content.mime_type, role=role), content


async def checked(file: Path, *, kind: str) -> tuple[Path, Content]:
    """The file and what it is. Raises ``EMPTY`` for nothing, ``BAD_OUTPUT`` for the wrong or half a thing."""
    try:
        content = await asyncio.to_thread(inspect, file)
    except Empty:
        raise failure(FailureClass.EMPTY, f"{kind} of no bytes") from None
    except Damaged as damaged:
        raise failure(FailureClass.BAD_OUTPUT, f"{kind}: {damaged}") from damaged
    if not content.mime_type.startswith(f"{kind}/"):
        raise failure(FailureClass.BAD_OUTPUT, f"{content.mime_type} came, not {kind}")
    return file, content


async def collect(http: VendorHttp, url: str, file: Path) -> None:
    """Download the result of a call that already did the work: the link is the only way to it, so it is tried thrice.

    Raises ``BAD_OUTPUT`` when the result stays out of reach.
    """
    for _ in range(_LINK_TRIES):
        try:
            await http.download(url, file)
            return
        except ProviderFailure as lost:
            if lost.failure is not FailureClass.TRANSIENT:
                raise
    raise failure(FailureClass.BAD_OUTPUT, "the result was made but its link does not answer")


async def keep_document(workspace: Workspace, document: Mapping[str, Any], *, role: str = "document") -> StoredObject:
    """Store a structured result as JSON."""
    file = workspace.directory / f"{role}.json"
    await asyncio.to_thread(file.write_text, json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return await workspace.keep(file, "application/json", role=role)


def scrub(raw: Any, secrets: Secrets, *, keep_links: bool = False) -> Any:
    """A vendor's answer fit for keeping: secrets out, media bytes out, links without their signatures."""
    match raw:
        case Mapping():
            return {str(name): scrub(value, secrets, keep_links=keep_links) for name, value in raw.items()}
        case list() | tuple():
            return [scrub(value, secrets, keep_links=keep_links) for value in raw]
        case str():
            if raw.startswith(("http://", "https://")) and not keep_links:
                raw = urlunsplit((*urlsplit(raw)[:3], "", ""))
            elif len(raw) > _LONGEST_TEXT:
                raw = f"[{len(raw)} characters]"
            return secrets.redact(raw)
        case _:
            return raw


def ratio_of(request: ProviderRequest, offered: Mapping[str, float], default: str) -> str:
    """The offered name whose width to height is closest to what was asked for by ``width`` and ``height``."""
    width, height = request.parameters.get("width"), request.parameters.get("height")
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        return default
    return min(offered, key=lambda name: abs(offered[name] - width / height))
