"""``docs/retention.md`` as the services' ``kept`` modules say it; ``python -m tests.retention_page`` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from chassis.data.retention import CHASSIS, Kept, KeptObjects
from chassis.run.service import ServiceSpec
from chassis.settings import ServiceSettings, load
from talkingphoto_runner.layout import specs

PAGE = Path(__file__).parents[1] / "docs" / "retention.md"
SPECS: dict[str, ServiceSpec] = {name: spec for name, spec in specs().items() if spec.migrations is not None}
SETTINGS: dict[str, ServiceSettings] = {name: load(spec.settings, env="test") for name, spec in SPECS.items()}

_HEAD = """# How long what is stored is kept

Made from the services' `kept` modules by `make record`; change it there. Periods are the defaults of settings
that each service's `settings.py` describes. Rows that go by age alone are removed by the sweeper
(`chassis.work.sweeper`), every hour, in batches, by whichever process comes first.

A kit holds results of its run: of export's `KIT_DAYS` and workflow's `results` the shorter one counts.

What says *missing* is not removed by anything yet.
"""


def kept(name: str) -> Sequence[Kept]:
    """Every table of a service's database."""
    own: Sequence[Kept] = _module(name).tables(SETTINGS[name])
    return (*CHASSIS, *own)


def objects() -> list[tuple[str, KeptObjects]]:
    """Every prefix of object keys, by service."""
    declared = [(name, getattr(_module(name), "objects", None)) for name in SPECS]
    return [(name, one) for name, declare in declared if declare is not None for one in declare(SETTINGS[name])]


def page() -> str:
    """The whole page."""
    tables = [("every service", CHASSIS), *((name, kept(name)[len(CHASSIS) :]) for name in SPECS)]
    lines = [_HEAD, "## Tables", "", "| table | kept | by, or why |", "|---|---|---|"]
    lines += [f"| {name}: `{one.table}` | {one.how_long} | {one.by} |" for name, rows in tables for one in rows]
    lines += ["", "## Objects", "", "| keys | what | kept | by |", "|---|---|---|---|"]
    lines += [f"| `{one.prefix}` | {name}: {one.what} | {one.how_long} | {one.by} |" for name, one in objects()]
    return "\n".join(lines) + "\n"


def _module(name: str) -> ModuleType:
    return import_module(f"{name}.kept")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
