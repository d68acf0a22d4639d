"""Celery's plain chain of three tasks on the same RabbitMQ: acknowledged late, publishes confirmed, nothing durable."""

from __future__ import annotations

import os
import socket

from celery import Celery, chain

app = Celery("peer", broker=os.environ["RABBITMQ_URL"])
app.conf.update(
    task_acks_late=True,
    broker_transport_options={"confirm_publish": True},
    task_ignore_result=True,
    worker_prefetch_multiplier=64,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    task_default_queue="celery_peer",
)

_done = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


@app.task
def first(number: int) -> int:
    return number


@app.task
def second(number: int) -> int:
    return number


@app.task
def third(number: int) -> None:
    """Tell the benchmark that this chain has ended."""
    _done.sendto(number.to_bytes(4, "big"), os.environ["DONE_SOCKET"])


def start(number: int) -> None:
    """Begin one chain."""
    chain(first.s(number), second.s(), third.s()).apply_async()
