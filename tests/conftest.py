"""Tests of one platform stay in one process, so that each is started once."""

from __future__ import annotations

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


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where groups have no effect: every worker would start every platform, and nobody would notice."""
    if session.config.getoption("loadgroup", default=False):
        alone = [item.nodeid for item in session.items if "@" not in item.nodeid]
        if alone:
            raise pytest.UsageError(f"not grouped: {alone[0]} and {len(alone) - 1} more")
