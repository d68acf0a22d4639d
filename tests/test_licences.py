"""Whatever is installed to run is named with its licence, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def test_every_package_that_is_installed_to_run_has_its_licence_in_the_list() -> None:
    locked = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==", (REPOSITORY / "requirements.lock").read_text(), re.M)
    everything = (REPOSITORY / "docs" / "licences.md").read_text().partition("## Everything")[2]

    listed = re.findall(r"^\| ([A-Za-z0-9_.-]+) \| (?!---)", everything, re.M)

    assert sorted(set(listed) - {"package"}) == sorted(set(locked))
    assert len(listed) == len(set(listed))
