"""What can go wrong with a batch, and what the caller is told."""

from __future__ import annotations

from chassis.errors import Invalid, NotFound, TooLarge, WrongMediaType


class BatchNotFound(NotFound):
    """There is no such batch, or it belongs to someone else."""

    code = "batch_not_found"


class NoManifest(WrongMediaType):
    """A manifest is CSV (``text/csv``) or one JSON object a line (``application/x-ndjson``)."""

    code = "manifest_type"


class BadManifest(Invalid):
    """The manifest cannot be read at all; what is wrong with single rows is said with those."""

    code = "manifest_unreadable"


class ManifestTooLong(TooLarge):
    """The manifest has too many rows, or is too large; part it."""

    code = "manifest_too_long"


class RowsRefused(Invalid):
    """Rows of the batch are refused, and it was to be ordered whole or not at all; the details have every verdict."""

    code = "rows_refused"
