"""The message process."""

if __name__ == "__main__":
    # Here, because the processes for media work import this module and need none of it.
    from chassis.run.process import run_worker
    from users.composition import SPEC

    run_worker(SPEC)
