"""What `make demo` is told reaches the command as it was written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]

WORDS = [
    'She said "hello" and it costs $5 `touch pwned`.',
    "It's $(shell touch pwned), $HOME and ${PATH}; then && more | less > file",
    "a # hash, a \\ backslash, 100 % and !history",
    "two\nlines",
    "नमस्ते, मैं बोल सकती हूँ।",
]


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A command that writes down what it is given."""
    command = tmp_path / "bin" / "talkingphoto"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open('said.json', 'w'))\n")
    command.chmod(0o755)
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    return tmp_path


def _said(folder: Path, *variables: str, environment: dict[str, str] | None = None) -> list[str]:
    make = ["make", "--no-print-directory", "-o", "setup", "demo", f"BIN={folder / 'bin'}", *variables]
    subprocess.run(make, cwd=folder, check=True, timeout=30, env={"PATH": "/usr/bin:/bin", **(environment or {})})
    said: list[str] = json.loads((folder / "said.json").read_text())
    return said


@pytest.mark.parametrize("words", WORDS)
def test_words_arrive_as_they_were_written(demo: Path, words: str) -> None:
    said = _said(demo, f"SCRIPT={words}")

    assert said[said.index("--script") + 1] == words
    assert {path.name for path in demo.iterdir()} == {"bin", "Makefile", "said.json"}


@pytest.mark.parametrize("words", WORDS)
def test_so_do_words_from_the_environment(demo: Path, words: str) -> None:
    said = _said(demo, environment={"SCRIPT": words})

    assert said[said.index("--script") + 1] == words


def test_so_do_names_of_files(demo: Path) -> None:
    photo, out = 'my photos/$5 `x` "me".jpg', "out/it's here"

    said = _said(demo, f"PHOTO={photo}", f"OUT={out}", "LANGUAGE=hi", "VOICE=male")

    assert said == ["demo", "--photo", photo, "--language", "hi", "--voice", "male", "--out", out]


def test_the_language_of_the_desktop_is_not_the_language_of_the_script(demo: Path) -> None:
    said = _said(demo, environment={"LANGUAGE": "en_GB:en"})

    assert said[said.index("--language") + 1] == "en"
