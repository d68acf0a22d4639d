"""What can be wrong with a webhook."""

from __future__ import annotations

from chassis.errors import Conflict, Invalid, NotAllowed, NotFound


class NotInPlan(NotAllowed):
    """The plan comes without webhooks; another one has them."""

    code = "not_in_plan"


class TooManyEndpoints(Conflict):
    """There are as many webhooks as an account may have; remove one first."""

    code = "too_many_webhooks"


class UnsafeUrl(Invalid):
    """Nothing is sent to this address; give an https address of a public host."""

    code = "unsafe_url"


class EndpointNotFound(NotFound):
    """There is no such webhook, or it belongs to someone else."""

    code = "webhook_not_found"


class DeliveryNotFound(NotFound):
    """There is no such delivery of this webhook."""

    code = "delivery_not_found"


class SwitchedOff(Conflict):
    """The webhook is switched off; switch it on first."""

    code = "webhook_off"
