"""What can go wrong with a second factor.

UsersError
├── ChallengeRefused    401  log in again
├── WrongCode           401  try the next code that the app shows
├── AddressNotProved    403  confirm the e-mail address first
├── AlreadyOn           409  switch it off first
└── NotOn               409  switch it on first
"""

from __future__ import annotations

from chassis.errors import Conflict, NotAllowed, NotAuthenticated


class ChallengeRefused(NotAuthenticated):
    """The login that waited for a code is unknown, finished, too old, or has seen too many wrong codes."""

    code = "challenge_refused"


class WrongCode(NotAuthenticated):
    """The code is wrong, too old, or was used before."""

    code = "wrong_code"


class AddressNotProved(NotAllowed):
    """Confirm your e-mail address first."""

    code = "email_unverified"


class AlreadyOn(Conflict):
    """The account has a second factor."""

    code = "second_factor_on"


class NotOn(Conflict):
    """The account has no second factor, or none that waits to be confirmed."""

    code = "second_factor_off"
