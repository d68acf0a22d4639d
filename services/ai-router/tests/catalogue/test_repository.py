"""The starting catalogue: the stated figures, added where missing and never over somebody's edit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ai_router.catalogue.models import Catalogue
from ai_router.catalogue.repository import CatalogueBook, load_starting_catalogue
from ai_router.catalogue.starting import OFFERS, POLICIES
from contracts.enums import Capability


async def test_stated_figures_and_edits(start_router: Any) -> None:
    """AIR-21 to AIR-28, clips as the vendor makes them; edited prices survive the step, removed rows come back."""
    router = await start_router(consume=False)
    book = CatalogueBook(router.database, max_age_s=0.0)
    catalogue, usage = await book.current()
    assert set(catalogue.offers) == set(OFFERS)
    veo = catalogue.offer("veo3", Capability.VIDEO_GENERATION)
    assert (veo.cost, veo.quality, veo.speed_s, veo.max_clip_s, veo.requests_per_hour) == (
        Decimal("0.15"),
        8.0,
        12.5,
        8.0,
        100,
    )
    assert usage.cost_today == 0

    await router.execute("UPDATE providers SET cost = 0.2 WHERE key = 'veo3'")
    await router.execute("DELETE FROM providers WHERE key = 'ideogram' AND capability = 'image_enhancement'")
    await load_starting_catalogue(router.database)
    edited, _ = await book.current()
    assert edited.offer("veo3", Capability.VIDEO_GENERATION).cost == Decimal("0.2")
    assert edited.offer("ideogram", Capability.IMAGE_ENHANCEMENT).cost == Decimal("0.5")
    versions = await router.fetch("SELECT digest FROM catalogue_versions")
    assert {row["digest"] for row in versions} >= {catalogue.digest, edited.digest}


def test_a_catalogue_survives_its_document() -> None:
    """Money and sets included."""
    catalogue = Catalogue(OFFERS, {policy.capability: policy for policy in POLICIES})
    assert Catalogue.of(catalogue.document()) == catalogue
    assert Catalogue.of(catalogue.document()).digest == catalogue.digest


async def test_expired_results_are_forgotten(start_router: Any) -> None:
    """The cache does not grow for ever."""
    router = await start_router(consume=False)
    (part,) = [part for part in router.service.background if hasattr(part, "sweep")]
    for hours in (-1, 1):
        await router.execute(
            "INSERT INTO result_cache (key, user_id, provider, result, expires_at) "
            "VALUES ($1, gen_random_uuid(), 'x', '{}', now() + make_interval(hours => $2))",
            str(hours),
            hours,
        )
    assert (await part.sweep())["result_cache"] == 1
    assert [row["key"] for row in await router.fetch("SELECT key FROM result_cache")] == ["1"]


async def test_an_edit_shows_when_it_was_made(start_router: Any) -> None:
    """Whoever looks at a price sees how old it is."""
    router = await start_router(consume=False)
    for table, column in (("providers", "cost"), ("routing_policies", "minimum_quality"), ("routing_rules", "value")):
        before = await router.fetch(f"SELECT max(updated_at) AS at FROM {table}")  # noqa: S608  a constant
        await router.execute(f"UPDATE {table} SET {column} = {column}")  # noqa: S608  a constant
        (after,) = await router.fetch(f"SELECT min(updated_at) AS at FROM {table}")  # noqa: S608  a constant
        assert after["at"] > before[0]["at"], table
