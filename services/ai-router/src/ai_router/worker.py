"""The message process."""

if __name__ == "__main__":
    # Here, because the processes for media work import this module and need none of it.
    from ai_router.composition import SPEC
    from chassis.run.process import run_worker

    run_worker(SPEC)
