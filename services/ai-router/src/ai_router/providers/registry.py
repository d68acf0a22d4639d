"""Which vendors this installation can talk to: those with a key in the settings. Adding one is a module and a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from ai_router.providers import anthropic, elevenlabs, fal, gemini, openai, runway, veo
from ai_router.providers.errors import Dialect, Secrets
from ai_router.providers.http import VendorHttp
from ai_router.providers.port import Provider


@dataclass(frozen=True, slots=True)
class Row:
    """How one vendor is configured."""

    key: str
    """The provider's key in the catalogue."""
    setting: str
    """Settings ``<setting>_API_KEY`` and ``<setting>_BASE_URL``."""
    base_url: str
    dialect: Dialect
    headers: Callable[[str], dict[str, str]]
    """The headers that carry the key."""
    build: Callable[[VendorHttp, Mapping[str, str]], Provider]
    """Makes the adapter; the settings are for options of the vendor's own."""


ROWS: tuple[Row, ...] = (
    Row(
        "nano_banana",
        "NANO_BANANA",
        "https://generativelanguage.googleapis.com",
        gemini.DIALECT,
        lambda key: {"x-goog-api-key": key},
        lambda http, settings: gemini.GeminiImages(http),
    ),
    Row(
        "veo3",
        "VEO3",
        "https://aiplatform.googleapis.com/v1beta1",
        veo.DIALECT,
        lambda key: {"x-goog-api-key": key},
        lambda http, settings: veo.Veo(http),
    ),
    Row(
        "fal_ai",
        "FAL_AI",
        "https://queue.fal.run",
        fal.DIALECT,
        lambda key: {"authorization": f"Key {key}"},
        lambda http, settings: fal.Fal(http, webhook_url=settings.get("FAL_AI_WEBHOOK_URL", "")),
    ),
    Row(
        "openai",
        "OPENAI",
        "https://api.openai.com/v1",
        openai.DIALECT,
        lambda key: {"authorization": f"Bearer {key}"},
        lambda http, settings: openai.OpenAI(http),
    ),
    Row(
        "anthropic",
        "ANTHROPIC",
        "https://api.anthropic.com",
        anthropic.DIALECT,
        lambda key: {"authorization": f"Bearer {key}", "anthropic-version": anthropic.VERSION},
        lambda http, settings: anthropic.Anthropic(http),
    ),
    Row(
        "elevenlabs",
        "ELEVENLABS",
        "https://api.elevenlabs.io",
        elevenlabs.DIALECT,
        lambda key: {"xi-api-key": key},
        lambda http, settings: elevenlabs.ElevenLabs(http),
    ),
    Row(
        "runway_act2",
        "RUNWAY",
        "https://api.dev.runwayml.com",
        runway.DIALECT,
        lambda key: {"authorization": f"Bearer {key}", "x-runway-version": runway.VERSION},
        lambda http, settings: runway.Runway(http),
    ),
)


def configured(settings: Mapping[str, str], http: Callable[[], httpx.AsyncClient]) -> dict[str, Provider]:
    """Every vendor whose ``<SETTING>_API_KEY`` is set and not blank, by key.

    ``<SETTING>_BASE_URL`` replaces a vendor's address (another region, a relay, a simulator). ``http`` gives the
    client; called once, and only when there is a vendor to talk to. It stays the caller's to close.
    """
    rows = [(row, key) for row in ROWS if (key := settings.get(f"{row.setting}_API_KEY", "").strip())]
    if not rows:
        return {}
    client = http()
    return {
        row.key: row.build(
            VendorHttp(
                client=client,
                base_url=settings.get(f"{row.setting}_BASE_URL", "").strip() or row.base_url,
                dialect=row.dialect,
                headers=row.headers(key),
                secrets=Secrets((key,)),
            ),
            settings,
        )
        for row, key in rows
    }
