"""The message process."""

from chassis.process import run_worker
from gateway.composition import SPEC

if __name__ == "__main__":
    run_worker(SPEC)
