"""``python -m simulators [--host H] [--base-port N] [vendor ...]``: start them, print where, run until stopped."""

from __future__ import annotations

import argparse
import asyncio
import sys

from simulators.serve import listener, server_of
from simulators.vendors.catalogue import ALL


async def _serve(names: list[str], host: str, base_port: int) -> None:
    servers = []
    sys.stdout.write(f"{'vendor':<14} {'address':<28} key\n")
    for number, name in enumerate(names):
        simulator = ALL[name]()
        bound = listener(base_port + number if base_port else 0, host)
        servers.append((server_of(simulator), bound))
        sys.stdout.write(f"{name:<14} http://{host}:{bound.getsockname()[1]:<20} {simulator.key}\n")
    sys.stdout.flush()
    await asyncio.gather(*(server.serve(sockets=[bound]) for server, bound in servers))


def main(arguments: list[str]) -> int:
    """Parse, start all or the named vendors, serve until interrupted."""
    parser = argparse.ArgumentParser(prog="simulators", description=__doc__)
    parser.add_argument("vendors", nargs="*", help=f"of {', '.join(ALL)}; none means all")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--base-port", type=int, default=0, help="first of consecutive ports; 0 takes free ones")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.vendors) - ALL.keys()):
        parser.error(f"unknown: {', '.join(unknown)}")
    asyncio.run(_serve(chosen.vendors or list(ALL), chosen.host, chosen.base_port))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
