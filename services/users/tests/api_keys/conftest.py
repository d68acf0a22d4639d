from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest_asyncio

from contracts.billing import EntitlementsChanged
from contracts.enums import Priority


def entitled(user_id: str, plan: str = "pro", *, version: int = 1, keys: bool = True) -> EntitlementsChanged:
    return EntitlementsChanged(
        user_id=UUID(user_id),
        product_line="talkingphoto",
        plan=plan,
        limits={"workflows": -1},
        features={"api_access": True} if keys else {},
        plans_with={"api_access": ("pro", "enterprise")},
        priority=Priority.NORMAL,
        run_budget="2",  # type: ignore[arg-type]
        credits_available=0,
        version=version,
    )


class Owner:
    """Somebody whose plan comes with API keys, logged in."""

    def __init__(self, users: Any, tokens: dict[str, Any]) -> None:
        self.users, self.tokens, self.id = users, tokens, tokens["user"]["id"]

    async def call(self, method: str, path: str = "", **arguments: Any) -> Any:
        async with self.users.client(self.tokens["access_token"]) as client:
            return await client.request(method, f"/api/v1/users/me/api-keys{path}", **arguments)

    async def key(self, **fields: Any) -> dict[str, Any]:
        answer = await self.call("POST", json={"name": "Nightly", "scopes": ["read"]} | fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def has(self, plan: str, *, version: int, keys: bool) -> None:
        """Billing says so."""
        await self.users.tell(entitled(self.id, plan, version=version, keys=keys))

    async def somebody_else(self) -> Owner:
        """With a plan like that."""
        return await with_plan(self.users, "ravi@example.com")

    async def exchange(self, key: str) -> Any:
        async with self.users.client() as client:
            return await client.post("/internal/api-keys/token", json={"key": key})


async def with_plan(users: Any, email: str) -> Owner:
    tokens = await users.member(email)
    await users.tell(entitled(tokens["user"]["id"]))
    return Owner(users, tokens)


@pytest_asyncio.fixture(loop_scope="session")
async def owner(users: Any) -> Owner:
    return await with_plan(users, "asha@example.com")
