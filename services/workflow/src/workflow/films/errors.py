"""What can be wrong with films, and what the caller is told."""

from __future__ import annotations

from chassis.errors import Conflict, Invalid, NotFound, PaymentNeeded


class NotFilmed(Invalid):
    """The script cannot be made into a film of these minutes; the message says what to change."""

    code = "script_does_not_fit"


class NobodyDraws(Invalid):
    """Pictures are to be made, and nobody is set up to make them; give pictures, or have the words shown."""

    code = "nobody_draws"


class PlanChanged(Conflict):
    """Somebody has changed the plan since; read it again."""

    code = "plan_changed"


class PlanOutdated(Conflict):
    """The project's script, pictures or length have changed since the plan was edited; make the plan anew."""

    code = "plan_outdated"


class ShotLocked(Conflict):
    """The shot is locked; unlock it first."""

    code = "shot_locked"


class ShotNotFound(NotFound):
    """The plan has no such shot."""

    code = "shot_not_found"


class TakeNotFound(NotFound):
    """The shot has no such take."""

    code = "take_not_found"


class NoPlan(NotFound):
    """The project has no plan yet; make one."""

    code = "plan_not_found"


class FilmUnderWay(Conflict):
    """A film is being made for this project; wait for its end, or cancel it."""

    code = "film_under_way"


class NotEnoughCredits(PaymentNeeded):
    """There are not enough credits for this film; the details say how many it takes."""

    code = "insufficient_credits"


class NoFilm(Conflict):
    """Projects of this product are not made into a film."""

    code = "not_a_film"
