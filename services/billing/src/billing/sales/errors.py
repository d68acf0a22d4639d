"""What a buyer is told when something cannot be sold or changed."""

from __future__ import annotations

from billing.payments.port import FailureClass, PaymentFailure
from chassis.errors import Conflict, Invalid, NotFound, PaymentNeeded, ServiceError, Unavailable


class NotSold(Invalid):
    """This plan cannot be bought, or not for this interval."""

    code = "not_sold"


class BadReturnUrl(Invalid):
    """Buyers return to pages of this platform only."""

    code = "return_url_not_allowed"


class AlreadySubscribed(Conflict):
    """There is a subscription in this product line; change it instead."""

    code = "already_subscribed"


class NoSubscription(NotFound):
    """There is no subscription in this product line that could be changed."""

    code = "no_subscription"


class NeverPaid(NotFound):
    """Nothing has been bought yet, so there is nothing to manage."""

    code = "never_paid"


class CheckoutNeeded(PaymentNeeded):
    """Pay on the page under `details.checkout_url`."""

    code = "checkout_needed"


class Declined(PaymentNeeded):
    """The bank said no; use another way to pay."""

    code = "payment_declined"


class NotAccepted(Invalid):
    """The payment processor does not accept this."""

    code = "payment_not_accepted"


class ProcessorAway(Unavailable):
    """The payment processor cannot be reached; nothing was charged, or the same request finds out what was."""

    code = "payments_unavailable"


class NothingForSale(Unavailable):
    """No payment processor is connected."""

    code = "nothing_for_sale"
    retryable = False


def told(failure: PaymentFailure) -> ServiceError:
    """What the buyer is told of a failure at the processor."""
    if failure.kind is FailureClass.CARD_DECLINED:
        return Declined(failure.user_message)
    if failure.kind in (FailureClass.INVALID, FailureClass.NOT_FOUND, FailureClass.KEY_REUSED):
        return NotAccepted(failure.user_message)
    return ProcessorAway(failure.user_message, retry_after_s=failure.retry_after_s or 5)
