"""Three-step workflows in DBOS: ``python dbos_peer.py COUNT`` prints seconds, CPU seconds and how many finished.

The CPU is this process' and that of the PostgreSQL server whose pid is in ``POSTGRES_PID``.
"""

from __future__ import annotations

import os
import sys

from _harness import Meter
from dbos import DBOS

DBOS(config={"name": "peer", "system_database_url": os.environ["DBOS_URL"], "log_level": "ERROR"})


@DBOS.step()
def step(number: int) -> int:
    return number


@DBOS.workflow()
def three_steps(number: int) -> int:
    return step(step(step(number)))


def main(count: int) -> None:
    """Run them side by side, as DBOS does by itself."""
    DBOS.launch()
    three_steps(0)
    meter = Meter([int(os.environ["POSTGRES_PID"])])
    handles = [DBOS.start_workflow(three_steps, number) for number in range(count)]
    done = sum(handle.get_result() == number for number, handle in enumerate(handles))
    sample = meter.sample(count)
    print(sample.seconds, sample.cpu_seconds, done)
    DBOS.destroy()


if __name__ == "__main__":
    main(int(sys.argv[1]))
