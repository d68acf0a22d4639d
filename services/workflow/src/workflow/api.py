"""The HTTP process."""

from chassis.process import run_api
from workflow.composition import SPEC

if __name__ == "__main__":
    run_api(SPEC)
