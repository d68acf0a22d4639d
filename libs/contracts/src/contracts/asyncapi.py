"""The AsyncAPI 3.1 document of everything that travels, generated from the models.

``python -m contracts.asyncapi`` prints it; a test compares it with the one that is checked in.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from contracts.catalogue import commands, events
from contracts.enums import Priority
from contracts.envelope import CONTENT_TYPE, PREFIX
from contracts.message import Command, Message

_ENVELOPE = {
    "specversion": ("CloudEvents version, 1.0.", True),
    "id": ("UUIDv7 of this message; a repeat has the same.", True),
    "source": ("/services/<name> of the sender.", True),
    "type": ("Name and version of the message.", True),
    "time": ("When it was written, RFC 3339, UTC.", True),
    "subject": ("What it is about: the id of the run, job, hold or user.", True),
    "dataschema": ("Identifies the schema of the body.", True),
    "correlationid": ("The request that all of this began with.", True),
    "causationid": ("The message that led to this one.", False),
    "productline": ("Which product it belongs to.", False),
    "userid": ("Whose it is.", False),
    "traceparent": ("W3C trace context.", False),
}

_ABOUT = """Domain events and commands between the services. Every message is a CloudEvent in AMQP's header binding: its
attributes are headers that begin with `cloudEvents:`, its body is JSON.

**Read events** from a queue of your own, bound to the exchange `events` with the names of events as routing keys;
`billing.*.v1` and `#` work too. **Commands** are for the services that send them.

**Every message can come more than once**, always with the same `cloudEvents:id`: it is delivered at least once, and a
process that dies after its work and before its confirmation leaves the message to the next. Keep the ids that you have
dealt with, in the transaction of what you did, and skip those that you know. Messages about one subject can also come
out of their order; what must be in order carries a `sequence` or a `version`.

**Fields are only added**, and optional; whatever else changes is a new version with a new name."""

_SERVER = {
    "host": "{host}:{port}",
    "protocol": "amqp",
    "protocolVersion": "0.9.1",
    "description": "The RabbitMQ of an installation; embedded, there is none. docs/events/README.md: where it is.",
    "variables": {
        "host": {"default": "localhost", "description": "In compose `rabbitmq`, on its network only."},
        "port": {"default": "5672", "description": "5671 with TLS."},
    },
    "security": [{"$ref": "#/components/securitySchemes/password"}],
}


def document() -> dict[str, Any]:
    """The whole document as plain JSON values, in a stable order."""
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for message in [*events(), *commands()]:
        schemas |= _schemas(message)
        messages[message.NAME] = _message(message)
        channels[message.NAME] = _channel(message)
        operations |= _operations(message)
    return {
        "asyncapi": "3.1.0",
        "id": "urn:talkingphoto:platform",
        "info": {
            "title": "TalkingPhoto messages",
            "version": "1.0.0",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "servers": {"broker": _SERVER},
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "password": {"type": "userPassword", "description": "Each service has a user of its own."}
            },
            "messageTraits": {"cloudEvent": {"headers": _headers()}},
        },
    }


def _message(message: type[Message]) -> dict[str, Any]:
    return {
        "name": message.NAME,
        "title": message.__name__,
        "summary": _first_line(message),
        "description": (message.__doc__ or "").strip(),
        "contentType": CONTENT_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{message.NAME}"},
        "correlationId": {"location": f"$message.header#/{PREFIX}correlationid"},
    }


def _channel(message: type[Message]) -> dict[str, Any]:
    is_command = issubclass(message, Command)
    address = f"{message.owner()}.{{lane}}" if is_command else message.NAME
    channel: dict[str, Any] = {
        "address": address,
        "messages": {message.NAME: {"$ref": f"#/components/messages/{message.NAME}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": "commands" if is_command else "events",
                    "type": "direct" if is_command else "topic",
                    "durable": True,
                    "autoDelete": False,
                },
                "bindingVersion": "0.3.0",
            }
        },
    }
    if is_command:
        channel["parameters"] = {"lane": {"enum": [lane.value for lane in Priority], "description": "Queue priority."}}
    return channel


def _operations(message: type[Message]) -> dict[str, Any]:
    senders = message.SENDERS if issubclass(message, Command) else (message.owner(),)
    channel = {"$ref": f"#/channels/{message.NAME.replace('/', '~1')}"}
    listed: dict[str, Any] = {}
    for action, services in (("send", senders), ("receive", message.READERS)):
        for service in services:
            listed[f"{service}.{action}.{message.NAME}"] = {
                "action": action,
                "channel": channel,
                "summary": f"{service} {action}s {message.NAME}",
                "messages": [{"$ref": f"#/channels/{message.NAME}/messages/{message.NAME}"}],
            }
    return listed


def _schemas(message: type[Message]) -> dict[str, Any]:
    schema = message.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = schema.pop("$defs", {})
    return {message.NAME: schema, **definitions}


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "required": [PREFIX + name for name, (_, required) in _ENVELOPE.items() if required],
        "properties": {PREFIX + name: {"type": "string", "description": text} for name, (text, _) in _ENVELOPE.items()},
    }


def _first_line(message: type[Message]) -> str:
    return (message.__doc__ or message.__name__).strip().splitlines()[0]


def rendered() -> str:
    """The document as it is checked in."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(rendered())
