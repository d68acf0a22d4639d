"""What can go wrong with a rerun, and what the caller is told."""

from __future__ import annotations

from chassis.errors import Conflict, Invalid


class ResultsGone(Conflict):
    """What the rerun would use of the workflow has been removed; order it anew."""

    code = "results_removed"


class NothingNew(Conflict):
    """Nothing of the workflow would be made anew; change something, or name a step."""

    code = "nothing_to_make"


class UnknownStep(Invalid):
    """The workflow has no such step that can be made again; the fields say which there are."""

    code = "step_unknown"
