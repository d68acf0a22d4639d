"""What can go wrong with a run's requests, and what the caller is told."""

from __future__ import annotations

from chassis.errors import Conflict, Gone, Invalid, NotAllowed, NotFound, PaymentNeeded, Unavailable


class RunNotFound(NotFound):
    """There is no such workflow, or it belongs to someone else."""

    code = "workflow_not_found"


class ResultNotFound(NotFound):
    """The workflow has no result of that name; the fields say which names there are."""

    code = "result_not_found"


class NotInThisLine(Conflict):
    """This is made in another product line than the session's; the details say in which."""

    code = "product_of_another_line"


class FileNotUsable(Invalid):
    """The input file is missing, not yours, not scanned clean, not a photo, or a photo that cannot be made to speak."""

    code = "file_not_usable"


class FileWaits(Unavailable):
    """The input file is kept beside the store until it answers again; order when it has arrived there."""

    code = "file_waits"


class BadScript(Invalid):
    """The script is empty, too long, without a word, or has content that is not allowed in it."""

    code = "script_not_allowed"


class LimitReached(PaymentNeeded):
    """The plan's limit is reached; the details name the plans that allow more."""

    code = "quota_exceeded"


class NothingToApprove(Invalid):
    """One is not asked at that step; the fields say where one is."""

    code = "approval_unknown"


class OverBudget(PaymentNeeded):
    """The order costs more than was agreed to, or its AI work more than the plan allows for one."""

    code = "budget_exceeded"


class AccountInactive(NotAllowed):
    """The account is not active."""

    code = "account_inactive"


class AddressNotProved(NotAllowed):
    """This product line starts nothing before the account's e-mail address is confirmed."""

    code = "email_unverified"


class NotFinished(Conflict):
    """The workflow has no result yet."""

    code = "workflow_not_finished"


class NotPossible(Conflict):
    """The workflow's present state does not permit this."""

    code = "workflow_state"


class FilesRemoved(Gone):
    """The result was removed after its retention time."""

    code = "results_removed"
