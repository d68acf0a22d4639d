"""The message process."""

from ai_router.composition import SPEC
from chassis.process import run_worker

if __name__ == "__main__":
    run_worker(SPEC)
