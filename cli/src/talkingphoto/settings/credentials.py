"""As whom the command line speaks to a platform: what ``login`` was told, by the platform's address."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from talkingphoto.client import Credentials
from talkingphoto.settings import places

KEY_VARIABLE = "TALKINGPHOTO_API_KEY"
"""An API key in the environment: it goes before what is stored."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who is meant at a platform: an account, or a key that stands for one."""

    account: Credentials | None = None
    key: str | None = None


def file() -> Path:
    """Where they are, for this user alone."""
    return places.settings_folder() / "credentials.json"


def place_of(home: Path, server: str | None) -> str:
    """What a platform's credentials are called: its address, or the home of one on this machine."""
    return server or str(home.absolute())


def known(place: str) -> Known | None:
    """As whom to speak there; None where nobody has said so. Raises ``OSError`` for a file that is damaged."""
    if key := os.environ.get(KEY_VARIABLE, "").strip():
        return Known(key=key)
    stored = _stored().get(place)
    if stored is None:
        return None
    if "key" in stored:
        return Known(key=stored["key"])
    return Known(Credentials(stored["email"], stored["password"]))


def remember(place: str, who: Known) -> None:
    """Speak as ``who`` there from now on. Raises ``OSError``."""
    said = {"key": who.key} if who.key is not None else {}
    if who.account is not None:
        said = {"email": who.account.email, "password": who.account.password}
    _store(_stored() | {place: said})


def forget(place: str) -> bool:
    """Speak as nobody there from now on; whether there was somebody. Raises ``OSError``."""
    stored = _stored()
    there = stored.pop(place, None) is not None
    if there:
        _store(stored)
    return there


def _stored() -> dict[str, dict[str, str]]:
    try:
        found = json.loads(file().read_text(encoding="utf-8"))
        good = all(
            isinstance(one, dict) and (one.keys() >= {"key"} or one.keys() >= {"email", "password"})
            for one in found.values()
        )
    except (FileNotFoundError, NotADirectoryError, places.NoPlace):
        return {}
    except (ValueError, AttributeError):
        good = False
    if not good:
        raise OSError(f"{file()} cannot be read as credentials. Remove it, and log in again.")
    return dict(found)


def _store(stored: dict[str, dict[str, str]]) -> None:
    places.put(file(), json.dumps(stored, indent=2))
