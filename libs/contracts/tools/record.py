"""Record an example and publish the schema of every message that has none yet, and write the AsyncAPI document.

What is recorded or published already is never touched: it is what other releases send and expect.
"""

from __future__ import annotations

import json
import types
import typing
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from contracts import asyncapi
from contracts.catalogue import MESSAGES

MEMBER = Path(__file__).parents[1]
DOCUMENT = MEMBER.parents[1] / "docs" / "events" / "asyncapi.json"

BY_NAME: dict[str, Any] = {
    "email": "asha@example.com",
    "name": "Asha",
    "username": "asha_3f2a1c",
    "language": "hi",
    "timezone": "Asia/Kolkata",
    "product_line": "talkingphoto",
    "home_product_line": "talkingphoto",
    "plan": "pro",
    "plan_name": "Pro",
    "next_plan": "starter",
    "next_plan_name": "Starter",
    "previous_plan": "starter",
    "number": "TP-000042",
    "meter": "workflows",
    "currency": "INR",
    "provider": "nano_banana",
    "failed": "veo3",
    "next_provider": "runway_act2",
    "failure": "transient",
    "mime_type": "video/mp4",
    "key": "videos/0199f0a1/2026/05/17/talking.mp4",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "script": "नमस्ते, मैं बोल सकती हूँ।",
    "title": "Welcome",
    "step": "enhance",
    "progress": 35,
    "score": 8.7,
}


def sample(annotation: Any, name: str, number: int) -> Any:
    """A plausible value of a type; the same for the same arguments."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return sample(arguments[0], name, number)
    if origin in (typing.Union, types.UnionType):
        return sample(next(item for item in arguments if item is not type(None)), name, number)
    if origin is typing.Literal:
        return arguments[0]
    if origin is dict:
        return {"width": 720} if arguments[1] is Any else {"video": sample(arguments[1], "video", number)}
    if origin in (list, tuple):
        return [sample(arguments[0], name, number)] if arguments else []
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {
            field: sample(info.annotation, field, index)
            for index, (field, info) in enumerate(annotation.model_fields.items())
        }
    if name in BY_NAME:
        return BY_NAME[name]
    if annotation is UUID:
        return f"0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a{number:02x}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation)).value
    plain = {
        str: name.replace("_", " "),
        bool: True,
        int: 1,
        float: 2.5,
        Decimal: "0.0390",
        datetime: datetime(2026, 5, 17, 12, tzinfo=UTC).isoformat().replace("+00:00", "Z"),
    }
    return plain.get(annotation, "value")


def main() -> None:
    """Write what is missing; say what was written."""
    for name, message in sorted(MESSAGES.items()):
        folder = MEMBER / "recorded" / name
        if not list(folder.glob("*.json")):
            folder.mkdir(parents=True, exist_ok=True)
            fields = enumerate(message.model_fields.items())
            data = {field: sample(info.annotation, field, index) for index, (field, info) in fields}
            canonical = json.loads(message.model_validate(data).model_dump_json())
            _write(folder / "typical.json", canonical)
        published = MEMBER / "published" / f"{name}.json"
        if not published.exists():
            published.parent.mkdir(exist_ok=True)
            _write(published, message.model_json_schema(mode="serialization"))
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(asyncapi.rendered(), encoding="utf-8")


def _write(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {path.relative_to(MEMBER)}")


if __name__ == "__main__":
    main()
