"""Which services there are, in what order they start, and where one machine keeps what they need."""

from __future__ import annotations

import os
import secrets
import shlex
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from chassis.settings import load
from talkingphoto.account import owner
from talkingphoto.running import lock_of

if TYPE_CHECKING:
    from chassis.run.private_postgres import PrivatePostgres
    from chassis.run.process import Assembled
    from chassis.run.service import ServiceSpec

PACKAGES = ("users", "billing", "workflow", "ai_router", "export", "notify", "analytics", "gateway")
"""In the order in which they start: the gateway last, because it answers for all of them."""

OWNERS_CREDITS = 1000
"""Promotional credits of whoever runs a platform on their own machine; one is a video."""

VAULT_KEYS = {
    "ENCRYPTION_KEY": ("users", "export", "notify"),
    "LINK_KEY": ("users", "notify"),
    "PERSON_HASH_KEY": ("analytics",),
}
"""Who seals or hashes what with a key of the home."""

CLIENTS_WAIT_FOR_MEDIA = frozenset({"workflow"})
"""Services that do media work while a client waits for the answer: an upload is looked at before it is taken."""


def specs() -> dict[str, ServiceSpec]:
    """Every service's specification. Imported here, so that a plain client command starts quickly."""
    return {package: import_module(f"{package}.composition").SPEC for package in PACKAGES}


@dataclass(frozen=True, slots=True)
class Home:
    """The folder in which one installation keeps everything."""

    root: Path

    @property
    def postgres(self) -> Path:
        """Data of the private PostgreSQL."""
        return self.root / "postgres"

    @property
    def rabbitmq(self) -> Path:
        """Data of a private RabbitMQ, where there is one."""
        return self.root / "rabbitmq"

    @property
    def objects(self) -> Path:
        """The folder store."""
        return self.root / "objects"

    @property
    def signing_key(self) -> Path:
        """The key of users."""
        return self.root / "keys" / "signing.pem"

    def key(self, setting: str) -> Path:
        """What services seal with, where the environment does not say: made once, because what was sealed stays."""
        return self.signing_key.with_name(setting.lower().replace("_", "."))

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.root / "logs"

    @property
    def traces(self) -> Path:
        """Spans of what ran here."""
        return self.root / "traces"

    @property
    def clock(self) -> Path:
        """How far the clock has been moved."""
        return self.root / "clock"

    @property
    def lock(self) -> Path:
        """Held by the platform that runs in this home; says where it answers."""
        return lock_of(self.root)

    def prepare(self) -> None:
        """Make the folders. What is kept in them is for this user alone; a home that was there keeps its own mode."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.objects, self.signing_key.parent, self.logs, self.traces):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
        for setting in VAULT_KEYS:
            _make_key(self.key(setting))


def _make_key(file: Path) -> None:
    if file.exists():
        return
    beside = file.with_suffix(f".{secrets.token_hex(8)}")
    beside.touch(mode=0o600)
    beside.write_text(secrets.token_urlsafe(32))
    # link, not rename: of two that start together, the second finds the first one's key.
    with suppress(FileExistsError):
        os.link(beside, file)
    beside.unlink()


def require_port(port: int, by: str = "--port") -> None:
    """Raise ``OSError`` for what is no port; ``by``: what said it."""
    if not 0 <= port <= 65_535:
        raise OSError(f"{port} is no port; choose one from 1 to 65535 with {by}, or 0 for any that is free")


def port_said_by(variable: str) -> int:
    """The port that the environment says; 0, which is any that is free, where it says none. Raises ``OSError``."""
    said = os.environ.get(variable) or "0"
    try:
        return int(said)
    except ValueError:
        raise OSError(f"{variable} is {said!r}, which is no port; choose one from 1 to 65535") from None


def listening_socket(host: str = "127.0.0.1", port: int = 0, by: str = "--port") -> socket.socket:
    """A bound socket, so that the port is known, and ours, before anything is built. Raises ``OSError``."""
    require_port(port, by)
    # The protocol is named because asyncio sets TCP_NODELAY only where it is.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if port:
        # So that a start may follow a stop at once. Of a free port it would make one that two may be given.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(f"{host}:{port} is taken or not to be had; choose another with {by}") from error
    return sock


def url_of(sock: socket.socket) -> str:
    """Where a bound socket is reached."""
    host, port = sock.getsockname()[:2]
    return f"http://{host}:{port}"


def where_to_look(postgres: PrivatePostgres) -> str:
    """A line that opens the database; there is one for each service."""
    return f"psql -h {shlex.quote(postgres.socket_folder)} -U postgres billing"


def common_settings(home: Home, urls: Mapping[str, str]) -> dict[str, object]:
    """Settings that are the same in both topologies of one machine, by environment name in lower case.

    Here a run is minutes of rendering and somebody's only one, so every trace is recorded unless the environment says
    otherwise.
    """
    movable = {} if os.environ.get("ENV") == "production" else {"clock_file": home.clock}
    return movable | {
        "traces_dir": home.traces,
        "trace_sample_ratio": os.environ.get("TRACE_SAMPLE_RATIO") or "1",
        "object_store": "folder",
        "object_folder": home.objects,
        "jwks_url": f"{urls['users']}/.well-known/jwks.json",
        "public_url": urls["gateway"],
    }


def settings_of(package: str, home: Home, urls: Mapping[str, str]) -> dict[str, object]:
    """Settings that only one service has."""
    if package == "gateway":
        # The limits keep strangers apart; here is one owner, who may order as much as the machine can do.
        return {
            "upstreams": {name: url for name, url in urls.items() if name != "gateway"},
            "rate_limit_factor": os.environ.get("RATE_LIMIT_FACTOR") or "100",
        }
    behind: dict[str, object] = {"trusted_proxies": "127.0.0.1"}
    for setting, users in VAULT_KEYS.items():
        if package in users and not os.environ.get(setting) and home.key(setting).exists():
            behind[setting.lower()] = home.key(setting).read_text()
    if package in ("ai_router", "export") and "workflow" in urls:
        return behind | {"workflow_url": urls["workflow"]}
    if package == "notify" and "gateway" in urls:
        # Links of letters lead to the studio's pages, unless somebody has a web client of their own.
        return behind | {"app_url": os.environ.get("APP_URL") or f"{urls['gateway']}/studio"}
    if package == "users":
        return behind | {"jwt_key_file": home.signing_key}
    if package == "billing":
        # What runs here is what is sold; its owner tries it out on the house.
        sandbox = {"sandbox_payments": True}
        return behind | sandbox | {"gift_email": owner(home.root).email, "gift_credits": OWNERS_CREDITS}
    return behind


def model_of(package: str, **settings: object) -> Assembled:
    """A service as it is wherever it runs, to be looked at. It starts, reaches and writes nothing."""
    from chassis.run.process import assemble

    spec = specs()[package]
    fields: dict[str, object] = {
        "service_name": package,
        "env": "development",
        "database_url": "postgresql+asyncpg://127.0.0.1/none",
        "bus": "memory",
        "object_store": "folder",
        "object_folder": Path(os.devnull),
        "jwks_url": "http://127.0.0.1/.well-known/jwks.json",
    }
    if package == "gateway":
        fields["upstreams"] = {name: "http://127.0.0.1" for name in PACKAGES if name != "gateway"}
    return assemble(spec, load(spec.settings, **fields | settings))


def queue_names() -> list[str]:
    """Every queue that consumers declare."""
    consumers = [model_of(package).service.consumers for package in PACKAGES]
    return sorted(name for each in consumers if each is not None for name in each.queues)
