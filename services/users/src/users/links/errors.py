"""What can go wrong with one-time links.

UsersError
├── LinkRefused        400  ask for a new letter
├── TooManyLetters     429  look into the mailbox, or wait
└── CodeNeeded         403  send the same again with a code of the second factor
"""

from __future__ import annotations

from chassis.errors import BadRequest, NotAllowed, RateLimited


class LinkRefused(BadRequest):
    """The link is unknown, was used, has expired, or a newer one has taken its place."""

    code = "link_refused"


class TooManyLetters(RateLimited):
    """Three letters within an hour are enough."""

    code = "too_many_letters"


class CodeNeeded(NotAllowed):
    """The account has a second factor; send the same again with a `code`."""

    code = "second_factor_needed"
