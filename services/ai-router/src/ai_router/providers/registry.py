"""Which vendors this installation can talk to: those with a key in the settings. Adding one is a module and a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from ai_router.providers.errors import Dialect, Secrets
from ai_router.providers.finding import SETTLE_S
from ai_router.providers.http import VendorHttp
from ai_router.providers.keys import KeyRing
from ai_router.providers.port import Provider
from ai_router.providers.vendors import (
    anthropic,
    elevenlabs,
    fal,
    gemini,
    heygen,
    ideogram,
    midjourney,
    openai,
    own_server,
    replicate,
    runway,
    stability,
    veo,
)


@dataclass(frozen=True, slots=True)
class Row:
    """How one vendor is configured."""

    key: str
    """The provider's key in the catalogue."""
    setting: str
    """Settings ``<setting>_API_KEY`` and ``<setting>_BASE_URL``."""
    base_url: str
    """Empty: the vendor has no address of its own, so one has to be set."""
    dialect: Dialect
    headers: Callable[[str], dict[str, str]]
    """The headers that carry the key."""
    build: Callable[[VendorHttp, Mapping[str, str]], Provider]
    """Makes the adapter; the settings are for options of the vendor's own."""
    needs_key: bool = True
    """A server of one's own may do without."""


def _settle_s(settings: Mapping[str, str]) -> float:
    """``PROVIDER_SETTLE_S``: how long a vendor is asked for a lost job before it certainly has none."""
    return float(settings.get("PROVIDER_SETTLE_S", "").strip() or SETTLE_S)


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
        lambda http, settings: fal.Fal(http),
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
    Row(
        "stability_ai",
        "STABILITY",
        "https://api.stability.ai",
        stability.DIALECT,
        lambda key: {"authorization": f"Bearer {key}"},
        lambda http, settings: stability.Stability(http),
    ),
    Row(
        "heygen_avatar",
        "HEYGEN",
        "https://api.heygen.com",
        heygen.DIALECT,
        lambda key: {"x-api-key": key},
        lambda http, settings: heygen.HeyGen(http, _settle_s(settings)),
    ),
    Row(
        "ideogram",
        "IDEOGRAM",
        "https://api.ideogram.ai",
        ideogram.DIALECT,
        lambda key: {"api-key": key},
        lambda http, settings: ideogram.Ideogram(http),
    ),
    Row(
        "midjourney_api",
        "MIDJOURNEY",
        "",
        midjourney.DIALECT,
        lambda key: {"mj-api-secret": key},
        lambda http, settings: midjourney.Midjourney(http, _settle_s(settings)),
    ),
    Row(
        "replicate",
        "REPLICATE",
        "https://api.replicate.com",
        replicate.DIALECT,
        lambda key: {"authorization": f"Bearer {key}"},
        lambda http, settings: replicate.Replicate(http, told_at=settings.get("REPLICATE_WEBHOOK_URL") or None),
    ),
    Row(
        "own_server",
        "OWN_SERVER",
        "",
        own_server.DIALECT,
        lambda key: {"authorization": f"Bearer {key}"} if key else {},
        lambda http, settings: own_server.OwnServer(http, own_server.declarations(settings)),
        needs_key=False,
    ),
)


def configured(settings: Mapping[str, str], http: Callable[[], httpx.AsyncClient]) -> dict[str, Provider]:
    """Every vendor whose ``<SETTING>_API_KEY`` is set and not blank, by key; of those that need none, every one whose
    address is set.

    ``<SETTING>_BASE_URL`` replaces a vendor's address (another region, a relay, a simulator); a vendor without an
    address of its own needs it. Several keys are separated by commas, and used in rotation. ``http`` gives the client;
    called once, and only when there is a vendor to talk to. It stays the caller's to close.
    """
    found = [(row, *_of(settings, row)) for row in ROWS]
    usable = [(row, keys, base_url) for row, keys, base_url in found if base_url and (keys or not row.needs_key)]
    if not usable:
        return {}
    client = http()
    return {
        row.key: row.build(
            VendorHttp(
                client,
                base_url,
                row.dialect,
                row.headers(next(iter(keys), "")),
                Secrets(keys),
                _ring(row, keys),
            ),
            settings,
        )
        for row, keys, base_url in usable
    }


def _ring(row: Row, keys: tuple[str, ...]) -> KeyRing | None:
    return KeyRing(keys, row.headers) if len(keys) > 1 else None


def _of(settings: Mapping[str, str], row: Row) -> tuple[tuple[str, ...], str]:
    """Keys and address of a vendor, empty where there is none."""
    keys = tuple(key.strip() for key in settings.get(f"{row.setting}_API_KEY", "").split(",") if key.strip())
    return keys, settings.get(f"{row.setting}_BASE_URL", "").strip() or row.base_url
