"""The generated half of the Python client: types and calls of the API's document, the blocking client of the awaited.

``python -m clients.tools.python [openapi.json]`` writes them; without a document the gateway's is put together here.
"""

from __future__ import annotations

import builtins
import json
import keyword
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1] / "python" / "src" / "talkingphoto_client"
RUFF = Path(sys.executable).with_name("ruff")
MADE = "Made by `make client`, of the API's document; change the API instead."
MADE_OF_AIO = "Made by `make client`, of `aio`; change that instead."

NOT_FOR_PROGRAMS = {"administration", "operations"}
"""Tags whose operations an administrator's session does, by the command line or the studio."""

_SCHEMAS = "#/components/schemas/"
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}

Schema = Mapping[str, Any]


def kind(schema: Schema) -> str:
    """The Python type of a JSON value."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_SCHEMAS)
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            # What answers a choice of fields has the same fields, fewer of them.
            options = [one for one in schema[word] if not one.get("$ref", "").endswith("Fields")]
            return " | ".join(dict.fromkeys(map(kind, options)))
    if isinstance(schema.get("type"), list):
        return " | ".join(_PLAIN[one] for one in schema["type"])
    if schema.get("type") == "array":
        return f"list[{kind(schema.get('items', {}))}]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties", {})
        return f"dict[str, {kind(values) if isinstance(values, dict) else 'Any'}]"
    return _PLAIN.get(schema.get("type", ""), "Any")


def types(document: Schema, wanted: set[str]) -> str:
    """A module with one type for each of the schemas."""
    lines = [
        f'"""What the API takes and answers, as JSON.\n\n{MADE}\n"""',
        "from __future__ import annotations",
        "from typing import Any, Literal, NotRequired, TypeAlias, TypedDict",
    ]
    for name in sorted(wanted):
        schema = document["components"]["schemas"][name]
        if "properties" not in schema:
            # A choice of words names nothing that comes later, and is laid out over several lines.
            alias = kind(schema) if "enum" in schema else f'"{kind(schema)}"'
            lines.append(f"{name}: TypeAlias = {alias}")
            lines.append(_documented(schema.get("description", ""), indent=""))
            continue
        needed = schema.get("required", ())
        fields = {
            field: kind(about) if field in needed else f"NotRequired[{kind(about)}]"
            for field, about in schema["properties"].items()
        }
        if any(keyword.iskeyword(field) or not field.isidentifier() for field in fields):
            inside = ", ".join(f'"{field}": "{what}"' for field, what in fields.items())
            lines.append(f'{name} = TypedDict("{name}", {{{inside}}})')
            continue
        lines.append(f"class {name}(TypedDict):")
        lines.append(_documented(schema.get("description", "") or name))
        lines += [f"    {field}: {what}" for field, what in fields.items()]
    return "\n".join(lines) + "\n"


def calls(document: Schema) -> tuple[str, set[str]]:
    """A module with a function for each operation that a program does; which schemas it speaks of."""
    lines = [
        f'"""One function an operation: what to ask, for a client\'s ``send``.\n\n{MADE}\n"""',
        "from __future__ import annotations",
        "from typing import Any, Literal",
        "from talkingphoto_client.call import Call, Upload",
        "from talkingphoto_client.generated import types",
    ]
    named: set[str] = set()
    for path, method, operation in sorted(_operations(document), key=lambda one: one[2]["operationId"]):
        lines.append(_call(path, method, operation, named))
    return "\n".join(lines) + "\n", _reached(document, named)


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            answers = [answer for status, answer in operation["responses"].items() if status < "300"]
            streams = any("text/event-stream" in answer.get("content", {}) for answer in answers)
            # Streams are followed by what is written by hand, and what only redirects is for browsers.
            if answers and not streams and not NOT_FOR_PROGRAMS & set(operation["tags"]):
                yield path, method, operation


