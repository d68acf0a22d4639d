"""What can go wrong with a request about a job."""

from __future__ import annotations

from chassis.errors import Conflict, NotFound


class JobNotFound(NotFound):
    """There is no such job, or it belongs to someone else."""

    code = "job_not_found"


class JobNotFinished(Conflict):
    """The job is still under way; ask for its status."""

    code = "job_not_finished"


class JobOfWorkflow(Conflict):
    """The job is a step of a workflow, which hands out its results when it has completed and is paid for."""

    code = "job_of_workflow"


class JobHasNoResult(Conflict):
    """The job ended without a result; its status says why."""

    code = "job_has_no_result"


class JobSettling(Conflict):
    """The job is done and is being paid for; ask again in a moment."""

    code = "job_settling"
