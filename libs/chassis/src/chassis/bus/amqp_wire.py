"""AMQP 0-9-1 frames of the hot path: publishing, deliveries, confirms. Pure functions over bytes.

A general codec spends tens of microseconds a message on describing what is always the same; here the constant
parts are made once. Everything rare (handshake, declarations) goes through pamqp. Layout after the AMQP 0-9-1
specification, sections 2.3.5 and 4.2, and RabbitMQ's table of field types.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from struct import Struct
from typing import Any

from pamqp import decode, encode

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
FRAME_END = 0xCE
HEARTBEAT_FRAME = b"\x08\x00\x00\x00\x00\x00\x00\xce"
FRAME_OVERHEAD = 8

frame_head = Struct(">BHI")
_method = Struct(">HH")
_content_head = Struct(">HHQH")
_long = Struct(">I")
_tag = Struct(">QB")
_acknowledge = Struct(">BHIHHQBB")
_signed = Struct(">q")

_BASIC = 60
_END = bytes([FRAME_END])
_PERSISTENT = b"\x02"
_CONTENT_TYPE, _HEADERS, _DELIVERY_MODE, _MESSAGE_ID, _TYPE = 0x8000, 0x2000, 0x1000, 0x0080, 0x0020
_FLAGS = _CONTENT_TYPE | _HEADERS | _DELIVERY_MODE | _MESSAGE_ID | _TYPE
_JSON = b"\x10application/json"

DELIVER, RETURN, ACK, NACK = (_BASIC, 60), (_BASIC, 50), (_BASIC, 80), (_BASIC, 120)


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    """One frame."""
    return b"%b%b\xce" % (frame_head.pack(kind, channel, len(payload)), payload)


def short(text: str) -> bytes:
    """A short string: one byte of length. Raises ``ValueError`` above 255 bytes."""
    raw = text.encode()
    if len(raw) > 255:
        raise ValueError(f"{text[:40]}... is longer than 255 bytes")
    return bytes((len(raw),)) + raw


@lru_cache(maxsize=4096)
def publish_method(channel: int, exchange: str, routing_key: str, mandatory: bool) -> bytes:
    """The frame of ``basic.publish``."""
    payload = b"".join(
        (_method.pack(_BASIC, 40), b"\x00\x00", short(exchange), short(routing_key), b"\x01" if mandatory else b"\x00")
    )
    return frame(METHOD, channel, payload)


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes:
    return short(name)


def _value(value: object) -> bytes:
    if isinstance(value, bool):
        return b"t\x01" if value else b"t\x00"
    if isinstance(value, int):
        return b"l" + _signed.pack(value)
    # Not ours; a message of somebody else that is being moved keeps what it had.
    return encode.encode_table_value(value)  # type: ignore[arg-type]


def table(headers: Mapping[str, object]) -> bytes:
    """Headers as a field table. Raises ``TypeError`` for what AMQP has no type for."""
    parts: list[bytes] = []
    for name, value in headers.items():
        if isinstance(value, str):
            raw = value.encode()
            parts += (_name(name), b"S", _long.pack(len(raw)), raw)
        else:
            parts += (_name(name), _value(value))
    fields = b"".join(parts)
    return _long.pack(len(fields)) + fields


def publish_frames(
    channel: int,
    exchange: str,
    routing_key: str,
    headers: Mapping[str, object],
    body: bytes,
    *,
    message_id: str,
    mandatory: bool,
    frame_max: int,
) -> bytes:
    """A persistent JSON message: method, properties and body frames in one piece."""
    kind = headers.get("cloudEvents:type", "")
    properties = b"".join(
        (
            _content_head.pack(_BASIC, 0, len(body), _FLAGS),
            _JSON,
            table(headers),
            _PERSISTENT,
            short(message_id),
            _name(kind if isinstance(kind, str) else ""),
        )
    )
    parts = [publish_method(channel, exchange, routing_key, mandatory), frame(HEADER, channel, properties)]
    room = frame_max - FRAME_OVERHEAD
    if len(body) <= room:
        if body:
            parts.append(frame(BODY, channel, body))
    else:
        parts.extend(frame(BODY, channel, body[start : start + room]) for start in range(0, len(body), room))
    return b"".join(parts)


def acknowledge_frame(channel: int, tag: int, *, multiple: bool) -> bytes:
    """The frame of ``basic.ack``."""
    return _acknowledge.pack(METHOD, channel, 13, _BASIC, 80, tag, multiple, FRAME_END)


def reject_frame(channel: int, tag: int) -> bytes:
    """The frame of ``basic.nack`` for one message that goes back to its queue."""
    return _acknowledge.pack(METHOD, channel, 13, _BASIC, 120, tag, 0b10, FRAME_END)


def tag_and_bits(payload: bytes) -> tuple[int, int]:
    """Delivery tag and flag bits of ``basic.ack`` and ``basic.nack``; bit 0 is "multiple"."""
    tag, bits = _tag.unpack_from(payload, 4)
    return tag, bits


def delivery_tag(payload: bytes) -> tuple[int, bool]:
    """Delivery tag and "redelivered" of a ``basic.deliver``."""
    tag, redelivered = _tag.unpack_from(payload, 5 + payload[4])
    return tag, bool(redelivered)


def content(payload: bytes) -> tuple[int, dict[str, Any], str]:
    """Body size, headers and message id out of a content header frame."""
    _, _, size, flags = _content_head.unpack_from(payload)
    position = 14
    headers: dict[str, Any] = {}
    message_id = ""
    if flags & _CONTENT_TYPE:
        position += 1 + payload[position]
    if flags & 0x4000:  # content encoding
        position += 1 + payload[position]
    if flags & _HEADERS:
        headers, position = _read_table(payload, position)
    for flag, width in ((_DELIVERY_MODE, 1), (0x0800, 1)):  # delivery mode, priority
        if flags & flag:
            position += width
    for flag in (0x0400, 0x0200, 0x0100):  # correlation id, reply to, expiration
        if flags & flag:
            position += 1 + payload[position]
    if flags & _MESSAGE_ID:
        message_id = payload[position + 1 : position + 1 + payload[position]].decode("utf-8", "replace")
    return size, headers, message_id


def _read_table(payload: bytes, position: int) -> tuple[dict[str, Any], int]:
    """The field table at ``position`` and where it ends. Tables that are ASCII throughout are decoded in one piece."""
    start = position + 4
    end = start + _long.unpack_from(payload, position)[0]
    fields = payload[start:end]
    text = fields.decode() if fields.isascii() else None
    headers: dict[str, Any] = {}
    at, length = 0, len(fields)
    while at < length:
        name_end = at + 1 + fields[at]
        kind = fields[name_end]
        name = text[at + 1 : name_end] if text is not None else _utf8(fields[at + 1 : name_end])
        if kind == 0x53:  # long string
            value = name_end + 5
            at = value + _long.unpack_from(fields, name_end + 1)[0]
            headers[name] = text[value:at] if text is not None else _utf8(fields[value:at])
        elif kind == 0x6C:  # signed 64 bit
            headers[name] = _signed.unpack_from(fields, name_end + 1)[0]
            at = name_end + 9
        else:
            # Something a broker or a foreign client added: leave the whole table to the general codec.
            _, general = decode.field_table(payload[position:end])
            return dict(general), end
    return headers, end


def _utf8(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
