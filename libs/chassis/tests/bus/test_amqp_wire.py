"""Our own frames against a general codec, in both directions."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, header
from pamqp import frame as codec
from pamqp.body import ContentBody
from pamqp.common import FieldTable

from chassis.bus import amqp_wire as wire

_names = st.text(string.ascii_letters + ":-_", min_size=1, max_size=40)
_values = st.one_of(st.text(max_size=200), st.integers(-(2**63), 2**63 - 1), st.booleans())


def _frames(data: bytes) -> list[codec.FrameTypes]:
    frames = []
    while data:
        used, channel, frame = codec.unmarshal(data)
        assert channel == 7
        frames.append(frame)
        data = data[used:]
    return frames


@given(st.dictionaries(_names, _values, max_size=12), st.binary(max_size=5000), st.booleans())
def test_a_published_message_reads_back_as_what_it_was(
    headers: dict[str, object], body: bytes, mandatory: bool
) -> None:
    headers["cloudEvents:type"] = "users.user_registered.v1"
    data = wire.publish_frames(
        7, "events", "users.user_registered.v1", headers, body, message_id="m-1", mandatory=mandatory, frame_max=1000
    )

    method, content, *parts = _frames(data)

    assert isinstance(method, commands.Basic.Publish)
    assert (method.exchange, method.routing_key, method.mandatory) == ("events", "users.user_registered.v1", mandatory)
    assert isinstance(content, header.ContentHeader)
    assert content.body_size == len(body)
    properties = content.properties
    assert properties.headers == headers
    assert properties.content_type == "application/json"
    assert properties.delivery_mode == 2
    assert properties.message_id == "m-1"
    assert properties.message_type == "users.user_registered.v1"
    pieces = [part.value for part in parts if isinstance(part, ContentBody)]
    assert b"".join(pieces) == body
    assert all(len(piece) <= 1000 - wire.FRAME_OVERHEAD for piece in pieces)


@given(st.dictionaries(_names, _values, max_size=12), st.integers(0, 2**40))
def test_content_headers_of_ours_are_read_as_the_general_codec_reads_them(headers: FieldTable, size: int) -> None:
    content = header.ContentHeader(
        body_size=size, properties=commands.Basic.Properties(headers=headers, message_id="m-2", priority=3)
    )
    assert wire.content(codec.marshal(content, 7)[7:-1]) == (size, headers, "m-2")


def test_content_headers_of_others_are_read_too() -> None:
    headers: FieldTable = {
        "x-death": [{"count": 2, "queue": "q", "time": datetime(2026, 1, 1, tzinfo=UTC)}],
        "nothing": None,
        "ratio": 0.5,
        "text": "ok",
    }
    properties = commands.Basic.Properties(
        content_type="text/plain",
        content_encoding="utf-8",
        headers=headers,
        delivery_mode=1,
        priority=1,
        correlation_id="c",
        reply_to="r",
        expiration="60",
        message_id="m-3",
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        message_type="t",
        app_id="a",
    )
    content = header.ContentHeader(body_size=3, properties=properties)
    assert wire.content(codec.marshal(content, 1)[7:-1]) == (3, headers, "m-3")
    bare = header.ContentHeader(body_size=0, properties=commands.Basic.Properties())
    assert wire.content(codec.marshal(bare, 1)[7:-1]) == (0, {}, "")


@given(st.integers(1, 2**63 - 1), st.booleans())
def test_acknowledgements(tag: int, multiple: bool) -> None:
    (frame,) = _frames(wire.acknowledge_frame(7, tag, multiple=multiple))
    assert isinstance(frame, commands.Basic.Ack)
    assert (frame.delivery_tag, frame.multiple) == (tag, multiple)
    marshalled = codec.marshal(commands.Basic.Ack(tag, multiple), 7)[7:-1]
    assert wire.tag_and_bits(marshalled) == (tag, int(multiple))


@given(st.text(string.ascii_letters, max_size=60), st.integers(1, 2**63 - 1), st.booleans())
def test_deliveries(consumer: str, tag: int, redelivered: bool) -> None:
    method = commands.Basic.Deliver(consumer, tag, redelivered, "events", "key")
    assert wire.delivery_tag(codec.marshal(method, 7)[7:-1]) == (tag, redelivered)


def test_what_amqp_has_no_type_for_is_refused() -> None:
    with pytest.raises(TypeError):
        wire.table({"a": object()})


def test_names_have_at_most_255_bytes() -> None:
    assert wire.short("é" * 127)[0] == 254
    with pytest.raises(ValueError, match="255"):
        wire.short("é" * 128)
