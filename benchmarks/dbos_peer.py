"""Three-step workflows in DBOS: ``python dbos_peer.py COUNT`` prints seconds, CPU seconds and how many finished."""

from __future__ import annotations

import os
import sys
import time

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
    started, cpu = time.perf_counter(), time.process_time()
    handles = [DBOS.start_workflow(three_steps, number) for number in range(count)]
    done = sum(handle.get_result() == number for number, handle in enumerate(handles))
    print(time.perf_counter() - started, time.process_time() - cpu, done)
    DBOS.destroy()


if __name__ == "__main__":
    main(int(sys.argv[1]))
