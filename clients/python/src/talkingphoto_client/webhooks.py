"""Whether a webhook is from the platform, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from talkingphoto_client.errors import TalkingPhotoError


class NotOurs(TalkingPhotoError):
    """Its signature is of another secret, or older than five minutes. Answer 400, and do nothing."""

    next_step = "Check that the secret is this webhook's, and that the body is verified before it is parsed."


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event. ``id`` is the same when it is delivered again."""

    id: str
    type: str
    timestamp: str
    data: dict[str, Any]


def verify(secret: str, body: bytes | str, headers: Mapping[str, str]) -> WebhookEvent:
    """The event that was sent. ``body`` as it came, ``headers`` of the request. Raises :class:`NotOurs`."""
    named = {name.lower(): value for name, value in headers.items()}
    try:
        said = Webhook(secret).verify(body, named)
        return WebhookEvent(named["webhook-id"], said["type"], said["timestamp"], said["data"])
    except (WebhookVerificationError, ValueError, KeyError, TypeError) as error:
        raise NotOurs(f"This is no webhook of ours: {error}") from error