def _call(path: str, method: str, operation: Schema, named: set[str]) -> str:
    def typed(schema: Schema) -> str:
        found = kind(schema)
        names = set(re.findall(r"\b[A-Z]\w+", found)) - {"Any", "Literal", "None"}
        named.update(names)
        return re.sub(r"\b([A-Z]\w+)", lambda name: f"types.{name[1]}" if name[1] in names else name[1], found)

    before, after, given = [], [], [f'"{method.upper()}"', f'"{path}"']
    places: dict[str, list[str]] = {"path": [], "query": [], "header": []}
    for parameter in operation.get("parameters", ()):
        name = re.sub(r"\W", "_", parameter["name"]).lower()
        name += "_" if keyword.iskeyword(name) or hasattr(builtins, name) else ""
        places[parameter["in"]].append(f'"{parameter["name"]}": {name}')
        if parameter.get("required"):
            before.append(f"{name}: {typed(parameter['schema'])}")
        else:
            after.append(f"{name}: {typed(parameter['schema'])} | None = None")
    body = operation.get("requestBody")
    if body is not None:
        [media, content], *_ = body["content"].items()
        what = {"application/json": "body", "multipart/form-data": "upload"}.get(media, "content")
        shape = {"body": typed(content["schema"]), "upload": "Upload", "content": "bytes"}[what]
        # Of a body of several kinds, JSON is the one that is offered.
        given.append(f"{what}={what}")
        (before if body.get("required") else after).append(
            f"{what}: {shape}" if body.get("required") else f"{what}: {shape} | None = None"
        )
        if what == "content":
            after.append(f'content_type: str = "{media}"')
            given.append("content_type=content_type")
    for place, entries in places.items():
        if entries:
            given.append(f"{place}={{{', '.join(entries)}}}")
    if any(entry.lower().startswith('"idempotency-key"') for entry in places["header"]):
        given.append("repeatable=True")
    answer = _answer(operation, typed)
    if answer in ("None", "bytes"):
        given.append(f'answers="{ {"None": "nothing", "bytes": "bytes"}[answer] }"')
    arguments = ", ".join([*before, *(["*"] if after else []), *after])
    return (
        f"def {operation['operationId']}({arguments}) -> Call[{answer}]:\n"
        f"{_documented(operation['summary'] + '.')}\n"
        f"    return Call({', '.join(given)})\n"
    )


def _answer(operation: Schema, typed: Any) -> str:
    """What a success says, whatever its status; bytes where that is no JSON, None where nothing is said."""
    bodies = [answer.get("content", {}) for status, answer in operation["responses"].items() if status < "300"]
    said = [body["application/json"]["schema"] for body in bodies if "application/json" in body]
    if said:
        return " | ".join(dict.fromkeys(map(typed, said)))
    return "bytes" if any(bodies) else "None"


def _reached(document: Schema, named: set[str]) -> set[str]:
    seen: set[str] = set()
    while new := named - seen:
        name = new.pop()
        seen.add(name)
        schema = document["components"]["schemas"][name]
        told = [kind(about) for about in schema.get("properties", {}).values()] or [kind(schema)]
        named = named | (set(re.findall(r"\b[A-Z]\w+", " ".join(told))) & document["components"]["schemas"].keys())
    return seen


def _documented(text: str, indent: str = "    ") -> str:
    first = re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0].replace("\\", "\\\\").replace('"', "'")
    if not first:
        return ""
    first = first if first.endswith((".", "?")) else f"{first}."
    return textwrap.indent("\n".join(textwrap.wrap(f'"""{first}"""', 112)), indent)


TO_BLOCKING = [
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"Async(?=[A-Z])", ""),
    (r"Generator\[(.*), None\]", r"Generator[\1, None, None]"),
    (r"\baclosing\b", "closing"),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"__aiter__", "__iter__"),
    (r"\baclose\b", "close"),
    (r"\baread\b", "read"),
    (r"\baconnect_sse\b", "connect_sse"),
    (r"\baiter_(sse|bytes)\b", r"iter_\1"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"^import asyncio$", "import time"),
    (r"\btalkingphoto_client\.aio\b", "talkingphoto_client.sync"),
]
"""In order: how the awaiting half reads where nothing is awaited."""


def blocking(source: str) -> str:
    """The same module for those who do not await."""
    for pattern, plain in TO_BLOCKING:
        source = re.sub(pattern, plain, source, flags=re.MULTILINE)
    return re.sub(
        r'^"""(.*?)"""', lambda text: f'"""{text[1].rstrip()}\n\n{MADE_OF_AIO}\n"""', source, count=1, flags=re.DOTALL
    )


def files(document: Schema) -> dict[Path, str]:
    """What is written where, formatted as everything here is."""
    called, named = calls(document)
    made = {
        PACKAGE / "generated" / "types.py": types(document, named),
        PACKAGE / "generated" / "calls.py": called,
        **{
            PACKAGE / "sync" / module.name: blocking(module.read_text("utf-8"))
            for module in sorted((PACKAGE / "aio").glob("*.py"))
        },
    }
    return {path: _formatted(path, text) for path, text in made.items()}


def _formatted(path: Path, text: str) -> str:
    for command in (
        ["check", "--fix-only", "--unsafe-fixes", "--quiet", "--select", "I,F401,UP028"],
        ["format", "--quiet"],
    ):
        run = subprocess.run(
            [RUFF, *command, "--stdin-filename", path, "-"], input=text, capture_output=True, text=True, check=True
        )
        text = run.stdout
    return text


def main() -> None:
    """Write them."""
    if len(sys.argv) > 1:
        document = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    else:
        from clients.tools.document import document as put_together

        document = put_together()
    for path, text in files(document).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
