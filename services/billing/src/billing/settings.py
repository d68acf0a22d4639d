"""Billing's own settings."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What billing needs beyond the common settings."""

    REQUIRED_IN_PRODUCTION: ClassVar[tuple[str, ...]] = (
        *ServiceSettings.REQUIRED_IN_PRODUCTION,
        "stripe_secret_key",
        "stripe_webhook_secret",
    )

    service_name: str = Field("billing", description="In log lines, metrics and traces.")
    opening_plan: str = Field(
        "free", description="Plan of a new account; `free` in product lines that have no plan of that name."
    )
    gift_email: str | None = Field(
        None, description="Whose new account gets gift_credits: the owner's of an installation on one machine."
    )
    gift_credits: int = Field(0, ge=0, description="Promotional credits: they pay for what the plan's count does not.")
    hold_hours: int = Field(
        24, ge=1, le=720, description="A hold that nobody settles is released so long after its run must have ended."
    )
    expiry_poll_s: float = Field(60.0, gt=0, description="How often expired holds and edited plans are looked for.")

    stripe_secret_key: SecretStr | None = Field(
        None, description="Stripe's key (`sk_` or `rk_`); without it nothing connects there."
    )
    sandbox_payments: bool = Field(
        False, description="Without Stripe's key: sell through a sandbox where no money moves. Never in production."
    )
    stripe_webhook_secret: SecretStr | None = Field(
        None, description="Signs Stripe's webhooks; while one is being rolled, both, separated by a comma."
    )
    stripe_base_url: str = Field("https://api.stripe.com", description="Another address: a simulator.")
    stripe_automatic_tax: bool = Field(True, description="Let Stripe Tax work out the tax; the account must be set up.")
    stripe_payment_methods: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Offer at most these (card,upi,...); empty: whatever the Stripe account has switched on."
    )
    payment_processor: Literal["stripe", "razorpay"] | None = Field(
        None, description="Who takes the money where both have keys; Stripe where nothing is said."
    )
    razorpay_key_id: str | None = Field(
        None, description="Razorpay's key id; without Stripe's key, what is sold is paid for there."
    )
    razorpay_key_secret: SecretStr | None = Field(None, description="Razorpay's key secret.")
    razorpay_webhook_secret: SecretStr | None = Field(
        None, description="Signs Razorpay's webhooks; while one is being changed, both, separated by a comma."
    )
    razorpay_base_url: str = Field("https://api.razorpay.com", description="Another address: a simulator.")
    rupees_per_dollar: Decimal = Field(
        Decimal("83"), gt=0, description="For reports alone: provider costs are recorded in rupees (CFL-04)."
    )
    subscription_poll_s: float = Field(5.0, gt=0, description="How often subscriptions in doubt are looked for.")

    @field_validator("stripe_payment_methods", mode="before")
    @classmethod
    def _split_methods(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    def public_urls(self) -> tuple[str, ...]:
        """Also the addresses that get a processor's key."""
        return (*super().public_urls(), self.stripe_base_url, self.razorpay_base_url)

    @property
    def return_origins(self) -> tuple[str, ...]:
        """Where buyers may return to after a payment page: this platform, and whoever may call it from a browser."""
        return tuple(dict.fromkeys((self.public_url, *self.allowed_origins)))

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that Stripe's webhooks may be signed with; none means that no webhook is accepted."""
        return _parts(self.stripe_webhook_secret)

    @property
    def razorpay_webhook_secrets(self) -> tuple[str, ...]:
        """The same of Razorpay's."""
        return _parts(self.razorpay_webhook_secret)

    @property
    def processor(self) -> Literal["stripe", "razorpay", "sandbox"] | None:
        """Who takes the money; None: nothing is sold."""
        razorpay = self.razorpay_key_id is not None and self.razorpay_key_secret is not None
        if razorpay and (self.payment_processor == "razorpay" or self.stripe_secret_key is None):
            return "razorpay"
        if self.stripe_secret_key is not None:
            return "stripe"
        return "sandbox" if self.sandbox_payments else None

    @property
    def stripe_is_live(self) -> bool | None:
        """Whether the key is one of live mode; None where it does not say or there is none."""
        key = self.stripe_secret_key.get_secret_value() if self.stripe_secret_key else ""
        mode = key.split("_")[1:2]
        return {"live": True, "test": False}.get(mode[0]) if mode else None


def _parts(secret: SecretStr | None) -> tuple[str, ...]:
    given = secret.get_secret_value() if secret else ""
    return tuple(part.strip() for part in given.split(",") if part.strip())
