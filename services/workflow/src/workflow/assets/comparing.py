"""What is different of two results. Pure."""

from __future__ import annotations

from workflow.assets.schemas import DifferenceOut, LineageNode

_COMPARED = ("operation", "provider", "model", "seed", "mime_type", "size", "score", "cost")


def differences(left: LineageNode, right: LineageNode) -> list[DifferenceOut]:
    """What is not the same of both, in the order in which people ask: what was said, who made it, what came out."""
    found = [
        (f"parameters.{name}", left.parameters.get(name), right.parameters.get(name))
        for name in sorted(left.parameters.keys() | right.parameters.keys())
    ]
    found += [(name, getattr(left, name), getattr(right, name)) for name in _COMPARED]
    if left.sha256 == right.sha256:
        found.clear()
    return [DifferenceOut(field=name, left=one, right=other) for name, one, other in found if one != other]
