"""The message process."""

from chassis.process import run_worker
from users.composition import SPEC

if __name__ == "__main__":
    run_worker(SPEC)
