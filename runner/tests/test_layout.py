"""What both topologies of one machine have in common."""

from __future__ import annotations

import asyncio
import socket

import pytest

from talkingphoto_runner.layout import listening_socket


async def test_answers_are_not_held_back_for_an_acknowledgement() -> None:
    """Head and body are two writes; without TCP_NODELAY the second waits some 40 ms for the client's."""
    held_back: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held_back.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listening = listening_socket()
    async with await asyncio.start_server(accept, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await asyncio.wait_for(held_back, timeout=5)
        writer.close()
        await writer.wait_closed()


def test_a_taken_port_is_named() -> None:
    first = listening_socket()
    first.listen()
    port = first.getsockname()[1]
    with pytest.raises(OSError, match=f"127.0.0.1:{port} is taken"):
        listening_socket(port=port)
    first.close()
