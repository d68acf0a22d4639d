"""The message process."""

if __name__ == "__main__":
    from analytics.composition import SPEC
    from chassis.run.process import run_worker

    run_worker(SPEC)
