"""Migrations and initial data, before anything else starts."""

from billing.composition import SPEC
from chassis.run.process import run_migrations

if __name__ == "__main__":
    run_migrations(SPEC)
