"""Tests of one platform stay in one process, so that each is started once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group for ``--dist loadgroup`` what shares a platform; whatever shares none stays with its file."""
    # A platform's clock only goes forward: what is signed by the machine's is too old afterwards.
    items.sort(key=lambda item: item.get_closest_marker("moves_clock") is not None)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))


def group_of(item: pytest.Item) -> str:
    """The platform that ``item`` is parametrised with or asks for by name, or else the file it stands in."""
    called = getattr(item, "callspec", None)
    asked = [called.params.get("platform")] if called else []
    asked += [name for name in ("embedded", "distributed") if name in getattr(item, "fixturenames", ())]
    return next((str(name) for name in asked if name), item.path.stem)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Refuse to run where groups have no effect: every worker would start every platform, and nobody would notice."""
    alone = [id for id in ids if "@" not in id]
    if alone and node.config.getoption("dist") == "loadgroup":
        pytest.exit(f"not grouped by platform: {alone[0]} and {len(alone) - 1} more", returncode=4)
