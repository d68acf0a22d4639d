"""A private Prometheus that scrapes a platform of this machine with the rules of ``deploy/prometheus``.

Its programs are those on the path, else Debian's package, fetched and unpacked into the user's cache: nothing is
installed, so no server of the system starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx
import yaml

from chassis.run.children import spawn

FOLDER = Path(__file__).parents[1] / "prometheus"
RULES = sorted((FOLDER / "rules").glob("*.yml"))

SCRAPE_S = 1
_START_S = 30.0


class NoPrometheus(Exception):
    """There is none and none could be had; the text says what to do."""


@dataclass(frozen=True)
class Programs:
    """Where they are."""

    prometheus: Path
    promtool: Path


def programs() -> Programs:
    """Prometheus and promtool. Raises :class:`NoPrometheus`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "talkingphoto" / "prometheus"
    found = _on_the_path() or _unpacked(cache)
    if found is None:
        _fetch(cache)
        found = _unpacked(cache)
    if found is None:
        raise NoPrometheus("Prometheus is needed: install it (apt-get install prometheus)")
    return found


@dataclass(frozen=True)
class Prometheus:
    """A running one."""

    url: str
    http: httpx.AsyncClient

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples that an expression has now. Raises ``ValueError`` with Prometheus' word for a bad one."""
        answer = await self.http.get(f"{self.url}/api/v1/query", params={"query": expression})
        found = answer.json()
        if found["status"] != "success":
            raise ValueError(found["error"])
        result = found["data"]["result"]
        if found["data"]["resultType"] == "scalar":
            return [{"metric": {}, "value": result}]
        return list(result)

    async def rules(self) -> list[dict[str, Any]]:
        """Every rule with its health and, of an alert, its state."""
        groups = (await self.http.get(f"{self.url}/api/v1/rules")).json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    async def scrapes(self) -> list[dict[str, Any]]:
        """What is scraped, and how that goes."""
        return list((await self.http.get(f"{self.url}/api/v1/targets")).json()["data"]["activeTargets"])


@asynccontextmanager
async def scraping(targets: Mapping[str, str], folder: Path) -> AsyncIterator[Prometheus]:
    """A Prometheus for the length of the block, when it has looked at every target twice.

    ``targets``: base address of each process' ``/metrics`` by its name. Raises :class:`NoPrometheus`.
    """
    found = await asyncio.to_thread(programs)
    with _prepared(folder, targets) as output:
        for _ in range(3):
            port = _free_port()
            process = await spawn(
                str(found.prometheus),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--enable-feature=exemplar-storage",
                environment={"PATH": os.environ.get("PATH", os.defpath), "GOMAXPROCS": "1"},
                output=output,
                on_our_end=signal.SIGTERM,
            )
            async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
                try:
                    prometheus = Prometheus(f"http://127.0.0.1:{port}", http)
                    if await _scraped(prometheus, process, len(targets)):
                        yield prometheus
                        return
                finally:
                    if process.returncode is None:
                        process.terminate()
                        await process.wait()
    said = await asyncio.to_thread((folder / "prometheus.log").read_text, errors="replace")
    raise NoPrometheus(f"Prometheus did not start: {said[-2000:]}")


def _prepared(folder: Path, targets: Mapping[str, str]) -> IO[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration(targets)), encoding="utf-8")
    return (folder / "prometheus.log").open("wb")


def configuration(targets: Mapping[str, str]) -> dict[str, Any]:
    """What ``deploy/prometheus/prometheus.yml`` says, for other targets, looked at every second."""
    settings: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
    settings["global"] = {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"}
    settings["rule_files"] = [str(file) for file in RULES]
    del settings["alerting"]
    [job] = settings["scrape_configs"]
    job["static_configs"] = [
        {"targets": [urlsplit(url).netloc], "labels": {"process": name}} for name, url in targets.items()
    ]
    return settings


async def _scraped(prometheus: Prometheus, process: asyncio.subprocess.Process, targets: int) -> bool:
    """Whether it came to look at all of them, and to evaluate what it saw; False when it ended instead."""
    deadline = asyncio.get_running_loop().time() + _START_S
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        with contextlib.suppress(httpx.TransportError, KeyError, ValueError):
            seen = await prometheus.query(f'count_over_time(up{{job="talkingphoto"}}[{_START_S:g}s]) >= 2')
            evaluated = await prometheus.query("slo:allowed:ratio")
            if len(seen) == targets and evaluated:
                return True
        await asyncio.sleep(0.1)
    return False


def _on_the_path() -> Programs | None:
    prometheus, promtool = shutil.which("prometheus"), shutil.which("promtool")
    return Programs(Path(prometheus), Path(promtool)) if prometheus and promtool else None


def _unpacked(folder: Path) -> Programs | None:
    there = Programs(folder / "usr/bin/prometheus", folder / "usr/bin/promtool")
    return there if there.prometheus.exists() and there.promtool.exists() else None


def _fetch(into: Path) -> None:
    """Debian's package without its installation. Two at once do it twice, and the first one's stays."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent) as name:
        beside = Path(name)
        if not _packages(beside) and os.geteuid() == 0:
            # A new machine's lists are old or none.
            subprocess.run(["apt-get", "update", "-qq"], capture_output=True, check=False, timeout=300)  # noqa: S607
            _packages(beside)
        for package in beside.glob("prometheus_*.deb"):
            unpacked = beside / "unpacked"
            subprocess.run(["dpkg-deb", "-x", str(package), str(unpacked)], check=True, timeout=120)  # noqa: S607
            with contextlib.suppress(OSError):
                unpacked.rename(into)


def _packages(folder: Path) -> bool:
    command = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "prometheus"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    return done.returncode == 0


def _free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
