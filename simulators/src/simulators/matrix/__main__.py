"""``python -m simulators.matrix [provider ...]``: print the table; exit 1 when a cell is wrong."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from simulators.matrix.run import Cell, fill


def table(cells: list[Cell]) -> str:
    """One line per provider, capability and operation: each fault with what came of it."""
    rows: dict[tuple[str, str, str], list[Cell]] = defaultdict(list)
    for each in cells:
        rows[each.scenario.provider, each.scenario.capability, each.operation].append(each)
    lines = []
    for (provider, capability, operation), row in rows.items():
        right = sum(each.right for each in row)
        lines.append(f"{provider:<14} {capability:<21} {operation:<9} {right:>3}/{len(row)}")
        for each in row:
            mark = "  ok " if each.right else "WRONG"
            wanted = "" if each.got == each.expected else f"  expected {each.expected}"
            lines.append(
                f"    {mark} {each.fault or 'good answer':<15} {each.got:<18} accepted {each.accepted}"
                f"{wanted}{'  ' + each.remark if each.remark else ''}"
            )
    wrong = sum(not each.right for each in cells)
    return "\n".join([*lines, f"{len(cells)} cells, {wrong} wrong"])


def main(arguments: list[str]) -> int:
    """Fill and print; the number of wrong cells decides the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        cells = asyncio.run(fill(Path(folder), providers=frozenset(arguments) or None))
    sys.stdout.write(table(cells) + "\n")
    return int(not cells or any(not each.right for each in cells))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
