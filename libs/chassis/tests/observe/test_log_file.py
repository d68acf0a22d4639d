"""A log file: JSON whoever speaks, of bounded size, for its owner alone."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog

from chassis.observe import logs
from chassis.settings import ServiceSettings

ENDS_BADLY = """
import sys, threading, warnings, asyncio
from pathlib import Path
from chassis.observe.logs import configure_logging, log_what_ends_us
from chassis.settings import ServiceSettings
configure_logging(ServiceSettings(log_stdout=False, log_file=Path(sys.argv[1])))
log_what_ends_us()
warnings.warn("old ways")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
asyncio.new_event_loop().call_exception_handler({"message": "nobody awaited it"})
raise LookupError("no such table")
"""


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_what_python_itself_complains_of_is_logged_too(tmp_path: Path) -> None:
    file = tmp_path / "billing.worker.log"
    ended = subprocess.run([sys.executable, "-c", ENDS_BADLY, file], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, b"", b"")
    said = json.dumps(lines_of(file))
    for text in ("old ways", "ZeroDivisionError", "nobody awaited it", "LookupError: no such table"):
        assert text in said


def test_a_log_keeps_a_bound_and_is_for_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_LARGEST_FILE", 2000)
    file = tmp_path / "platform.log"
    logs.configure_logging(ServiceSettings(log_stdout=False, log_file=file))
    try:
        for n in range(100):
            structlog.get_logger().info("told", n=n)
    finally:
        logs.configure_logging(ServiceSettings())
    kept = [path for path in tmp_path.iterdir() if path.stat().st_size]
    assert {path.name for path in kept} == {"platform.log", "platform.log.1"}
    assert sum(path.stat().st_size for path in kept) < 5000
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    told = [line["n"] for path in sorted(kept, reverse=True) for line in lines_of(path)]
    assert told == list(range(told[0], 100))


ON_A_FULL_DISK = """
import sys
from pathlib import Path
import structlog
from chassis.observe.logs import configure_logging
from chassis.observe.metrics import REGISTRY
from chassis.settings import ServiceSettings
configure_logging(ServiceSettings(log_file=Path(sys.argv[1])))
for n in range(3):
    structlog.get_logger().info("told", n=n)
sys.stderr.write(str(REGISTRY.get_sample_value("log_lines_lost_total")))
"""


def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    """F38: whoever logs goes on; what is lost is counted, and the other place has it."""
    ran = subprocess.run([sys.executable, "-c", ON_A_FULL_DISK, "/dev/full"], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"3.0"), ran.stderr
    assert [json.loads(line)["n"] for line in ran.stdout.splitlines()] == [0, 1, 2]


def test_an_output_that_is_full_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-c", ON_A_FULL_DISK, file], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ran.stderr.startswith(b"3.0"), ran.stderr
    assert [line["n"] for line in lines_of(file)] == [0, 1, 2]
