"""Having a project's film made: all of it, or what a change has left to be made (WFL-12, WFL-39, PRJ-06)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES
from chassis.http import repeats
from chassis.identity.product_line import offered_line
from chassis.identity.tokens import Identity
from contracts.enums import Priority, ProductLineKey, ProjectStatus, Status, WorkflowType
from contracts.product_lines import PRODUCT_LINES
from media.speech.spoken.cleaning import without_html
from workflow.films import queries, repository
from workflow.films.errors import FilmUnderWay, NobodyDraws, NotEnoughCredits, NotFilmed, PlanOutdated
from workflow.films.estimating import estimated
from workflow.films.models import SavedPlan, made_from
from workflow.films.reckoning import offers
from workflow.films.schemas import PlanIn
from workflow.films.service import Films
from workflow.films.standing import Standing, check_film, check_ready, input_of
from workflow.prices.models import least_cost
from workflow.products.film.rules import amounts, drawings, drawn_by
from workflow.products.product import Estimate
from workflow.products.registry import BY_TYPE
from workflow.projects import logbook
from workflow.projects import queries as projects
from workflow.projects.access import Right, reach
from workflow.projects.joining import add_run
from workflow.projects.lengths import check_length
from workflow.projects.schemas import GenerateIn, GenerateOut
from workflow.runs import ordering, rules
from workflow.runs import repository as runs
from workflow.runs.errors import OverBudget
from workflow.runs.repository import Known, places
from workflow.settings import Settings
from workflow.spending.service import spend

_LOOKS = ("definition", "aspect", "captions", "imagery", "style")
CHARACTERS_A_MINUTE = 1_000
"""Of a script, by the minutes of the plan, where that is more than everybody may have (CFL-15)."""


async def order(
    tx: Transaction,
    settings: Settings,
    films: Films,
    caller: Identity,
    project_id: UUID,
    body: GenerateIn,
    key: str | None,
    *,
    anew: bool,
) -> tuple[GenerateOut, bool]:
    """Order a project's film, once a ``key``: of its parts those that are not there, or, ``anew``, all that are not
    locked. Where nothing is missing all is made anew too, for whoever orders a film wants another one.

    Nothing is taken before all of it can be: who has not enough, or waits for a film of the same project, is refused.
    Raises ``FilmUnderWay``, ``NotEnoughCredits``, ``TooLong``, ``NotFilmed``, ``PlanOutdated``, ``NotReady``, what an
    order raises, and as ``reach``.
    """

    async def work() -> GenerateOut:
        return await _ordered(tx, settings, films, caller, project_id, body, anew=anew)

    asked = f"film {project_id} {anew} {body.model_dump_json(exclude_unset=True)}"
    return await repeats.once(tx, caller.user_id, key, asked, work, GenerateOut)


async def _ordered(
    tx: Transaction,
    settings: Settings,
    films: Films,
    caller: Identity,
    project_id: UUID,
    body: GenerateIn,
    *,
    anew: bool,
) -> GenerateOut:
    line = offered_line(caller.product_line).key.value
    row = await reach(tx, project_id, caller.user_id, Right.OWN, lock=True)
    check_film(row)
    ordering.check_line(BY_TYPE[WorkflowType.FILM_VIDEO], line)
    # The status is only as new as the last end that was heard of, and a run that is tried again does not set it.
    if row["status"] == ProjectStatus.PROCESSING or await projects.at_work(tx, [project_id], row["user_id"]):
        raise FilmUnderWay("A film is being made for this project. Wait for its end, or cancel it.")
    known = await runs.before_create(tx, None, caller.user_id, line)
    rules.check_account(known, proved_only=settings.proved_only(line))
    said = _said(row, body)
    check_ready(said)
    _check_length(said, known)
    saved, version = await _plan(tx, films, row, said, body)
    standing = await films.standing(tx, row, saved)
    fresh = not standing.to_make() and "join" not in standing.reckoning.made()
    if anew or fresh:
        saved = saved.another_take(saved.unlocked, music=True)
        if version is not None:
            version = await repository.save(tx, project_id, saved, made_from(row), edited=True)
        redone = frozenset(
            {("music", "bed"), *(("shots", id) for id in saved.unlocked), *(("speak", id) for id in saved.unlocked)}
        )
        standing = await films.standing(tx, row, saved, anew=redone)
    else:
        redone = frozenset()
    if standing.absent:
        raise NotFilmed(
            f"Pictures are not there any more: of shots {', '.join(sorted(standing.absent)[:5])}. Choose others.",
            fields={"images": "are not all there"},
        )
    _check_drawn(known, standing)
    expected = estimated(settings, films.definition, known, standing)
    least = _affordable(known, standing, expected, body)
    await _check_credits(tx, settings, caller, line, known, expected.credits)
    run_id = ids.uuid7()
    priority = known.entitlement.priority if known.entitlement is not None else Priority.NORMAL
    made = input_of(
        saved,
        standing.pictures,
        row["title"],
        plan_version=version,
        priority=priority,
        estimated_cost=expected.cost,
        film_s=saved.plan.minutes * 60.0,
        paces={step: one.pace for step, one in known.paces_of(films.definition.name).items()},
        credits=expected.credits,
        least_cost=least,
    )
    new = ordering.Order(
        user_id=caller.user_id,
        product_line=line,
        workflow_type=WorkflowType.FILM_VIDEO,
        input=made.model_dump(mode="json"),
        priority=priority,
        title=row["title"],
        description=(row["description"] or "")[:5_000] or None,
        target_duration=saved.plan.minutes * 60,
        estimated_cost=expected.cost,
        estimated_seconds=expected.seconds,
        offered=offers(standing.reckoning, standing.ledger, redone),
    )
    room = await runs.take_place(tx, places(settings), caller.user_id, LANES[priority], tx.now)
    ordering.begin_all(tx, films.definition, {run_id: new}, room=room)
    await add_run(tx, caller.user_id, project_id, run_id)
    await spend(tx, caller, expected.credits)
    words = "Making the film anew." if redone else f"Making the film: {len(standing.to_make())} shots."
    await logbook.add(tx, row, "generation_started", words, by=caller.user_id, run_id=run_id)
    warnings = list(saved.plan.advice)
    if fresh and not anew:
        warnings.append("Nothing had changed since the last film, so all that is not locked is made anew.")
    return GenerateOut(
        id=run_id,
        job_id=run_id,
        project_id=project_id,
        status=Status.PROCESSING if room else Status.PENDING,
        credits=expected.credits,
        estimated_cost=expected.cost,
        estimated_time=expected.seconds,
        warnings=warnings,
    )


def _said(row: Mapping[str, Any], body: GenerateIn) -> dict[str, Any]:
    instead = body.model_dump(include={"script", "images", "voice", "duration", "music"}, exclude_unset=True)
    return {**row, **instead}


async def _plan(
    tx: Transaction, films: Films, row: Mapping[str, Any], said: Mapping[str, Any], body: GenerateIn
) -> tuple[SavedPlan, int | None]:
    """The plan to go by, and its version; no version of one for this film alone. What the project has none of, or only
    one that nobody has edited and that is not of what it says now, is made anew."""
    wish = PlanIn.model_validate(body.model_dump(include={*_LOOKS, "language"}, exclude_unset=True))
    stored = await queries.plan_of(tx, row["id"])
    saved = SavedPlan.model_validate(stored["plan"]) if stored is not None else None
    if made_from(said) != made_from(row):
        return await films.planned(tx, row, said, wish, saved), None
    source = made_from(row)
    current = stored is not None and stored["made_from"].strip() == source
    if saved is None or stored is None or (not current and not stored["edited"]):
        saved = await films.planned(tx, row, row, wish, saved)
        return saved, await repository.save(tx, row["id"], saved, source, edited=False)
    if not current:
        raise PlanOutdated(
            "The project says something else than its plan, which you have edited. Make the plan anew with "
            "`POST /api/v1/projects/{id}/plan`, or change the project back."
        )
    looks = {name: value for name, value in wish.model_dump(exclude_none=True).items() if name in _LOOKS}
    if any(getattr(saved, name) != value for name, value in looks.items()):
        saved = saved.model_copy(update=looks)
        return saved, await repository.save(tx, row["id"], saved, source, edited=stored["edited"])
    return saved, int(stored["version"])


def _check_length(said: Mapping[str, Any], known: Known) -> None:
    check_length(said["duration"], known.entitlement)
    longest = known.entitlement.max_video_seconds if known.entitlement is not None else None
    limit = max(
        PRODUCT_LINES[ProductLineKey.FILMSTUDIO].script_characters, CHARACTERS_A_MINUTE * ((longest or 0) // 60)
    )
    characters = len(without_html(said["script"]).text)
    if characters > limit:
        raise NotFilmed(
            f"The script has {characters} characters; at most {limit} are allowed on this plan.",
            fields={"script": f"at most {limit} characters"},
        )


def _check_drawn(known: Known, standing: Standing) -> None:
    """Whether somebody draws what is to be drawn, as far as is known; raises ``NobodyDraws``."""
    capability = drawn_by(standing.saved.imagery)
    if standing.to_draw() and known.prices and capability not in known.prices:
        raise NobodyDraws(
            f"{len(standing.to_draw())} shots have no picture of yours, and nobody is set up here to make one. Give "
            "them pictures, or have the words shown: `imagery` is `words`, and their `prompt` is empty.",
            fields={"imagery": "nobody makes them here"},
        )


def _affordable(known: Known, standing: Standing, expected: Estimate, body: GenerateIn) -> Any:
    if body.max_credits is not None and expected.credits > body.max_credits:
        raise OverBudget(
            f"This film takes {expected.credits} credits, and at most {body.max_credits} were agreed to. "
            "Raise max_credits, or leave it out.",
            fields={"max_credits": f"at least {expected.credits}"},
            details={"credits": expected.credits, "max_credits": body.max_credits},
        )
    shots = standing.to_make()
    wanted = amounts(sum(shot.length_s for shot in shots), sum(len(shot.spoken) for shot in shots))
    parts = [one for step, one in wanted.items() if step in standing.reckoning.made()]
    if drawn := standing.to_draw():
        parts.append(drawings(standing.saved.imagery, [shot.length_s for shot in drawn]))
    least = least_cost(known.prices, parts)
    if least is not None and known.entitlement is not None and least > known.entitlement.run_budget:
        raise OverBudget(
            f"The AI work of this film costs at least {least:.2f}; the {known.entitlement.plan} plan allows "
            f"{known.entitlement.run_budget:.2f} for one. Make it shorter, or choose a larger plan.",
            details={"least_cost": f"{least:.4f}", "run_budget": f"{known.entitlement.run_budget:.4f}"},
        )
    return least


async def _check_credits(
    tx: Transaction, settings: Settings, caller: Identity, line: str, known: Known, credits: int
) -> None:
    """Whether what is left pays for all of it, as far as is known; billing has the last word. One order of a user comes
    after the other here, so that of two that only one can be paid for, one is accepted."""
    await queries.take_turn(tx, caller.user_id)
    entitlement = known.entitlement
    over = entitlement is None or (entitlement.period_ends_at is not None and entitlement.period_ends_at <= tx.now)
    if entitlement is None or over or not credits:
        return
    copy = await projects.entitlement_of(tx, caller.user_id, line)
    available = (copy or entitlement).credits_available
    asked = await queries.unanswered_credits(tx, caller.user_id, line)
    if available - asked < credits:
        raise NotEnoughCredits(
            f"This film takes {credits} credits, and {max(0, available - asked)} are left. Top up, or make it shorter.",
            details={"needed": credits, "available": max(0, available - asked), "plan": entitlement.plan},
        )
