"""What the API document says of itself, as data: what no service can say for all of them."""

from __future__ import annotations

from typing import Any

ABOUT = """One API for photo, script, video and export.

**Who you are.** `POST /api/v1/auth/login` gives an access token; send it as `Authorization: Bearer ...`.
Programs use an API key (`POST /api/v1/users/me/api-keys`, where the plan comes with them): send it as `X-API-Key`, or
where the token would stand. Each operation names the scope that a key needs for it; the others take a login alone.

**Browsers** on this host may keep the session in cookies: send `X-Session: cookie` to log in, and with every change the
cookie `__Host-csrf` as `X-CSRF-Token`; without it a change is 403 `csrf_refused`.

**Which product.** `X-Product-Line`, the host name or the account says it where a session is opened; the session stays
in it. A request that names another one than its session's gets 409: log in to that one.

**Errors.** Every answer of 400 and above has the body `Error`: a `code` for programs, a `message` that says what to do,
`fields` that names what is wrong with which input, and a `request_id` to quote. What is refused before an address is
looked at has it too: 405 with `Allow`, 408 for a body that comes too slowly, 431 for too many headers.

**Lists** take `page` and `per_page`, and answer `items`, `total`, `page` and `per_page`, newest first where there is a
time. Where `fields` is offered, each item has only the fields that it names.

**Repeating.** Operations with `Idempotency-Key` do their work once for a key: the same request with the same key
gets the first answer again, marked `Idempotency-Replayed: true`. Another request with that key is refused.

**Text** never holds the character NUL.

**Times** are RFC 3339 in UTC, ending in `Z`. **Money** is a decimal number in a string, its currency named beside it.

**Live.** `GET /api/v1/workflows/{workflow_id}/events` is a stream of server-sent events. A browser's `EventSource`
cannot send a token: ask `POST /api/v1/workflows/{workflow_id}/events/ticket` for an address that needs none.
`GET /api/v1/events/stream` follows all of a user's workflows at once; who polls asks `GET /api/v1/events?after=`.
With `ws` in place of `events` the same address is a WebSocket, which says the same objects, one a message.
"""

TAGS = {
    "API keys": "For programs: what may act for the account without its password.",
    "administration": "For administrators: accounts, and what was done with them.",
    "ai": "The AI work behind workflows: jobs, models, and how the services that do it are.",
    "assets": "What is in projects, the library of all of it, and where each piece comes from.",
    "billing": "Plans, credits and use.",
    "clips": "Parts of long videos, and their best moments: of a link or of an upload.",
    "export": "What comes out for each platform: kits, requirements, templates.",
    "files": "Photos, sound and video that things are made from; in one request, or in parts that may be interrupted.",
    "films": "The plan of a project's film: scenes and shots, to be edited, approved and made again one by one.",
    "live updates": "What happens to a workflow, as it happens.",
    "mail": "Letters, kept to be read here while no mail server is configured.",
    "notifications": "Messages for the user.",
    "objects": "What signed links lead to.",
    "operations": "For those who run the platform.",
    "projects": "What belongs together: with versions to go back to, shared with whom you like.",
    "second factor": "Codes of an authenticator app, asked for at a login beside the password.",
    "sessions": "Logging in and out, and the devices that are logged in.",
    "sign-in": "Signing in with Google or Apple.",
    "users": "The account.",
    "webhooks": "Addresses of yours that are told what happens.",
    "workflows": "Making videos: order, follow, fetch, cancel, try again.",
    "youtube": "A user's YouTube channel and what is uploaded there.",
}
"""Every tag that a service uses, with what stands above its operations."""

HEADERS: dict[str, Any] = {
    "X-Request-ID": {
        "description": "Quote it when you ask for help.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds after which trying again can help.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "How to say who you are: `Bearer`.", "schema": {"type": "string"}},
    "X-RateLimit-Limit": {"description": "How often you may ask.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "How often you still may.", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"description": "Seconds until you may once more.", "schema": {"type": "integer"}},
    "Location": {
        "description": "Where that is, if it has an address of its own.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Idempotency-Replayed": {
        "description": "`true`: the answer that the first request with this key got.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
"""Headers of answers, by their names in the components."""

API_KEY = "ApiKey"
"""The name of the security scheme."""

API_KEY_SCHEME: dict[str, Any] = {
    "type": "apiKey",
    "in": "header",
    "name": "X-API-Key",
    "description": "An API key of the account; an operation names the scope that it needs.",
}
