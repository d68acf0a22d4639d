"""What passes crash points can be written down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PASSING = """
from chassis import faults
for scope in ("billing", "users"):
    faults.point("transaction.before_commit", scope)
faults.point("storage.before_rename")
"""


def test_passed_points_are_written_down_in_their_order(tmp_path: Path) -> None:
    log = tmp_path / "passed"
    environment = {**os.environ, "FAULT_LOG": str(log)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", PASSING], env=environment, timeout=60, check=True)
    once = ["billing.transaction.before_commit", "users.transaction.before_commit", "storage.before_rename"]
    assert log.read_text().splitlines() == once * 2
