"""The starting catalogue and the adapters say the same of every provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal

import httpx
import pytest

from ai_router.catalogue.starting import MODELS, OFFERS
from ai_router.providers.local.every import local_providers
from ai_router.providers.port import Declaration
from ai_router.providers.registry import ROWS, configured
from chassis.work.process_pool import ProcessPool
from contracts.enums import Capability, ProviderKey

Declared = Mapping[tuple[str, Capability], Declaration]


@pytest.fixture
async def declared(processes: ProcessPool) -> AsyncIterator[Declared]:
    """What every local provider and every vendor says of itself, as if all keys were set."""
    settings = {f"{row.setting}_API_KEY": "key" for row in ROWS}
    addresses = {f"{row.setting}_BASE_URL": "https://vendor.example" for row in ROWS}
    async with httpx.AsyncClient() as client:
        vendors = configured({**settings, **addresses}, lambda: client)
        assert vendors.keys() == {row.key for row in ROWS}
        known = {**local_providers(processes, deadline_s=60.0), **vendors}
        yield {(key, one.capability): one for key, provider in known.items() for one in provider.declarations}


def test_every_row_has_its_declaration_and_every_declaration_its_row(declared: Declared) -> None:
    assert {(offer.provider, offer.capability) for offer in OFFERS} == declared.keys()
    assert len(OFFERS) == len(declared), "one row each"


def test_rows_count_in_the_unit_that_results_count_in(declared: Declared) -> None:
    """A price per second on a count of images would be a wrong bill."""
    for offer in OFFERS:
        assert offer.cost_unit == declared[offer.provider, offer.capability].price_unit, offer


def test_no_row_promises_a_longer_clip_than_its_adapter(declared: Declared) -> None:
    """A clip of another length would be paid and thrown away; local ones say themselves what is wrong."""
    for offer in (offer for offer in OFFERS if not offer.zero_cost):
        assert offer.max_clip_s == declared[offer.provider, offer.capability].max_seconds, offer


def test_listed_models_are_models_of_their_providers(declared: Declared) -> None:
    """A name from the list of models, sent back with a job, is understood."""
    for model in MODELS:
        assert model.name in declared[model.provider, Capability(model.model_type)].models, model


def test_every_model_of_a_vendor_is_listed(declared: Declared) -> None:
    """Nobody has to guess a name. Servers of one's own name theirs by setting."""
    listed = {(model.provider, model.model_type, model.name) for model in MODELS}
    vendors = {row.key for row in ROWS} - {ProviderKey.OWN_SERVER}
    for (provider, capability), one in declared.items():
        if provider in vendors:
            assert {(provider, capability, name) for name in one.models} <= listed, (provider, capability)


def test_only_local_providers_are_free(declared: Declared) -> None:
    """Every paid row has a price that survives the four places of money."""
    vendors = {row.key for row in ROWS}
    for offer in OFFERS:
        assert offer.zero_cost == (offer.provider not in vendors)
        assert offer.zero_cost or offer.cost >= Decimal("0.0001")
        assert offer.cost == round(offer.cost, 4)
