"""Reading letters where no mail server is configured. Anybody who reaches the platform may: it is somebody's own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from chassis.errors import NotFound, documented
from chassis.http.pagination import Page, Paged, PageRequest
from chassis.http.requests import Tx
from chassis.identity.vault import Vault
from notify.mailbox import queries
from notify.mailbox.page import HEADERS, PAGE
from notify.mailbox.reading import Opened, opened


def _only_here(request: Request) -> None:
    if request.app.state.mailbox_vault is None:
        raise NotFound("Letters go through a mail server here.")


router = APIRouter(prefix="/mail", tags=["mail"], dependencies=[Depends(_only_here)], responses=documented(NotFound))

To = Annotated[str | None, Query(max_length=320, description="Only letters to this address.")]


class MailOut(BaseModel):
    """One letter."""

    id: UUID = Field(description="Of the letter.")
    to: str = Field(description="Whom it is for.", examples=["asha@example.com"])
    subject: str = Field(description="What it is about.", examples=["Confirm your address"])
    created_at: datetime = Field(description="When it was sent.")


class MailDetail(MailOut):
    """One letter and what is in it."""

    sender: str = Field(description="Whom it is from.", examples=["TalkingPhoto <talkingphoto@localhost>"])
    headers: dict[str, str] = Field(description="As they were sent.")
    text: str = Field(description="What it says, as plain text.")
    html: str = Field(description="The same as a page.")
    links: list[str] = Field(description="Every address in the text, in order.")


@router.get("/messages")
async def list_mail(page: Page, tx: Tx, to: To = None) -> Paged[MailOut]:
    """Letters that were sent, newest first."""
    rows, total = await queries.page(tx, to, page)
    return Paged[MailOut].of([MailOut(to=row["recipient"], **_common(row)) for row in rows], total, page)


@router.get("/messages/{letter_id}")
async def read_mail(letter_id: UUID, tx: Tx, request: Request) -> MailDetail:
    """One letter, taken apart."""
    row, letter = await _letter(letter_id, tx, request)
    return MailDetail(
        to=row["recipient"],
        sender=letter.sender,
        headers=letter.headers,
        text=letter.text,
        html=letter.html,
        links=letter.links,
        **_common(row),
    )


@router.get("/messages/{letter_id}/page", response_class=HTMLResponse)
async def show_mail(letter_id: UUID, tx: Tx, request: Request) -> HTMLResponse:
    """One letter as its recipient sees it."""
    _, letter = await _letter(letter_id, tx, request)
    return HTMLResponse(letter.html, headers=HEADERS)


@router.get("", response_class=HTMLResponse)
async def show_mailbox(tx: Tx, to: To = None) -> HTMLResponse:
    """The hundred newest letters, as a page."""
    rows, _ = await queries.page(tx, to, PageRequest(per_page=100))
    return HTMLResponse(PAGE.render(letters=rows), headers=HEADERS)


async def _letter(letter_id: UUID, tx: Tx, request: Request) -> tuple[asyncpg.Record, Opened]:
    row = await queries.one(tx, letter_id)
    if row is None:
        raise NotFound("There is no such letter.")
    vault: Vault = request.app.state.mailbox_vault
    return row, opened(vault.open(row["sealed_letter"]))


def _common(row: asyncpg.Record) -> dict[str, object]:
    return {name: row[name] for name in ("id", "subject", "created_at")}
