"""Letters, opened as notify does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chassis.identity.vault import Vault
from contracts.users import EmailVerificationRequested, PasswordResetRequested
from users.settings import Settings

Letter = EmailVerificationRequested | PasswordResetRequested


@pytest.fixture
def opened() -> Callable[[Letter], str]:
    """The token in a letter's link."""
    vault = Vault(Settings(env="test").link_key.get_secret_value())

    def token(letter: Letter) -> str:
        return vault.open(letter.sealed_token.encode())

    return token
