"""``python -m analytics.rebuild``: makes all figures anew from the log of facts."""

from __future__ import annotations

import asyncio
import sys

from analytics.figures.folding import LogIncomplete, rebuild
from analytics.settings import Settings
from chassis.data.database import Database
from chassis.settings import SettingsError, load


async def main() -> int:
    """Do it, and say of how many facts."""
    settings = load(Settings)
    database = Database(settings.database_url.get_secret_value(), service="analytics")
    try:
        return await rebuild(database)
    finally:
        await database.close()


if __name__ == "__main__":
    try:
        sys.stdout.write(f"Made anew of {asyncio.run(main())} facts.\n")
    except (LogIncomplete, SettingsError) as refusal:
        sys.exit(str(refusal))
