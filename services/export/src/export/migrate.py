"""Migrations and initial data, before anything else starts."""

from chassis.run.process import run_migrations
from export.composition import SPEC

if __name__ == "__main__":
    run_migrations(SPEC)
