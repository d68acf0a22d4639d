"""The folder for the finished files: tried before anything is ordered, and changed only once all of them are whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SUMMARY = "summary.json"


class Unwritable(Exception):
    """A file cannot be put where it was wanted; the text names it and the reason."""


def check(out: Path, names: Iterable[str]) -> None:
    """See that files of these names can be put into ``out``, and leave nothing there. Raises :class:`Unwritable`."""
    made: list[Path] = []
    try:
        _make(out, made)
        with tempfile.TemporaryFile(dir=out, prefix=".talkingphoto-") as trial:
            trial.write(b"trial")
    except (OSError, ValueError) as error:
        raise Unwritable(f"Files cannot be put into {out}: {reason(error)}.") from error
    finally:
        for folder in reversed(made):
            folder.rmdir()
    for name in names:
        if (out / name).is_dir():
            raise Unwritable(f"{out / name} is a folder; a file of that name is to be written.")


def _make(folder: Path, made: list[Path]) -> None:
    if not folder.is_dir() and folder.parent != folder:
        _make(folder.parent, made)
    # It may be there by now: a/.. is, once a has been made.
    if not folder.is_dir():
        folder.mkdir()
        made.append(folder)


@contextmanager
def staged(out: Path, run_id: str) -> Iterator[Path]:
    """A folder beside the files of ``out``, for what is still on its way. Raises :class:`Unwritable`."""
    beside = out / f".{run_id}.partial"
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
    except OSError as error:
        raise Unwritable(f"Files cannot be put into {out}: {reason(error)}.") from error
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def deliver(beside: Path, out: Path, summary: Mapping[str, Any]) -> None:
    """Put whole files from ``beside`` in their places, instead of those of an earlier run.

    The summary goes first and comes last: where there is one, what it lists is there and belongs together. Raises
    :class:`Unwritable`.
    """
    target = out / SUMMARY
    try:
        text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
        (beside / SUMMARY).write_text(text, encoding="utf-8")
        earlier = _listed(target)
        target.unlink(missing_ok=True)
        for name in earlier - set(summary["files"]):
            (out / name).unlink(missing_ok=True)
        for name in (*summary["files"], SUMMARY):
            target = out / name
            (beside / name).replace(target)
    except OSError as error:
        raise Unwritable(f"{target} cannot be written: {reason(error)}.") from error


def _listed(summary: Path) -> set[str]:
    """The files that an earlier summary lists, as far as they can be in its folder."""
    try:
        names = json.loads(summary.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in names if isinstance(name, str) and name == Path(name).name}


def reason(error: OSError | ValueError) -> str:
    """Why, without the number and the path that Python adds."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
