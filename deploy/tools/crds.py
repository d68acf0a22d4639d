"""The operators' schemas, as far as ``deploy/k8s`` uses them; ``python -m deploy.tools.crds FILE...`` writes them.

The files have ``CustomResourceDefinition``s, as each operator publishes them with a release and as ``kubectl get
crd -o yaml`` prints them. Of their schemas types, values that may be, what must be, and bounds are kept, and only of
the fields that an overlay sets; every other field is refused, so using one more means to run this again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

K8S = Path(__file__).parents[1] / "k8s"
FILE = K8S / "schemas.json"
ENVIRONMENTS = ("dev", "staging", "production")
OVERLAYS = (*ENVIRONMENTS, "restored")
KUBECTL = Path(sys.executable).with_name("kubectl")

_KEPT = ("type", "enum", "minimum", "maximum", "minItems", "maxItems", "minLength", "required")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Leaves what looks like a time the text that it is to Kubernetes."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def rendered(overlay: str) -> list[dict[str, Any]]:
    """Everything that ``kubectl apply -k`` would send for an overlay."""
    out = subprocess.run(
        [KUBECTL, "kustomize", K8S / "overlays" / overlay], capture_output=True, text=True, check=False
    )
    if out.returncode:
        raise ValueError(f"{overlay} cannot be rendered: {out.stderr.strip()}")
    return list(yaml.load_all(out.stdout, Loader=_Loader))


def trimmed(schema: dict[str, Any], values: Sequence[Any]) -> dict[str, Any]:
    """``schema`` of a CustomResourceDefinition as JSON Schema, without the fields that no value has."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    kept: dict[str, Any] = {name: schema[name] for name in _KEPT if name in schema}
    objects = [value for value in values if isinstance(value, dict)]
    used = {name for value in objects for name in value}
    if "properties" in schema:
        known = schema["properties"]
        wanted = sorted((used | set(kept.get("required", ()))) & known.keys())
        kept["properties"] = {
            name: trimmed(known[name], [value[name] for value in objects if name in value]) for name in wanted
        }
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            kept["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        inside = [part for value in objects for part in value.values()]
        kept["additionalProperties"] = trimmed(schema["additionalProperties"], inside)
    if "items" in schema:
        parts = [part for value in values if isinstance(value, list) for part in value]
        kept["items"] = trimmed(schema["items"], parts)
    return kept


def definitions(documents: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """``apiVersion kind`` and schema of every version that CustomResourceDefinitions serve."""
    for document in documents:
        for one in document.get("items", [document]) if document else ():
            if one.get("kind") == "CustomResourceDefinition":
                spec = one["spec"]
                for version in spec["versions"]:
                    name = f"{spec['group']}/{version['name']} {spec['names']['kind']}"
                    yield name, version["schema"]["openAPIV3Schema"]


def written(files: Sequence[Path]) -> str:
    """The file's text. Raises ``KeyError`` for a kind that no definition describes."""
    found = dict(definitions([each for file in files for each in yaml.safe_load_all(file.read_text(encoding="utf-8"))]))
    used: dict[str, list[dict[str, Any]]] = {}
    for resource in (one for overlay in OVERLAYS for one in rendered(overlay)):
        if "." in resource["apiVersion"].partition("/")[0] and not resource["apiVersion"].startswith(_BUILT_IN):
            used.setdefault(f"{resource['apiVersion']} {resource['kind']}", []).append(resource)
    schemas = {name: trimmed(found[name], values) for name, values in sorted(used.items())}
    for schema in schemas.values():
        schema["properties"]["metadata"] = {"type": "object"}
    return json.dumps(schemas, indent=1, sort_keys=True) + "\n"


_BUILT_IN = ("networking.k8s.io/", "rbac.authorization.k8s.io/", "storage.k8s.io/")

if __name__ == "__main__":
    FILE.write_text(written([Path(name) for name in sys.argv[1:]]), encoding="utf-8")
