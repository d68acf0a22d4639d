"""Profiles: options by name that a command has where it is not told otherwise. A file of sections, one a profile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talkingphoto.settings import places

DEFAULT = "default"
"""The profile of whoever names none."""


def file() -> Path:
    """Where they are."""
    return places.settings_folder() / "config"


def profile(name: str) -> dict[str, str]:
    """The options of a profile; none of one that is not there. Raises ``OSError``."""
    try:
        parser = places.read(file())
    except places.NoPlace:
        return {}
    return dict(parser[name]) if parser.has_section(name) else {}


def all_profiles() -> dict[str, dict[str, str]]:
    """Every profile. Raises ``OSError``."""
    parser = places.read(file())
    return {name: dict(parser[name]) for name in parser.sections()}


def change(name: str, option: str, value: str | None) -> None:
    """Say ``value`` for an option in a profile, or nothing any more. Raises ``OSError``."""
    parser = places.read(file())
    if not parser.has_section(name):
        parser.add_section(name)
    if value is None:
        parser.remove_option(name, option)
    else:
        parser.set(name, option, value)
    if not parser.options(name):
        parser.remove_section(name)
    places.write(file(), parser)


def options_of(command: Any) -> set[str]:
    """The long names of all options of a command and those below it, without their dashes."""
    own = {name for param in getattr(command, "params", ()) for name in _names(param)}
    return own.union(*(options_of(one) for one in getattr(command, "commands", {}).values()))


def defaults(command: Any, values: Mapping[str, str]) -> dict[str, Any]:
    """``values`` as the defaults of a command's options and of those below it, by the names of their parameters."""
    own: dict[str, Any] = {
        param.name: values[name] for param in command.params for name in _names(param) if name in values
    }
    return own | {name: defaults(one, values) for name, one in getattr(command, "commands", {}).items()}


def _names(param: Any) -> list[str]:
    if param.param_type_name != "option" or param.is_eager:
        return []
    return [name.removeprefix("--") for name in param.opts if name.startswith("--")]
