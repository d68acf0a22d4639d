"""What the container, or else the machine, has and uses: memory, CPUs, disk, network (OBS-11 to OBS-13, OBS-18).

Prometheus' own process figures leave out the processes that do media work, and say nothing of how much there is, which
a threshold in percent needs. Read when somebody asks, from the kernel; what it does not tell is left out.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_GROUP = Path("/sys/fs/cgroup")
_PROC = Path("/proc")
_LOOPBACK = "lo"
_NOTHING: Mapping[str, float] = {}


class MachineCollector(Collector):
    """Adds itself to ``registry``. ``group`` and ``proc`` are the kernel's folders."""

    def __init__(self, registry: CollectorRegistry, *, group: Path = _GROUP, proc: Path = _PROC) -> None:
        self._group = group
        self._proc = proc
        registry.register(self)

    def describe(self) -> Iterator[Metric]:
        """The families, so that registering reads nothing."""
        return _families(_NOTHING, None, None, _NOTHING, _NOTHING)

    def collect(self) -> Iterator[Metric]:
        """Read now."""
        return _families(self._memory(), self._cpus(), self._cpu_seconds(), _disk(), self._network())

    def _memory(self) -> Mapping[str, float]:
        """As an orchestrator counts it: what the kernel would drop from its cache at once is free."""
        limit, current = _read(self._group / "memory.max"), _read(self._group / "memory.current")
        if limit is not None and limit != "max" and current is not None:
            droppable = _fields(self._group / "memory.stat").get("inactive_file", 0.0)
            used = max(0.0, float(current) - droppable)
            return {"used": used, "free": max(0.0, float(limit) - used)}
        there = {name.rstrip(":"): value * 1024 for name, value in _fields(self._proc / "meminfo").items()}
        if not {"MemTotal", "MemAvailable"} <= there.keys():
            return _NOTHING
        return {"used": there["MemTotal"] - there["MemAvailable"], "free": there["MemAvailable"]}

    def _cpus(self) -> float:
        quota, _, period = (_read(self._group / "cpu.max") or "max").partition(" ")
        return float(os.cpu_count() or 1) if quota == "max" else float(quota) / float(period)

    def _cpu_seconds(self) -> float | None:
        micros = _fields(self._group / "cpu.stat").get("usage_usec")
        if micros is not None:
            return micros / 1e6
        first = (_read(self._proc / "stat") or "").partition("\n")[0].split()
        if not first:
            return None
        user, nice, system, _idle, _waiting, *more = map(float, first[1:8])
        return (user + nice + system + sum(more)) / os.sysconf("SC_CLK_TCK")

    def _network(self) -> Mapping[str, float]:
        received = sent = 0.0
        for line in (_read(self._proc / "self" / "net" / "dev") or "").splitlines():
            name, colon, values = line.partition(":")
            if colon and name.strip() != _LOOPBACK:
                fields = values.split()
                received, sent = received + float(fields[0]), sent + float(fields[8])
        return {"received": received, "sent": sent}


def _families(
    memory: Mapping[str, float],
    cpus: float | None,
    cpu_seconds: float | None,
    disk: Mapping[str, float],
    network: Mapping[str, float],
) -> Iterator[Metric]:
    yield _with(GaugeMetricFamily("machine_memory_bytes", "Memory.", labels=("state",)), memory)
    yield GaugeMetricFamily("machine_cpus", "CPUs that may be used.", value=cpus)
    yield CounterMetricFamily("machine_cpu_seconds", "Time that CPUs were used for.", value=cpu_seconds)
    yield _with(GaugeMetricFamily("machine_disk_bytes", "Where temporary files are.", labels=("state",)), disk)
    through = CounterMetricFamily("machine_network_bytes", "Through what is not loopback.", labels=("direction",))
    yield _with(through, network)


def _with(family: GaugeMetricFamily | CounterMetricFamily, values: Mapping[str, float]) -> Metric:
    for value, number in values.items():
        family.add_metric((value,), number)
    return family


def _disk() -> Mapping[str, float]:
    disk = os.statvfs(tempfile.gettempdir())
    return {
        "used": float((disk.f_blocks - disk.f_bfree) * disk.f_frsize),
        "free": float(disk.f_bavail * disk.f_frsize),
    }


def _fields(path: Path) -> dict[str, float]:
    """Lines of a name and a number."""
    parts = [line.split() for line in (_read(path) or "").splitlines()]
    return {part[0]: float(part[1]) for part in parts if len(part) > 1}


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return None
