"""SQL for paces."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.data.database import Transaction
from workflow.paces.models import Seen

NEWEST = 0.3
"""How much the newest run counts against all before it."""
MOST = 4.0
"""One run moves a pace by at most that: slow because the machine was busy says little of the next."""

_LEARN = """
INSERT INTO paces AS known (definition, step, plan, provider, pace, cost, seen_at)
SELECT DISTINCT ON (definition, step, plan, provider) *, $7::timestamptz
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[])
    AS seen (definition, step, plan, provider, pace, cost)
ORDER BY definition, step, plan, provider
ON CONFLICT (definition, step, plan, provider) DO UPDATE SET
    pace = known.pace * power(least(greatest(excluded.pace / known.pace, 1 / $9::float8), $9::float8), $8::float8),
    cost = known.cost + $8::float8 * (excluded.cost - known.cost),
    seen_at = excluded.seen_at
"""


def learn(tx: Transaction, seen: Sequence[Seen]) -> None:
    """Take into account, with the commit, how steps have fared."""
    if seen:
        columns = [[getattr(one, name) for one in seen] for name in Seen.__slots__]
        tx.later(_LEARN, *columns, tx.now, NEWEST, MOST)
