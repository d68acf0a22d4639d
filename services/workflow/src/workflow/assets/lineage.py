"""Where what a run made comes from, read off its state: each object with what it was made of, by whom, with what.

Pure: the same run gives the same nodes, so telling it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from contracts.ai_router import JobDelivered
from contracts.objects import StoredObject
from workflow.engine.definition import Definition
from workflow.engine.state import Result, Run

UPLOADED = "upload"
UNKNOWN = "unknown"
"""Said of an object of which nothing else has been told yet; what is told of it later takes its place."""

_NAMESPACE = UUID("6f3f1c1e-50d5-4e5b-9a53-0c9f6d1b7a11")
_NOT_PARAMETERS = frozenset(
    {
        *("image", "video", "pictures", "film", "script", "title"),
        *("paces", "film_s", "estimated_cost", "least_cost", "priority", "takes", "prompts", "plan_version"),
    }
)
"""Of an order: what is an object of its own, is somebody's words, or decides nothing about the result."""


@dataclass(frozen=True, slots=True)
class Node:
    """One object and how it came to be. ``parents`` are keys of objects; ``seconds`` how long it took."""

    object: StoredObject
    name: str
    operation: str
    made_at: datetime
    parents: tuple[str, ...] = ()
    file_id: UUID | None = None
    provider: str | None = None
    model: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: str | None = None
    cost: Decimal = Decimal(0)
    score: float | None = None
    run_id: UUID | None = None
    step: str | None = None
    job_id: UUID | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Keys of objects by their roles, where each parent had one."""


def node_id(user_id: UUID, key: str) -> UUID:
    """Of the node of an object: told from the object, so that a parent can be named before it is looked up."""
    return uuid5(_NAMESPACE, f"{user_id}/{key}")


def uploaded(stored: StoredObject, name: str, file_id: UUID | None, at: datetime) -> Node:
    """The beginning of everything."""
    return Node(object=stored, name=name, operation=UPLOADED, made_at=at, file_id=file_id)


def nodes_of_job(event: JobDelivered, known: Mapping[str, Node], at: datetime) -> list[Node]:
    """What a single job made, after what it was made of. ``known``: the beginnings of uploaded inputs, by key."""
    inputs = {role: stored.key for role, stored in event.inputs.items()}
    # One object may be there in two roles.
    beginnings = {
        stored.key: known.get(stored.key) or Node(object=stored, name=role, operation=UNKNOWN, made_at=at)
        for role, stored in reversed(event.inputs.items())
    }
    found = [beginnings[key] for key in dict.fromkeys(inputs.values())]
    for role, stored in event.outputs.items():
        # An answer from the cache hands the same object out again.
        if stored.key not in inputs.values():
            found.append(
                Node(
                    object=stored,
                    name=f"{event.capability.value} {role}",
                    operation=event.capability.value,
                    made_at=at,
                    parents=tuple(dict.fromkeys(inputs.values())),
                    provider=event.provider,
                    model=event.model,
                    parameters=event.parameters,
                    seed=event.seed,
                    cost=event.cost,
                    score=event.score,
                    step=role,
                    job_id=event.job_id,
                    inputs=inputs,
                )
            )
    return found


def nodes_of(definition: Definition, run: Run, source: Node | None) -> list[Node]:
    """Everything that counts of what a run made, each after what it was made of; first ``source``, where there is one.

    A step's objects come from those of the steps that it needs, or, where these made none, from what those needed. Of a
    step that was done in the same parts they come from the same part alone.
    """
    made: dict[str, tuple[str, ...]] = {}
    found: list[Node] = [source] if source is not None else []
    known = {node.object.key for node in found}
    beginning = (source.object.key,) if source is not None else ()
    for step in definition.steps:
        before = tuple(dict.fromkeys(key for name in step.needs for key in made.get(name, ()))) or beginning
        own: list[str] = []
        for unit, result in run.results(step.name).items():
            parents = tuple(
                dict.fromkeys(key for name in step.needs for key in _made_by(run, name, unit, made.get(name, ())))
            )
            for role, stored in result.outputs.items():
                own.append(stored.key)
                # Where nothing had to be done the result is what it was made from.
                if stored.key not in known:
                    known.add(stored.key)
                    found.append(_node(run, step.name, unit, role, stored, result, parents or before))
        made[step.name] = tuple(dict.fromkeys(own)) or before
    return found


def _made_by(run: Run, step: str, unit: str, everything: Sequence[str]) -> Sequence[str]:
    """What a step made for this part; all it made where it did not know such parts."""
    same = run.results(step).get(unit)
    return [stored.key for stored in same.outputs.values()] if same is not None else everything


def _node(
    run: Run, step: str, unit: str, role: str, stored: StoredObject, result: Result, parents: Sequence[str]
) -> Node:
    brief = run.brief
    seed = result.data.get("seed")
    return Node(
        object=stored,
        name=" ".join(filter(None, (step, unit, role)))[:255],
        operation=step,
        made_at=run.state.finished_at or brief.created_at,
        parents=tuple(key for key in parents if key != stored.key),
        provider=result.provider,
        model=result.model,
        parameters=dict(_parameters(brief.input, unit)),
        seed=str(seed) if seed is not None else None,
        cost=result.cost,
        score=result.score,
        run_id=brief.id,
        step=step,
    )


def _parameters(said: Mapping[str, Any], unit: str) -> Iterator[tuple[str, Any]]:
    for name, value in said.items():
        if name not in _NOT_PARAMETERS and value not in (None, {}, []):
            yield name, value
    if unit:
        yield "part", unit
