"""Toxiproxy's HTTP interface over our proxies, so that its clients, and a person with curl, can break a network.

Proxies: ``GET|POST /proxies``, ``GET|POST|DELETE /proxies/{proxy}``; faults: ``GET|POST /proxies/{proxy}/toxics``,
``GET|POST|DELETE /proxies/{proxy}/toxics/{toxic}``; and ``POST /reset``, ``GET /version``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from chassis.testing.proxy import Proxy, Toxic


class ProxyApi:
    """All proxies of a test, and the server that controls them."""

    def __init__(self, *, seed: int = 0) -> None:
        self.proxies: dict[str, Proxy] = {}
        self.port = 0
        self._seed = seed
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        app = web.Application(middlewares=[_problems])
        app.add_routes(
            [
                web.get("/version", self._version),
                web.post("/reset", self._reset),
                web.get("/proxies", self._list),
                web.post("/proxies", self._create),
                web.get("/proxies/{proxy}", self._show),
                web.post("/proxies/{proxy}", self._update),
                web.delete("/proxies/{proxy}", self._delete),
                web.get("/proxies/{proxy}/toxics", self._toxics),
                web.post("/proxies/{proxy}/toxics", self._add_toxic),
                web.get("/proxies/{proxy}/toxics/{toxic}", self._show_toxic),
                web.post("/proxies/{proxy}/toxics/{toxic}", self._update_toxic),
                web.delete("/proxies/{proxy}/toxics/{toxic}", self._remove_toxic),
            ]
        )
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """End the server and every proxy."""
        for proxy in self.proxies.values():
            await proxy.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "2.9.0"})

    async def _reset(self, request: web.Request) -> web.Response:
        for proxy in self.proxies.values():
            await proxy.reset()
        return web.Response(status=204)

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response({name: _proxy(proxy) for name, proxy in self.proxies.items()})

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["name"] in self.proxies:
            raise web.HTTPConflict(text=f"there is a proxy {body['name']!r} already")
        host, _, port = body["upstream"].rpartition(":")
        listen = int(body.get("listen", ":0").rpartition(":")[2] or 0)
        proxy = Proxy(host, int(port), name=body["name"], listen_port=listen, seed=self._seed)
        if body.get("enabled", True):
            await proxy.start()
        self.proxies[proxy.name] = proxy
        return web.json_response(_proxy(proxy), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(_proxy(self._named(request)))

    async def _update(self, request: web.Request) -> web.Response:
        proxy, body = self._named(request), await request.json()
        await (proxy.enable() if body.get("enabled", proxy.enabled) else proxy.disable())
        return web.json_response(_proxy(proxy))

    async def _delete(self, request: web.Request) -> web.Response:
        proxy = self._named(request)
        await proxy.stop()
        del self.proxies[proxy.name]
        return web.Response(status=204)

    async def _toxics(self, request: web.Request) -> web.Response:
        return web.json_response([_toxic(toxic) for toxic in self._named(request).toxics.values()])

    async def _add_toxic(self, request: web.Request) -> web.Response:
        proxy, body = self._named(request), await request.json()
        if body.get("name") in proxy.toxics:
            raise web.HTTPConflict(text=f"there is a toxic {body['name']!r} already")
        toxic = Toxic(
            body["type"],
            body.get("stream") or "downstream",
            body.get("toxicity", 1.0),
            body.get("attributes") or {},
            body.get("name") or "",
        )
        return web.json_response(_toxic(proxy.add(toxic)))

    async def _show_toxic(self, request: web.Request) -> web.Response:
        return web.json_response(_toxic(self._named(request).toxics[request.match_info["toxic"]]))

    async def _update_toxic(self, request: web.Request) -> web.Response:
        proxy, body = self._named(request), await request.json()
        old = proxy.toxics[request.match_info["toxic"]]
        new = Toxic(
            old.kind,
            old.stream,
            body.get("toxicity", old.toxicity),
            {**old.attributes, **(body.get("attributes") or {})},
            old.name,
        )
        proxy.remove(old.name)
        return web.json_response(_toxic(proxy.add(new)))

    async def _remove_toxic(self, request: web.Request) -> web.Response:
        self._named(request).remove(request.match_info["toxic"])
        return web.Response(status=204)

    def _named(self, request: web.Request) -> Proxy:
        return self.proxies[request.match_info["proxy"]]


@web.middleware
async def _problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except KeyError as error:
        return web.json_response({"error": f"{error.args[0]} not found", "status": 404}, status=404)
    except ValueError as error:
        return web.json_response({"error": str(error), "status": 400}, status=400)


def _proxy(proxy: Proxy) -> dict[str, Any]:
    return {
        "name": proxy.name,
        "listen": f"127.0.0.1:{proxy.port}",
        "upstream": ":".join(map(str, proxy.upstream)),
        "enabled": proxy.enabled,
        "toxics": [_toxic(toxic) for toxic in proxy.toxics.values()],
    }


def _toxic(toxic: Toxic) -> dict[str, Any]:
    return {
        "name": toxic.name,
        "type": toxic.kind,
        "stream": toxic.stream,
        "toxicity": toxic.toxicity,
        "attributes": dict(toxic.attributes),
    }
