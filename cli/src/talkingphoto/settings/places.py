"""Where this user's settings are (XDG Base Directory), read and written whole or not at all."""

from __future__ import annotations

import configparser
import io
import os
from pathlib import Path


class NoPlace(OSError):
    """This user has no folder for settings: nothing is stored, and nothing can be."""


def settings_folder() -> Path:
    """``$XDG_CONFIG_HOME/talkingphoto``, or ``~/.config/talkingphoto``. Raises :class:`NoPlace`."""
    base = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    try:
        # The specification has relative paths ignored.
        return (base if base.is_absolute() else Path("~/.config").expanduser()) / "talkingphoto"
    except RuntimeError as error:
        raise NoPlace("This user has no home folder; name one for settings with XDG_CONFIG_HOME.") from error


def read(file: Path) -> configparser.ConfigParser:
    """The sections of a file; none where it is not there. Raises ``OSError`` for a file that cannot be read as one."""
    parser = configparser.ConfigParser(interpolation=None, default_section="\0")
    try:
        parser.read_string(file.read_text(encoding="utf-8"), str(file))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (configparser.Error, UnicodeDecodeError) as error:
        raise OSError(f"{file} cannot be read: {' '.join(str(error).split())}.") from error
    return parser


def write(file: Path, parser: configparser.ConfigParser) -> None:
    """Put the sections in their place, see :func:`put`."""
    text = io.StringIO()
    parser.write(text)
    put(file, text.getvalue())


def put(file: Path, text: str) -> None:
    """Put a text in its place whole, for this user alone."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    beside.replace(file)
