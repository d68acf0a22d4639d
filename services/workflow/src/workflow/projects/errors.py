"""What can be wrong with projects, and what the caller is told."""

from __future__ import annotations

from chassis.errors import Conflict, Gone, Invalid, NotAllowed, NotFound


class ProjectNotFound(NotFound):
    """There is no such project, or it is not shared with you."""

    code = "project_not_found"


class OnlyForOwner(NotAllowed):
    """The project is shared with you, and this is its owner's to do."""

    code = "only_for_owner"


class OnlyForEditors(NotAllowed):
    """The project is shared with you to be looked at, not to be changed."""

    code = "only_for_editors"


class NotRecalled(Conflict):
    """It was uploaded, or made on the way of a workflow: there is no order of its own to make a draft of."""

    code = "not_recalled"


class ProjectBusy(Conflict):
    """Something is being made for the project from these fields; change them when it has ended."""

    code = "project_busy"


class NotReady(Invalid):
    """Something that the project's video is made from has not been said; the fields say what."""

    code = "not_ready"


class TooLong(Invalid):
    """What is to be made is longer than the plan allows; the fields say how long it may be."""

    code = "too_long"


class VersionNotFound(NotFound):
    """The project has no such version."""

    code = "version_not_found"


class ShareNotFound(NotFound):
    """The project has no such share."""

    code = "share_not_found"


class CannotShare(Invalid):
    """The project cannot be shared like this; the fields say why."""

    code = "cannot_share"


class LinkOver(Gone):
    """The link to the project has expired; ask its owner for another one."""

    code = "link_over"


class AssetNotFound(NotFound):
    """There is no such asset, or it belongs to someone else."""

    code = "asset_not_found"


class FileNotYours(Invalid):
    """There is no such file of yours, or it was found dangerous."""

    code = "file_not_yours"
