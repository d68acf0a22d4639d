"""One request to somebody else's server (NTF-04)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import aiohttp

from chassis.http import guard

_READ = 16 * 1024
"""Of an answer nobody reads; so much is taken for the sake of good manners."""


class Answer(NamedTuple):
    """What came of it. ``status`` is None where there was no answer; ``error`` says why it does not count."""

    status: int | None
    error: str | None

    @property
    def gone(self) -> bool:
        """The receiver wants to hear nothing any more."""
        return self.status == 410


class Sender:
    """Posts deliveries. ``private``: any target is good, in development."""

    def __init__(self, *, timeout_s: float, private: bool) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._private = private

    async def post(self, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        """Send ``body`` to a public address, looked up this moment; redirects are not followed."""
        try:
            target = await guard.resolved(url, private=self._private)
        except guard.UnsafeAddress as unsafe:
            return Answer(None, f"the address {unsafe}")
        own = {"host": target.host, "content-type": "application/json", "user-agent": "TalkingPhoto-Webhooks/1"}
        # A connection for each: one that were kept would be known by its address, and not by whose certificate it has.
        connector = aiohttp.TCPConnector(force_close=True)
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout, connector=connector) as session,
                session.post(
                    target.url,
                    data=body.encode(),
                    headers={**own, **headers},
                    allow_redirects=False,
                    server_hostname=target.server_name if target.url.startswith("https:") else None,
                ) as reply,
            ):
                await reply.content.read(_READ)
                status = reply.status
        except TimeoutError:
            return Answer(None, "no answer in time")
        except (aiohttp.ClientError, OSError) as failure:
            return Answer(None, f"no answer ({type(failure).__name__})")
        return Answer(status, None if 200 <= status < 300 else f"answered {status}")
