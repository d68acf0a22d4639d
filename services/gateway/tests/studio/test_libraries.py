"""What the studio takes from npm: pinned by hashes, named with its licence, there under the names that pages use."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

from gateway.studio.endpoints import WEB

GATEWAY = Path(__file__).parents[2]
LOCK = json.loads((GATEWAY / "package-lock.json").read_text())["packages"]
BROUGHT = {path.removeprefix("node_modules/"): one for path, one in LOCK.items() if path}


def test_every_package_is_pinned_by_its_hash_and_by_no_address() -> None:
    assert [name for name, one in BROUGHT.items() if not one["integrity"].startswith("sha512-")] == []
    assert [name for name, one in BROUGHT.items() if "resolved" in one] == []


def test_packages_that_browsers_get_are_named_with_their_licences() -> None:
    licences = (GATEWAY.parents[1] / "docs" / "licences.md").read_text()
    studio = licences.partition("## The studio")[2].partition("##")[0]
    listed = dict(re.findall(r"^\| `([@\w/-]+)`[^|]* \| ([\w.-]+) \|$", studio, re.M))
    asked = json.loads((GATEWAY / "package.json").read_text())["dependencies"]
    inside = {"@preact/signals-core"}
    assert listed == {name: BROUGHT[name]["license"] for name in asked.keys() | inside}


def test_pages_find_what_is_brought() -> None:
    spec = importlib.util.spec_from_file_location("libraries", GATEWAY / "tools" / "libraries.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    texts = [(WEB / "index.html").read_text(), (WEB / "css" / "fonts.css").read_text()]
    named = {name for text in texts for name in re.findall(r"libraries/([\w.-]+)", text)}
    assert named == tool.FILES.keys()
    assert [name for name in named if not (WEB / "libraries" / name).is_file()] == []
