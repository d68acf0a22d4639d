"""A row of the tables, and what rows share."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

OK, FAILED, WRONG, REFUSED = 0, 1, 2, 3
SOMEBODY = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"
LATIN = os.fsdecode(b"caf\xe9.jpg")


def says(text: str) -> tuple[str, ...]:
    return ("make", "me.jpg", "--script", text)


def reads(name: str) -> tuple[str, ...]:
    return ("make", "me.jpg", "--script-file", name)


def photo_of(name: str) -> tuple[str, ...]:
    return ("make", name, "--script", "Hi.")


LISTED = ("status",)
MAKE, SCRIPT = says("Hi."), reads("s.txt")


@dataclass(frozen=True)
class Case:
    """What is ``typed`` in a folder with ``files`` and a photo ``me.jpg``: ``said`` is printed, ``unsaid`` is not."""

    name: str
    typed: tuple[str, ...]
    said: str | tuple[str, ...] = ""
    code: int = OK
    unsaid: str | tuple[str, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    setup: Callable[[Path], None] | None = None
    stdin: bytes = b""
    charset: str = "utf-8"
    spoken: str | None = None
    sent: str | tuple[str, str] | None = None
    server: bool = True


def words(text: bytes, **more: Any) -> dict[str, Any]:
    return {"files": {"s.txt": text}, **more}


def named(name: str) -> dict[str, Any]:
    def copy(folder: Path) -> None:
        shutil.copy(folder / "me.jpg", folder / name)

    return {"setup": copy}


def picture(name: str, kind: str, size: tuple[int, int] = (80, 60), mode: str = "RGB") -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind)
    return {"files": {name: buffer.getvalue()}}


def loop(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")


def dangling(folder: Path) -> None:
    (folder / "link").symlink_to("nowhere")


def folder_in_the_way(folder: Path) -> None:
    (folder / "out" / "tiktok.mp4").mkdir(parents=True)


def home_is_a_file(folder: Path) -> None:
    (folder / "home").write_text("x")


def account_is_a_folder(folder: Path) -> None:
    (folder / "home" / "account.json").mkdir(parents=True)
