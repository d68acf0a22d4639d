"""Each process is given what it reads, and nobody else's keys."""

from __future__ import annotations

import pytest

from ai_router.providers.registry import ROWS
from talkingphoto_runner.environment import environment_of
from talkingphoto_runner.layout import specs

SECRETS = {
    "ai_router": [f"{row.setting}_API_KEY" for row in ROWS],
    "billing": ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"],
    "export": ["ENCRYPTION_KEY", "YOUTUBE_CLIENT_SECRET"],
    "notify": ["ENCRYPTION_KEY", "LINK_KEY"],
    "users": ["ENCRYPTION_KEY", "LINK_KEY", "SIGNIN_GOOGLE_CLIENT_SECRET", "HTTPS_PROXY"],
}


@pytest.mark.parametrize("service", sorted(specs()))
def test_a_process_sees_its_own_keys_alone(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*(name for names in SECRETS.values() for name in names), "AWS_SESSION_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "a secret")
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    given = environment_of(specs()[service], {"port": 0, "alone": True, "service_name": service})
    assert sorted(name for name, value in given.items() if value == "a secret") == sorted(SECRETS.get(service, []))
    assert {"PATH", "LOG_LEVEL"} <= given.keys()
    assert (given["PORT"], given["ALONE"], given["SERVICE_NAME"]) == ("0", "true", service)
