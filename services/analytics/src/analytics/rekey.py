"""``python -m analytics.rekey``: puts every word under the newest key of ``PERSON_HASH_KEY``."""

from __future__ import annotations

import asyncio
import sys

from analytics.facts import service
from analytics.facts.models import OtherKey, Pseudonyms
from analytics.settings import Settings
from chassis.data.database import Database
from chassis.settings import SettingsError, load


async def main() -> int:
    """Do it, and say under how many more keys words are."""
    settings = load(Settings)
    database = Database(settings.database_url.get_secret_value(), service="analytics")
    try:
        async with database.transaction() as tx:
            return await service.rekey(Pseudonyms(settings.person_hash_key.get_secret_value()), tx)
    finally:
        await database.close()


if __name__ == "__main__":
    try:
        sys.stdout.write(f"Words are under {asyncio.run(main())} more keys.\n")
    except (OtherKey, SettingsError) as refusal:
        sys.exit(str(refusal))
