"""The HTTP process."""

if __name__ == "__main__":
    # Here, because the processes for media work import this module and need none of it.
    from chassis.run.process import run_api
    from users.composition import SPEC

    run_api(SPEC)
