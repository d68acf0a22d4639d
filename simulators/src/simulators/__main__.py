"""``python -m simulators [--host H] [--name N] [--base-port P] [--settings] [vendor ...]``: start, print where, run."""

from __future__ import annotations

import argparse
import asyncio
import sys

from simulators.serve import listener, server_of
from simulators.vendors.catalogue import ALL


async def _serve(names: list[str], host: str, name_of_host: str, base_port: int, *, settings: bool) -> None:
    servers, addresses = [], {}
    others: dict[str, str] = {}
    for number, name in enumerate(names):
        simulator = ALL[name]()
        bound = listener(base_port + number if base_port else 0, host)
        servers.append((server_of(simulator), bound))
        addresses[name] = f"http://{name_of_host}:{bound.getsockname()[1]}"
        others |= simulator.settings(addresses[name])
    if settings:
        # Only here is the router's own package needed; the simulators run without it.
        from simulators.matrix.scenarios import settings_for

        lines = [f"{name}={value}" for name, value in {**settings_for(addresses), **others}.items()]
    else:
        lines = [f"{'vendor':<12} address", *(f"{name:<12} {address}" for name, address in addresses.items())]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    await asyncio.gather(*(server.serve(sockets=[bound]) for server, bound in servers))


def main(arguments: list[str]) -> int:
    """Parse, start all or the named vendors, serve until interrupted."""
    parser = argparse.ArgumentParser(prog="simulators", description=__doc__)
    parser.add_argument("vendors", nargs="*", help=f"of {', '.join(ALL)}; none means all")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--name", help="what others call this host; otherwise its address")
    parser.add_argument("--base-port", type=int, default=0, help="first of consecutive ports; 0 takes free ones")
    parser.add_argument("--settings", action="store_true", help="print settings that lead services here")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.vendors) - ALL.keys()):
        parser.error(f"unknown: {', '.join(unknown)}")
    names, name_of_host = chosen.vendors or list(ALL), chosen.name or chosen.host
    asyncio.run(_serve(names, chosen.host, name_of_host, chosen.base_port, settings=chosen.settings))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
