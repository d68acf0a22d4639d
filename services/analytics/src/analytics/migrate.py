"""Migrations and initial data, before anything else starts."""

from analytics.composition import SPEC
from chassis.run.process import run_migrations

if __name__ == "__main__":
    run_migrations(SPEC)
