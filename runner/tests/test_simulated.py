"""Vendors' simulators beside a platform, and settings that lead there."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from ai_router.providers.registry import ROWS
from talkingphoto.command import Stop
from talkingphoto_runner import commands, simulated
from talkingphoto_runner.layout import Home
from talkingphoto_runner.simulated import simulators


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ["OPENAI_API_KEY"] = "a real one"


async def test_every_vendor_is_led_to_its_simulator_and_stripe_is_told_where_we_are(tmp_path: Path) -> None:
    home = Home(tmp_path)
    async with simulators(home) as vendors:
        for row in ROWS:
            assert os.environ[f"{row.setting}_API_KEY"] == "simulated-key"
            assert os.environ[f"{row.setting}_BASE_URL"].startswith("http://127.0.0.1:")
        assert os.environ["YOUTUBE_CLIENT_ID"]
        await vendors.tell_of("http://127.0.0.1:8000")
        async with httpx.AsyncClient(trust_env=False) as http:
            ledger = await http.get(f"{vendors.settings['STRIPE_BASE_URL']}/__simulator__/ledger")
            assert ledger.status_code == 200
        first = vendors.settings
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(first["STRIPE_BASE_URL"])
    assert not (tmp_path / "simulated.env").exists()


async def test_where_they_are_not_installed_it_says_how_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "find_spec", lambda _: None)
    with pytest.raises(Stop, match="pip install -e simulators") as refusal:
        await commands.up(tmp_path, 0, distributed=False, simulated=True)
    assert refusal.value.code == "no_simulators"
    assert not list(tmp_path.iterdir())


async def test_what_keeps_them_from_starting_is_said(tmp_path: Path) -> None:
    os.environ["PYTHONPATH"] = str(tmp_path)
    (tmp_path / "uvicorn.py").write_text("raise ImportError('broken')")
    with pytest.raises(simulated.DidNotStart, match="broken"):
        async with simulators(Home(tmp_path)):
            pass
