"""Which vendors are there is a matter of settings."""

from __future__ import annotations

import httpx
import pytest

from ai_router.providers.port import Provider
from ai_router.providers.registry import ROWS, configured
from contracts.enums import ProviderKey


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
async def test_a_key_in_the_settings_is_all_it_takes(row: object) -> None:
    key = row.key  # type: ignore[attr-defined]
    async with httpx.AsyncClient() as client:
        settings = {f"{row.setting}_API_KEY": "k"}  # type: ignore[attr-defined]
        if not row.base_url:  # type: ignore[attr-defined]
            settings[f"{row.setting}_BASE_URL"] = "https://relay.example"  # type: ignore[attr-defined]
        found = configured(settings, lambda: client)
    assert list(found) == [key]
    assert isinstance(found[key], Provider)
    assert found[key].key == key


def test_without_keys_nothing_is_opened() -> None:
    def never() -> httpx.AsyncClient:
        raise AssertionError("no client is needed")

    assert configured({"OPENAI_API_KEY": "  ", "VEO3_BASE_URL": "https://x.example"}, never) == {}
    assert configured({"MIDJOURNEY_API_KEY": "k"}, never) == {}


def test_every_key_is_one_the_catalogue_knows_and_every_address_is_https() -> None:
    assert {row.key for row in ROWS} <= set(ProviderKey)
    assert {row.key for row in ROWS if not row.base_url.startswith("https://")} == {"midjourney_api", "own_server"}


async def test_a_base_address_can_be_replaced() -> None:
    async with httpx.AsyncClient() as client:
        settings = {"RUNWAY_API_KEY": "k", "RUNWAY_BASE_URL": "http://127.0.0.1:9"}
        provider = configured(settings, lambda: client)["runway_act2"]
    assert provider.http.base_url == "http://127.0.0.1:9"  # type: ignore[attr-defined]
