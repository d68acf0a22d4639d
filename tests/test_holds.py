"""A hold outlives its run, whatever both services are set to: what was delivered can always be charged for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.ledger.decisions import Decisions
from billing.ledger.repository import Books
from billing.plans.book import PlanBook
from billing.plans.catalogue import STARTING_CATALOGUE
from billing.settings import Settings as BillingSettings
from chassis import ids
from chassis.settings import load
from contracts.billing import CreditsReserved, ReserveCredits
from contracts.objects import StoredObject
from media.film.planning import plan_film
from workflow.engine.advance import first_state
from workflow.engine.definition import Asking, Definition
from workflow.engine.state import Brief, Run
from workflow.products.film.input import document_of
from workflow.products.product import Product
from workflow.products.registry import found
from workflow.settings import Settings as WorkflowSettings

NOW = datetime(2026, 5, 17, 12, tzinfo=UTC)


def of(kind: type[Any], **chosen: object) -> Any:
    return load(kind, env="test", **chosen)


def order(product: Product, definition: Definition, user_id: Any) -> tuple[Run, ReserveCredits]:
    """A run of a product, and what it asks billing for."""
    image = StoredObject(key="photos/one.jpg", sha256="0" * 64, size=1, mime_type="image/jpeg")
    given = {
        "image": image.model_dump(), "script": "Hello there.", "language": "en", "voice": "female", "duration": 10,
        "platforms": ["tiktok"], "quality": "balanced", "enhancement_type": "standard", "title": "Hello",
        "start": 1.0, "end": 2.0, "max_seconds": 600, "minutes": 1, "credits": 3,
        "film": document_of(plan_film("Hello there.", minutes=1, fill=True)),
    }  # fmt: skip
    kind = sorted(product.types)[0].value
    brief = Brief(
        ids.uuid7(), user_id, product.line.value, kind, definition.name, definition.version, NOW,
        product.input.model_validate(given).model_dump(mode="json"),
    )  # fmt: skip
    run = Run(brief, first_state(brief, definition))
    [step] = [each for each in definition.steps if each.name == "reserve"]
    return run, step.ask(run, Asking(ids.uuid7(), "", 1, NOW))  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("product", found(), ids=lambda product: product.line.value)
@pytest.mark.parametrize("run_deadline_s", [1_800.0, 7_200.0, 7 * 86_400.0])
@pytest.mark.parametrize("hold_hours", [1, 24])
def test_a_hold_ends_after_whatever_may_still_become_of_its_run(
    product: Product, run_deadline_s: float, hold_hours: int
) -> None:
    settings = of(WorkflowSettings, run_deadline_s=run_deadline_s)
    billing = of(BillingSettings, hold_hours=hold_hours)
    definition = product.definition(settings)
    user_id = ids.uuid7()
    run, command = order(product, definition, user_id)
    plans = PlanBook()
    plans._plans = {(plan.product_line, plan.plan_type): plan for plan in STARTING_CATALOGUE}
    books = Books({}, {}, set())
    hold_for = timedelta(hours=billing.hold_hours)
    answer = Decisions(plans, opening_plan="free", hold_for=hold_for).decide(command, books, NOW, {})
    assert isinstance(answer, CreditsReserved)
    assert command.product_line == product.line
    [held] = books.holds.values()
    last_word = run.state.ends_by + timedelta(seconds=definition.undo_allowance_s)
    assert held.expires_at >= last_word, "what was taken could not be charged for, or given back, any more"
