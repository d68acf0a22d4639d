"""What can be wrong with an order."""

from __future__ import annotations

from chassis.errors import Invalid, NotAllowed, NotFound, PaymentNeeded, RateLimited, Unavailable


class NotOffered(Invalid):
    """No model does what was asked for as it was asked; the details name those that do each part of it."""

    code = "not_offered"


class InputNotFound(NotFound):
    """There is no such file or result, or it belongs to someone else."""

    code = "input_not_found"


class InputNotUsable(Invalid):
    """The file cannot be used for this; the fields say which and why."""

    code = "input_not_usable"


class ProjectNotFound(NotFound):
    """There is no such project, or it is not shared with you."""

    code = "project_not_found"


class OnlyForOwner(NotAllowed):
    """The project is shared with you, and only its owner spends for it."""

    code = "only_for_owner"


class NobodyThere(Unavailable):
    """No service that does this is set up, or none can work at the moment; the details say why, one by one."""

    code = "no_provider"


class TooManyJobs(RateLimited):
    """As many of your jobs are under way as your plan allows at a time; wait until one has ended."""

    code = "too_many_jobs"


class InsufficientCredits(PaymentNeeded):
    """The account has fewer credits than this takes. Trying again will not help; buying some will."""

    code = "insufficient_credits"


class KeyCapReached(PaymentNeeded):
    """The API key may spend no more today; the details say how much it may in a day."""

    code = "api_key_cap_reached"


class RecipeRefused(Invalid):
    """The recipe cannot be done with this picture; the message says what to change."""

    code = "recipe_refused"


class TextRefused(Invalid):
    """The text cannot be spoken in this language; the message says what to change."""

    code = "text_refused"


class PreviewBusy(Unavailable):
    """Too much is being looked at just now. Try again in a moment."""

    code = "preview_busy"
