"""What can go wrong with accounts and sessions.

UsersError
├── AccountExists      409  choose another e-mail address or username, or log in
├── WrongCredentials   401  the same answer for an unknown account and a wrong password
├── AccountLocked      423  wait, or reset the password
├── AddressLocked      429  wait, or log in from somewhere else
├── AccountInactive    403  write to support
├── SignInAgain        403  give the password, or log in anew and come back within ten minutes
├── ConsentNeeded      422  agree to what is named, and try again
└── RefreshRefused     401  log in again
"""

from __future__ import annotations

from chassis.errors import Conflict, Invalid, Locked, NotAllowed, NotAuthenticated, RateLimited


class AccountExists(Conflict):
    """The e-mail address or username is taken."""

    code = "account_exists"


class WrongCredentials(NotAuthenticated):
    """No account has this combination."""

    code = "wrong_credentials"


class AccountLocked(Locked):
    """Too many failed logins."""

    code = "account_locked"


class AddressLocked(RateLimited):
    """Too many failed logins came from this address."""

    code = "address_locked"


class AccountInactive(NotAllowed):
    """The account was deactivated."""

    code = "account_inactive"


class SignInAgain(NotAllowed):
    """Only who gives the password, or has just logged in, may do this."""

    code = "sign_in_again"


class ConsentNeeded(Invalid):
    """This product line needs your agreement first."""

    code = "consent_needed"


class RefreshRefused(NotAuthenticated):
    """The refresh token is unknown, used, expired or revoked."""

    code = "refresh_refused"
