"""What a container has and uses, as the kernel tells it."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from chassis.observe.machine import MachineCollector


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    for name, text in {
        "group/memory.max": "1000",
        "group/memory.current": "700",
        "group/memory.stat": "anon 300\ninactive_file 200\nactive_file 100",
        "group/cpu.max": "150000 100000",
        "group/cpu.stat": "usage_usec 2500000\nuser_usec 1",
        "proc/meminfo": "MemTotal:       64 kB\nMemFree:  1 kB\nMemAvailable:    16 kB\nHugePages_Total: 0",
        "proc/stat": "cpu  100 0 50 1000 20 0 50 0 0 0\ncpu0 1 2 3",
        "proc/self/net/dev": "face |bytes\n lo: 9 0 0 0 0 0 0 0 9\neth0: 7 1 0 0 0 0 0 0 5\neth1: 1 1 0 0 0 0 0 0 2",
    }.items():
        (file := tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return tmp_path


def shown(kernel: Path) -> CollectorRegistry:
    registry = CollectorRegistry()
    MachineCollector(registry, group=kernel / "group", proc=kernel / "proc")
    return registry


def test_a_containers_own_limits_count_and_not_the_machines(kernel: Path) -> None:
    registry = shown(kernel)
    assert registry.get_sample_value("machine_memory_bytes", {"state": "used"}) == 500
    assert registry.get_sample_value("machine_memory_bytes", {"state": "free"}) == 500
    assert registry.get_sample_value("machine_cpus") == 1.5
    assert registry.get_sample_value("machine_cpu_seconds_total") == 2.5
    assert registry.get_sample_value("machine_network_bytes_total", {"direction": "received"}) == 8
    assert registry.get_sample_value("machine_network_bytes_total", {"direction": "sent"}) == 7
    assert (registry.get_sample_value("machine_disk_bytes", {"state": "used"}) or 0) > 0


@pytest.mark.parametrize("limits", ["max", None], ids=["a container without limits", "no container"])
def test_without_limits_it_is_the_machine(kernel: Path, limits: str | None) -> None:
    for name in ("memory.max", "cpu.max"):
        (kernel / "group" / name).write_text("max") if limits else (kernel / "group" / name).unlink()
    if limits is None:
        (kernel / "group" / "cpu.stat").unlink()
    registry = shown(kernel)
    assert registry.get_sample_value("machine_memory_bytes", {"state": "used"}) == 48 * 1024
    assert registry.get_sample_value("machine_memory_bytes", {"state": "free"}) == 16 * 1024
    assert (registry.get_sample_value("machine_cpus") or 0) >= 1
    assert registry.get_sample_value("machine_cpu_seconds_total") == (2.5 if limits else 2.0)


def test_what_the_kernel_does_not_tell_is_left_out(tmp_path: Path) -> None:
    registry = shown(tmp_path)
    assert registry.get_sample_value("machine_memory_bytes", {"state": "used"}) is None
    assert registry.get_sample_value("machine_cpu_seconds_total") is None
