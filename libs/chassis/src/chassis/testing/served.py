"""An application behind the real server, on a free port of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp

from chassis.run.process import Server, server_config
from chassis.settings import ServiceSettings


@asynccontextmanager
async def served(app: ASGIApp, **settings: Any) -> AsyncIterator[str]:
    """Serve ``app`` under the bounds that ``settings`` change; its URL. Stopped at the end, connections and all."""
    config = server_config(app, ServiceSettings(env="test", port=0, **settings))
    config.timeout_graceful_shutdown = 1
    server = Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            if running.done():
                running.result()
            await asyncio.sleep(0.005)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await running
