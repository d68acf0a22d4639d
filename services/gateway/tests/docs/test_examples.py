"""An example is made of what a schema says."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chassis.http.routes import LEADS_NOWHERE
from gateway.docs.examples import Endless, example_of
from gateway.docs.merging import merge

SCHEMAS: dict[str, Any] = {
    "Tree": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "examples": ["oak"]},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            "parent": {"$ref": "#/components/schemas/Tree"},
        },
    },
    "Loop": {"$ref": "#/components/schemas/Loop"},
    "Colour": {"type": "string", "enum": ["red", "blue"]},
}


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"$ref": "#/components/schemas/Tree"}, {"name": "oak", "children": []}),
        ({"$ref": "#/components/schemas/Colour", "default": "blue"}, "blue"),
        ({"anyOf": [{"type": "integer", "minimum": 3.0}, {"type": "null"}]}, 3),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, {"name": False}),
        ({"type": "array", "items": {"const": "x"}}, ["x"]),
        ({"type": "string", "format": "uuid"}, "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"),
        ({"type": "null"}, None),
        ({}, None),
    ],
)
def test_an_example_fits_its_schema(schema: dict[str, Any], example: Any) -> None:
    assert example_of(schema, SCHEMAS) == example
    Draft202012Validator({**schema, "components": {"schemas": SCHEMAS}}).validate(example)


def test_a_schema_that_is_nothing_but_itself_has_none() -> None:
    with pytest.raises(Endless):
        example_of({"$ref": "#/components/schemas/Loop"}, SCHEMAS)


def test_an_operation_is_told_as_clients_meet_it() -> None:
    operation = {
        "operationId": "list_things",
        "summary": "List Things",
        "description": "Your things,\nnewest first (ABC-01). Those of others are not there.",
        "security": [{"AccessToken": []}],
        "parameters": [
            {"name": "kind", "in": "query", "schema": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "K"}},
            {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}},
        ],
        "responses": {
            "201": {"content": {"text/event-stream": {"schema": {"type": "string", "$ref": "#/components/schemas/T"}}}},
            "404": {"content": {"text/event-stream": {"schema": {}}, "application/json": {"examples": {"a": {}}}}},
        },
    }
    document = {"paths": {"/api/v1/things": {"get": operation}}, "components": {"schemas": {"T": {"type": "object"}}}}

    told = merge({"users": document})["paths"]["/api/v1/things"]["get"]

    assert (told["operationId"], told["summary"]) == ("list_things", "Your things, newest first")
    kind, thing = told["parameters"]
    assert (kind["schema"], kind["description"]) == ({"type": "string", "title": "K"}, "Which kind.")
    assert thing["description"] == "Which thing."
    assert told["responses"]["201"]["content"]["text/event-stream"]["schema"] == {"$ref": "#/components/schemas/UsersT"}
    assert set(told["responses"]["404"]["content"]) == {"application/json"}
    assert told["responses"]["404"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}
    assert {"Location", "X-Request-ID"} <= set(told["responses"]["201"]["headers"])
    assert {"401", "409", "429", "500", "503", "504"} <= set(told["responses"])


def test_what_has_no_address_is_not_promised_one() -> None:
    operation = {"operationId": "ask_for_a_letter", **LEADS_NOWHERE, "responses": {"202": {}}}

    told = merge({"users": {"paths": {"/api/v1/letters": {"post": operation}}}})["paths"]["/api/v1/letters"]["post"]

    assert "Location" not in told["responses"]["202"]["headers"]
    assert not any(name.startswith("x-") for name in told)
