"""The HTTP process."""

from ai_router.composition import SPEC
from chassis.process import run_api

if __name__ == "__main__":
    run_api(SPEC)
