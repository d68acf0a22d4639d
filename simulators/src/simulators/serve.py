"""Simulators on real sockets of 127.0.0.1."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from simulators.core.base import Simulator

_START_S = 10.0


@dataclass(frozen=True, slots=True)
class Served:
    """A simulator that answers at ``url``."""

    simulator: Simulator
    url: str


def listener(port: int = 0, host: str = "127.0.0.1") -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises OSError when the port is taken."""
    # With the protocol named, asyncio switches Nagle's algorithm off; without it every answer waits 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def server_of(simulator: Simulator) -> uvicorn.Server:
    """A quiet server for one simulator. Broken answers are its business, so they are not logged as errors."""
    config = uvicorn.Config(simulator.app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    return uvicorn.Server(config)


@contextmanager
def serving(simulators: Sequence[Simulator]) -> Iterator[dict[str, Served]]:
    """Run each simulator on a free port in threads of this process; stopped on leaving. By vendor name."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []
    served: dict[str, Served] = {}
    try:
        for simulator in simulators:
            bound = listener()
            server = server_of(simulator)
            ready = threading.Event()
            thread = threading.Thread(target=_run, args=(server, bound, ready), daemon=True)
            thread.start()
            running.append((server, thread))
            if not ready.wait(_START_S) or not thread.is_alive():
                raise TimeoutError(f"{simulator.vendor} did not start")
            served[simulator.vendor] = Served(simulator, f"http://127.0.0.1:{bound.getsockname()[1]}")
        yield served
    finally:
        for server, _ in running:
            server.should_exit = True
        for _, thread in running:
            thread.join(_START_S)


def _run(server: uvicorn.Server, bound: socket.socket, ready: threading.Event) -> None:
    # Listening before the server runs lets the first caller wait in the backlog instead of being refused.
    bound.listen(128)
    ready.set()
    with bound:
        server.run(sockets=[bound])
