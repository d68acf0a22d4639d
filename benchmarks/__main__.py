"""``make bench``: every benchmark in turn, each beside its peer in one run; JSON lines on standard output.

``--quick`` for the short form, ``--only B1,B3`` for some. Ends with 1 when one is below its gate or lost an effect.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALL: dict[str, tuple[str, ...]] = {
    "B1": ("benchmarks/saga.py",),
    "B25": ("benchmarks/saga.py", "--counters"),
    "B3": ("benchmarks/outbox_drain.py",),
    "B6": ("benchmarks/gateway_edge.py",),
    "B7": ("benchmarks/gateway_edge.py", "--tokens"),
    "B8": ("benchmarks/rate_limiter.py",),
    "B10": ("benchmarks/ledger.py",),
    "B10-hot": ("benchmarks/ledger.py", "--hot"),
    "B18": ("benchmarks/webhooks.py",),
    "B11": ("benchmarks/vendor_adapter.py",),
    "B19": ("benchmarks/login_storm.py",),
    "B20": ("benchmarks/reads.py",),
    "B14": ("libs/media/benchmarks/media_renditions.py",),
    "B15": ("libs/media/benchmarks/media_talking.py",),
    "memory": ("libs/media/benchmarks/media_memory.py",),
    "clips": ("libs/media/benchmarks/media_long_film.py",),
}
"""Script and arguments. B2 comes with B1, B16 with B14."""
ALIASES = {"B2": "B1", "B16": "B14"}


def main(arguments: list[str]) -> int:
    """Run the chosen benchmarks one after the other; returns the exit code."""
    chosen = _chosen(arguments)
    quick = ["--quick"] if "--quick" in arguments else []
    failed = [
        name
        for name in chosen
        if subprocess.run([sys.executable, *ALL[name], *quick], cwd=ROOT, check=False).returncode
    ]
    if failed:
        sys.stderr.write(f"below the gate, or wrong: {', '.join(failed)}\n")
    return 1 if failed else 0


def _chosen(arguments: list[str]) -> list[str]:
    if "--only" not in arguments:
        return list(ALL)
    names = [ALIASES.get(name, name) for name in arguments[arguments.index("--only") + 1].split(",")]
    if unknown := [name for name in names if name not in ALL]:
        raise SystemExit(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(ALL)}")
    return list(dict.fromkeys(names))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
