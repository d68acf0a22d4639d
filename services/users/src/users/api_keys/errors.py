"""What can go wrong with API keys.

├── PlanLacksFeature   402  change to one of the plans that are named
├── TooManyKeys        409  revoke one
├── KeyReplaced        409  rotate the key that took over
└── ApiKeyRefused      401  make another key
"""

from __future__ import annotations

from chassis.errors import Conflict, NotAuthenticated, PaymentNeeded


class PlanLacksFeature(PaymentNeeded):
    """The plan does not come with this; the details name the plans that do."""

    code = "plan_lacks_feature"


class TooManyKeys(Conflict):
    """There are as many active keys as an account may have."""

    code = "too_many_api_keys"


class KeyReplaced(Conflict):
    """The key was replaced already."""

    code = "api_key_replaced"


class ApiKeyRefused(NotAuthenticated):
    """The API key is unknown, has expired, or was revoked."""

    code = "api_key_refused"
