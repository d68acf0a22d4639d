"""``python -m billing.replay``: let every event of the payment processor that is kept take effect again."""

from __future__ import annotations

import asyncio

from billing.composition import SPEC
from billing.payments.reconciliation import replay
from billing.settings import Settings
from chassis.run.process import assemble
from chassis.settings import load


async def main(settings: Settings) -> None:
    """Say how many events had which result."""
    service = assemble(SPEC, settings).service
    if service.database is None:
        raise ValueError("billing needs a database")
    try:
        results = await replay(service.database, service.app.state.payment_inbox)
    finally:
        await service.database.close()
    for result, count in sorted(results.items()):
        print(f"{count:8} {result}")  # an operator waits for it


if __name__ == "__main__":
    asyncio.run(main(load(Settings)))
