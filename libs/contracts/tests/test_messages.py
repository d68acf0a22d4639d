"""Recorded examples, published schemas and the generated document, against the models of today."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts import asyncapi
from contracts.catalogue import MESSAGES, commands, events
from contracts.compatibility import breaking_changes
from contracts.envelope import BadEnvelope, Envelope
from contracts.message import Message
from contracts.product_lines import PRODUCT_LINES

MEMBER = Path(__file__).parents[1]
REPOSITORY = MEMBER.parents[1]
ALL = [*events(), *commands()]
SERVICES = {"users", "billing", "workflow", "ai_router", "export", "notify", "analytics", "gateway"}


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.NAME)
def test_recorded_examples_are_still_understood(message: type[Message]) -> None:
    recorded = sorted((MEMBER / "recorded" / message.NAME).glob("*.json"))
    assert recorded, f"{message.NAME} has no recorded example; `make record` writes one"
    for path in recorded:
        data = json.loads(path.read_text(encoding="utf-8"))
        read = message.model_validate(data)
        written = json.loads(read.model_dump_json())
        assert {name: written[name] for name in data} == data, path.name


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.NAME)
def test_a_published_version_is_never_broken(message: type[Message]) -> None:
    path = MEMBER / "published" / f"{message.NAME}.json"
    assert path.exists(), f"{message.NAME} is not published; `make record` does it"
    published = json.loads(path.read_text(encoding="utf-8"))
    assert breaking_changes(published, message.model_json_schema(mode="serialization")) == []


def test_nothing_published_has_disappeared() -> None:
    assert {path.stem for path in (MEMBER / "published").glob("*.json")} == set(MESSAGES)


def _broken(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    def changed(**changes: Any) -> dict[str, Any]:
        copied = copy.deepcopy(schema)
        for path, value in changes.items():
            target = copied
            *parents, last = path.split("__")
            for parent in parents:
                target = target[parent]
            if value is None:
                del target[last]
            else:
                target[last] = value
        return copied

    required = [name for name in schema["required"] if name != "credits"]
    return {
        "removed": changed(properties__credits=None, required=required),
        "other type": changed(properties__credits={"type": "string", "minimum": 0}),
        "narrower": changed(properties__credits={"type": "integer", "minimum": 1}),
        "newly required": changed(properties__extra={"type": "string"}, required=[*schema["required"], "extra"]),
        "no longer required": changed(required=required),
    }


def test_the_check_finds_every_planted_break_and_allows_an_optional_field() -> None:
    schema = MESSAGES["billing.reserve_credits.v1"].model_json_schema(mode="serialization")
    for name, broken in _broken(schema).items():
        assert breaking_changes(schema, broken), name
    additive = copy.deepcopy(schema)
    additive["properties"]["note"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    assert breaking_changes(schema, additive) == []


def test_an_enumeration_that_is_declared_to_grow_may_gain_a_value_and_not_lose_one() -> None:
    schema = MESSAGES["ai_router.submit_job.v1"].model_json_schema(mode="serialization")

    def with_values(name: str, change: Callable[[list[str]], list[str]]) -> dict[str, Any]:
        changed = copy.deepcopy(schema)
        changed["$defs"][name]["enum"] = change(changed["$defs"][name]["enum"])
        return changed

    assert breaking_changes(schema, with_values("Capability", lambda values: [*values, "singing"])) == []
    assert breaking_changes(schema, with_values("Capability", lambda values: values[1:]))
    assert breaking_changes(schema, with_values("Capability", lambda values: [*values[1:], "singing"]))
    assert breaking_changes(schema, with_values("Quality", lambda values: [*values, "tomorrow"]))


def test_the_asyncapi_document_is_fresh() -> None:
    checked_in = (REPOSITORY / "docs" / "events" / "asyncapi.json").read_text(encoding="utf-8")
    assert checked_in == asyncapi.rendered(), "`make record` writes it anew"


def test_who_reads_the_document_learns_where_to_connect_and_that_messages_repeat() -> None:
    document = asyncapi.document()
    assert document["asyncapi"] == "3.1.0"
    assert document["servers"]
    for server in document["servers"].values():
        assert (server["protocol"], server["protocolVersion"]) == ("amqp", "0.9.1")
        assert set(re.findall(r"{(\w+)}", server["host"])) == set(server["variables"])
        assert server["security"]
    assert "more than once" in document["info"]["description"]


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = asyncapi.document()

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for value in node for found in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in target, reference
            target = target[part]


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.NAME)
def test_owners_and_readers_are_services(message: type[Message]) -> None:
    assert message.owner() in SERVICES
    assert set(message.READERS) <= SERVICES
    assert message.__doc__


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.NAME)
def test_no_message_carries_a_secret(message: type[Message]) -> None:
    assert not {"password", "token", "secret", "access_token", "refresh_token"} & set(message.model_fields)


def test_an_envelope_survives_its_headers() -> None:
    from datetime import UTC, datetime
    from uuid import UUID

    envelope = Envelope(
        id=UUID("0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"),
        source="/services/billing",
        type="billing.credits_reserved.v1",
        time=datetime(2026, 5, 17, 12, tzinfo=UTC),
        subject="0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5c",
        correlation_id="request-1",
        causation_id="message-0",
        product_line="talkingphoto",
        user_id=UUID("0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5d"),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    headers = envelope.to_headers()
    assert Envelope.from_headers(headers) == envelope
    for name in ("id", "type", "time", "source", "subject", "correlationid"):
        with pytest.raises(BadEnvelope, match=name):
            Envelope.from_headers({key: value for key, value in headers.items() if key != f"cloudEvents:{name}"})
    with pytest.raises(BadEnvelope):
        Envelope.from_headers(headers | {"cloudEvents:id": "not a uuid"})


def test_product_lines_are_four_and_survive_utf8() -> None:
    assert set(PRODUCT_LINES) == {"talkingphoto", "reely", "filmstudio", "pixie"}
    pixie = PRODUCT_LINES["pixie"].display_name
    assert pixie.encode("utf-8").decode("utf-8") == pixie
    assert not pixie.isascii()
    assert {line.currency for line in PRODUCT_LINES.values()} == {"INR", "USD"}
    assert all(line.access_token_seconds <= 86_400 for line in PRODUCT_LINES.values())
