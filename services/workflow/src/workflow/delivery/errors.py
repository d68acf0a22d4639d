"""What can be wrong with a delivery, and what the caller is told."""

from __future__ import annotations

from chassis.errors import Conflict, Invalid


class NoPhoto(Invalid):
    """The file is not a photo; only photos have sizes."""

    code = "no_photo"


class NotCleanYet(Conflict):
    """The file has not been found clean yet; ask again when it has."""

    code = "not_clean_yet"


class NotSmaller(Invalid):
    """The photo cannot be made as small as that."""

    code = "not_smaller"
