"""``python -m simulators``: every vendor on a port, named in a table, gone on a signal."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import httpx
import pytest

from simulators.__main__ import main
from simulators.serve import listener, serving
from simulators.vendors.catalogue import ALL
from simulators.vendors.openai import OpenAI

_DEADLINE_S = 20.0


def _lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def _answers(url: str) -> dict[str, object]:
    until = time.monotonic() + _DEADLINE_S
    while True:
        try:
            answer: dict[str, object] = httpx.get(url, timeout=2.0).json()
            return answer
        except httpx.TransportError:
            if time.monotonic() > until:
                raise


def test_all_start_answer_and_stop() -> None:
    command = [sys.executable, "-m", "simulators"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            header, *rows = _lines(process, 1 + len(ALL))
            assert header.split() == ["vendor", "address"]
            addresses = dict(row.split() for row in rows)
            assert addresses.keys() == ALL.keys()
            for name, address in addresses.items():
                assert _answers(f"{address}/__simulator__/ledger")["vendor"] == name
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_DEADLINE_S)


def test_settings_lead_the_router_here() -> None:
    """What is printed is what the router reads."""
    command = [sys.executable, "-m", "simulators", "--settings", "openai", "veo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            settings = dict(line.split("=", 1) for line in _lines(process, 5))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_DEADLINE_S)
    assert settings["OPENAI_API_KEY"] == "simulated-key"
    assert settings["OPENAI_BASE_URL"].endswith("/v1")
    assert settings["VEO3_BASE_URL"].startswith("http://127.0.0.1:")


def test_an_unknown_vendor_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["acme"])
    assert "unknown: acme" in capsys.readouterr().err


def test_a_taken_port_is_an_error() -> None:
    with listener() as first:
        first.listen(1)
        with pytest.raises(OSError, match="in use"):
            listener(first.getsockname()[1])


def test_served_simulators_stop_with_the_block() -> None:
    with serving([OpenAI()]) as served:
        url = served["openai"].url
        assert httpx.get(f"{url}/__simulator__/ledger").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
