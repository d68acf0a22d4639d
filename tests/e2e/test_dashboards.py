"""Dashboards and rules on a running platform: a real Prometheus has data for every panel, and no rule is ill."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path

import pytest
from deploy.tools.dashboards import FOLDER, expressions
from deploy.tools.observe import filled
from deploy.tools.prometheus import scraping

from talkingphoto.client import Client, Credentials
from talkingphoto.making import Order, make
from talkingphoto.screen import Screen
from talkingphoto.show import Printer
from talkingphoto_runner.layout import Home
from talkingphoto_runner.presence import running_operations

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

_FIGURES_WITHIN_S = 60.0


async def test_every_panel_has_data_and_every_rule_is_well_while_something_is_made(
    embedded: object, portrait: Path, tmp_path: Path
) -> None:
    home: Path = embedded.home  # type: ignore[attr-defined]
    url: str = embedded.url  # type: ignore[attr-defined]
    async with scraping(running_operations(Home(home)), tmp_path / "prometheus") as prometheus:
        async with Client(url) as client:
            await client.register(Credentials("observed@example.com", "monsoon-42-lamp"), name="Asha")
            order = Order(photo=portrait, script="Look at me.", platforms=("tiktok",), title="Observed")
            await make(client, order, tmp_path / "made", Screen(Printer(), quiet=True))

        wanted = {
            (file.stem, title, expression)
            for file in FOLDER.glob("*.json")
            for title, expression in expressions(json.loads(file.read_text(encoding="utf-8")))
        }
        empty, deadline = wanted, asyncio.get_running_loop().time() + _FIGURES_WITHIN_S
        while empty and asyncio.get_running_loop().time() < deadline:
            # What is a rate has to have grown while somebody looked on.
            assert (await prometheus.http.get(f"{url}/api/v1/billing/plans")).status_code < 500
            # Gauges of the database are read every fifteen seconds, and some figures are of two looks.
            found = [await prometheus.query(filled(expression)) for _, _, expression in empty]
            empty = {
                panel
                for panel, samples in zip(empty, found, strict=True)
                if not any(not math.isnan(float(sample["value"][1])) for sample in samples)
            }
            await asyncio.sleep(0.5)
        assert {(board, title) for board, title, _ in empty} == set()

        rules = await prometheus.rules()
        assert {rule["name"]: rule["lastError"] for rule in rules if rule["health"] != "ok"} == {}
        assert [scrape["health"] for scrape in await prometheus.scrapes()] == ["up"]
        recorded = {rule["name"] for rule in rules if rule["type"] == "recording"}
        silent = {name for name in recorded if not await prometheus.query(name)}
        assert silent == set()
        firing = {rule["name"] for rule in rules if rule["type"] == "alerting" and rule["state"] == "firing"}
        assert firing >= {"Watchdog"}
