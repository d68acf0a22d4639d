"""What `make` is told reaches the command as it was written, and an environment is made whatever came before."""

from __future__ import annotations

import json
import os
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
    *("$$", "$(", "$(MAKE) clean", "$$HOME $@ $< %", "$(DEMO_SCRIPT) $(SCRIPT)", "${DEMO_SCRIPT}"),
    *("--help", "-", "a=b", "A := b", "@echo", "  spaces  ", "ends with \\", "'", '"', "\"'`"),
    *("ends\n", "a\r\nb", "~", "*?[a]{a,b}", "|&;<>()", "^x^y", "#", "\x1b[2J"),
    *("👩\u200d👩\u200d👧 🇮🇳", "שלום, נעים מאוד!", "مرحبا", "\u202eevil", "e\u0301", "今日は\u3000元気", "🎉" * 5000),
    os.fsdecode(b"caf\xe9"),
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


def _said(folder: Path, *variables: str, goal: str = "demo", environment: dict[str, str] | None = None) -> list[str]:
    make = ["make", "--no-print-directory", "-o", "setup", goal, f"BIN={folder / 'bin'}", *variables]
    subprocess.run(make, cwd=folder, check=True, timeout=30, env={"PATH": "/usr/bin:/bin", **(environment or {})})
    said: list[str] = json.loads((folder / "said.json").read_text())
    return said


@pytest.mark.parametrize("words", WORDS)
def test_words_arrive_as_they_were_written(demo: Path, words: str) -> None:
    said = _said(demo, f"SCRIPT={words}")

    # What stands before them is make's own, as it is after every "=".
    assert said[said.index("--script") + 1] == words.lstrip(" ")
    assert {path.name for path in demo.iterdir()} == {"bin", "Makefile", "said.json"}


@pytest.mark.parametrize("words", [*WORDS[:5], *WORDS[5::4]])
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


def test_the_platform_is_kept_running_at_the_port_that_is_named(demo: Path) -> None:
    assert _said(demo, goal="up") == ["up", "--port", "8000"]
    assert _said(demo, "PORT=8080", goal="up") == ["up", "--port", "8080"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What an environment is made of, and a Python that makes one in which all succeeds."""
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    for needed in (
        *REPOSITORY.glob("requirements*.lock"),
        *REPOSITORY.glob("[a-z]*/pyproject.toml"),
        *REPOSITORY.glob("[a-z]*/*/pyproject.toml"),
    ):
        copy = tmp_path / needed.relative_to(REPOSITORY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()
    _script(tmp_path / "good", "exit 0")
    _script(
        tmp_path / "python",
        '[ "$2" != venv ] || { rm -rf .venv && mkdir -p .venv/bin && cp good .venv/bin/python; cp good .venv/bin/uv; }',
    )
    return tmp_path


def _script(file: Path, does: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{does}\n")
    file.chmod(0o755)


def _set_up(clone: Path, python: str) -> subprocess.CompletedProcess[str]:
    make = ["make", "--no-print-directory", "setup", f"PYTHON={python}"]
    return subprocess.run(
        make, cwd=clone, timeout=30, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )


def test_setting_up_says_what_is_awaited_and_is_done_once(clone: Path) -> None:
    first, second = _set_up(clone, "./python"), _set_up(clone, "./python")

    assert (first.returncode, first.stdout) == (0, "Installing into .venv, once: a minute or two.\n"), first.stderr
    assert (second.returncode, "Installing" in second.stdout) == (0, False)


def test_the_environment_of_a_folder_that_has_moved_is_made_anew(clone: Path, tmp_path: Path) -> None:
    """Its commands begin with the old path, and it imports from there."""
    assert _set_up(clone, "./python").returncode == 0
    moved = tmp_path.with_name(f"{tmp_path.name} moved")
    clone.rename(moved)
    _script(moved / ".venv" / "bin" / "talkingphoto", "echo of the old place")

    first, second = _set_up(moved, "./python"), _set_up(moved, "./python")

    assert (first.returncode, "Installing" in first.stdout) == (0, True), first.stderr
    assert not (moved / ".venv" / "bin" / "talkingphoto").exists()
    assert "Installing" not in second.stdout


def test_an_environment_whose_making_was_broken_off_is_made_anew(clone: Path) -> None:
    _script(clone / ".venv" / "bin" / "python", "echo No module named pip >&2; exit 1")

    assert _set_up(clone, "./python").returncode == 0
    assert (clone / ".venv" / ".runtime").exists()


@pytest.mark.parametrize("python", ["", "./old", "./none"])
def test_without_a_python_that_will_do_it_says_which_would(clone: Path, python: str) -> None:
    _script(clone / "old", '[ "$1" != -c ]')

    ended = _set_up(clone, python)

    assert ended.returncode == 2
    assert "Python 3.11 or newer is needed. Install it, or say where it is: make PYTHON=" in ended.stderr
    assert not (clone / ".venv").exists()
