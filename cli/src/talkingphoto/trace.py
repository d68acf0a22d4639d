"""One trace as a tree: what a run did, in which service, for how long. From the spans that the platform kept here."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from talkingphoto.command import DEFAULT_HOME, FAILED, HomeOption, JsonOption
from talkingphoto.show import Printer, foreign, print_json

_RUN, _STATEMENT = "talkingphoto.run_id", "db.query.summary"


@dataclass(frozen=True, slots=True)
class Span:
    """One line of a trace's file."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: str
    service: str
    start_ns: int
    end_ns: int | None
    """None for a span that has not ended, or never will, because its process was killed."""
    status: str
    attributes: dict[str, Any]

    @property
    def milliseconds(self) -> float:
        """How long it took; 0 while that is not known."""
        return (self.end_ns - self.start_ns) / 1e6 if self.end_ns is not None else 0.0

    @property
    def title(self) -> str:
        """Its name and what tells it from others of that name."""
        about = [
            str(self.attributes[name])
            for name in ("cloudevents.event_type", "server.address", "aws.s3.key")
            if name in self.attributes and str(self.attributes[name]) not in self.name
        ]
        return f"{self.name} ({', '.join(about)})" if about else self.name


@dataclass(frozen=True, slots=True)
class Node:
    """A span in its place. ``orphan``: it names a parent that is not in the trace."""

    span: Span
    depth: int
    orphan: bool
    statements: Sequence[Span]
    """Database statements right below it."""


def trace_command(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="A run, or a trace (32 hexadecimal digits).")],
    statements: Annotated[bool, typer.Option("--statements", help="Show each database statement.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show the trace of a run as a tree.

    Example: talkingphoto trace 0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b
    """
    traces = find(home / "traces", wanted)
    if as_json:
        rows = [[{field: getattr(span, field) for field in Span.__slots__} for span in trace] for trace in traces]
        print_json({"traces": rows})
    if not traces:
        Printer(stderr=True).say(
            ("Error", "red"),
            f": {foreign(str(home))} has no trace of {foreign(wanted)}. "
            "Only what ran here is kept, and of that the newest.",
        )
        raise typer.Exit(FAILED)
    if not as_json:
        console = Console(emoji=False)
        for trace in traces:
            console.print(_heading(trace), highlight=False)
            console.print(_table(trace, statements=statements), soft_wrap=not console.is_terminal)


def find(folder: Path, wanted: str) -> list[list[Span]]:
    """The traces of a run, or the one trace, that ``wanted`` names, the oldest first; each ordered by time."""
    key = wanted.lower()
    # A line is only decoded where it can matter; most of a folder is about something else.
    ids = {key.replace("-", "")} | {span.trace_id for span in _read(folder, key) if span.attributes.get(_RUN) == key}
    found: dict[str, dict[str, Span]] = defaultdict(dict)
    for span in _read(folder, *ids):
        # A span has a line when it begins and one when it ends, which says more.
        if span.trace_id in ids and (span.end_ns is not None or span.span_id not in found[span.trace_id]):
            found[span.trace_id][span.span_id] = span
    return sorted((sorted(spans.values(), key=lambda span: span.start_ns) for spans in found.values()), key=_began)


def tree(spans: Sequence[Span]) -> list[Node]:
    """The spans of one trace, each below its parent, those of one parent in order of time."""
    known = {span.span_id for span in spans}
    children: dict[str | None, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: span.start_ns):
        children[span.parent_id if span.parent_id in known else None].append(span)
    nodes: list[Node] = []
    open_ones = [(span, 0) for span in reversed(children[None])]
    while open_ones:
        span, depth = open_ones.pop()
        below = children[span.span_id]
        statements = [child for child in below if _STATEMENT in child.attributes]
        nodes.append(Node(span, depth, span.parent_id is not None and span.parent_id not in known, statements))
        open_ones += [(child, depth + 1) for child in reversed(below)]
    return nodes


def _read(folder: Path, *needles: str) -> Iterator[Span]:
    """The spans whose line contains one of ``needles``."""
    wanted = [needle.encode() for needle in needles]
    for path in sorted(folder.glob("*.jsonl")):
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            # Removed this moment, to make room.
            continue
        for line in lines:
            if any(needle in line for needle in wanted):
                try:
                    yield Span(**json.loads(line))
                except (json.JSONDecodeError, TypeError):
                    # The last line of a process that was killed as it wrote.
                    continue


def _began(trace: Sequence[Span]) -> int:
    return trace[0].start_ns


def _heading(trace: Sequence[Span]) -> str:
    seconds = (max(span.end_ns or span.start_ns for span in trace) - _began(trace)) / 1e9
    orphans = sum(node.orphan for node in tree(trace))
    services = sorted({span.service for span in trace})
    lost = f", [red]{orphans} orphaned[/red]" if orphans else ""
    return f"trace {trace[0].trace_id}: {len(trace)} spans in {seconds:.2f} s{lost}, of {escape(', '.join(services))}"


def _table(trace: Sequence[Span], *, statements: bool) -> Table:
    table = Table(
        Column("from", justify="right"),
        Column("span", overflow="fold"),
        "service",
        "kind",
        Column("ms", justify="right"),
        "status",
        box=None,
    )
    for node in tree(trace):
        span = node.span
        if _STATEMENT in span.attributes and not statements and not node.orphan:
            continue
        words = escape("  " * node.depth + span.title)
        if node.statements and not statements:
            words += f" [dim]+ {len(node.statements)} statements, {_total(node.statements):.1f} ms[/dim]"
        if node.orphan:
            words += f" [red]orphan of {span.parent_id}[/red]"
        table.add_row(
            f"{(span.start_ns - _began(trace)) / 1e6:.1f}",
            words,
            span.service,
            span.kind,
            f"{span.milliseconds:.1f}" if span.end_ns is not None else "",
            span.status if span.status == "ok" else f"[red]{escape(_trouble(span))}[/red]",
        )
    return table


def _trouble(span: Span) -> str:
    return str(span.attributes.get("error.type", span.status))


def _total(spans: Sequence[Span]) -> float:
    return sum(span.milliseconds for span in spans)
