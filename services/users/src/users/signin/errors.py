"""What can go wrong with a sign-in.

UsersError
├── SignInNotConfigured  503  sign in another way; an administrator sets the provider up
├── ProviderAway         503  start again in a moment
├── SignInExpired        400  start again
├── SignInElsewhere      400  start again, and finish in the same browser
├── SignInCancelled      400  start again, if it was not meant
├── IdentityRefused      401  start again; if it stays, the provider or its settings are wrong
├── EmailUnverified      403  confirm the address at the provider, or register with a password
└── TicketRefused        401  start again
"""

from __future__ import annotations

from chassis.errors import BadRequest, NotAllowed, NotAuthenticated, Unavailable


class SignInNotConfigured(Unavailable):
    """This provider of identities is not set up here."""

    code = "signin_not_configured"
    retryable = False


class ProviderAway(Unavailable):
    """The provider of identities does not answer as it should."""

    code = "signin_provider_away"


class SignInExpired(BadRequest):
    """This sign-in is unknown, was finished before, or took too long."""

    code = "signin_expired"


class SignInElsewhere(BadRequest):
    """This sign-in was started in another browser."""

    code = "signin_other_browser"


class SignInCancelled(BadRequest):
    """Consent was not given at the provider."""

    code = "signin_cancelled"


class IdentityRefused(NotAuthenticated):
    """What the provider said about the identity cannot be believed."""

    code = "identity_refused"


class EmailUnverified(NotAllowed):
    """The provider does not vouch for the e-mail address."""

    code = "email_unverified"


class TicketRefused(NotAuthenticated):
    """The ticket is unknown, used, expired, or somebody else's."""

    code = "signin_ticket_refused"
