"""Ordering AI work by itself. Each answers at once; the work is a job that can be asked about and followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from ai_router.orders.errors import (
    InputNotFound,
    InputNotUsable,
    KeyCapReached,
    NobodyThere,
    NotOffered,
    TooManyJobs,
)
from ai_router.orders.schemas import (
    AudioIn,
    EditIn,
    EnhanceIn,
    GenerateIn,
    HooksIn,
    JobAccepted,
    LipSyncIn,
    MusicIn,
    OrderIn,
    TranscribeIn,
    UpscaleIn,
    VideoIn,
)
from ai_router.orders.service import Orders
from ai_router.orders.sources import Sources
from chassis.data.database import Transaction
from chassis.errors import NotAuthenticated, documented
from chassis.http import repeats
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.requests import Tx
from chassis.identity.product_line import LineNotOffered, offered_line
from chassis.identity.tokens import Caller, Identity, bearer_token
from chassis.storage.port import StoreUnavailable
from contracts.enums import Status

router = APIRouter(
    prefix="/api/v1/ai",
    tags=["ai"],
    responses=documented(
        NotAuthenticated,
        NotOffered,
        InputNotFound,
        InputNotUsable,
        KeyCapReached,
        KeyReused,
        LineNotOffered,
        NobodyThere,
        TooManyJobs,
        StoreUnavailable,
    ),
)


class Counter:
    """Where orders are taken: the request with what it brings, and who takes them."""

    def __init__(
        self, request: Request, response: Response, caller: Caller, tx: Tx, idempotency_key: IdempotencyKey = None
    ) -> None:
        self._orders: Orders = request.app.state.orders
        self._sources: Sources = request.app.state.sources
        self._token = bearer_token(request.headers.get("authorization")) or ""
        self._path = request.url.path
        self._response = response
        self._caller: Identity = caller
        self._tx: Transaction = tx
        self._key = idempotency_key

    async def take(self, body: OrderIn) -> JobAccepted:
        """Accept an order, once a key."""
        offered_line(self._caller.product_line)
        asked = f"{self._path} {body.model_dump_json()}"
        answer, replayed = await repeats.once(
            self._tx, self._caller.user_id, self._key, asked, lambda: self._placed(body), JobAccepted
        )
        mark(self._response, replayed=replayed)
        self._response.headers["Location"] = f"/api/v1/ai/jobs/{answer.job_id}/status"
        return answer

    async def _placed(self, body: OrderIn) -> JobAccepted:
        inputs = await self._sources.find(self._tx, self._caller, self._token, body.wanted())
        placed = await self._orders.place(self._tx, self._caller, replace(body.order(), inputs=inputs))
        return JobAccepted(
            job_id=placed.jobs[0],
            status=Status.PENDING,
            estimated_time=placed.seconds,
            credits=placed.credits,
            jobs=list(placed.jobs),
        )


TheCounter = Annotated[Counter, Depends()]


@router.post("/image/enhance", status_code=202)
async def enhance_image(body: EnhanceIn, counter: TheCounter) -> JobAccepted:
    """Make a photo better: light, colour, noise, sharpness."""
    return await counter.take(body)


@router.post("/image/generate", status_code=202)
async def generate_image(body: GenerateIn, counter: TheCounter) -> JobAccepted:
    """Make pictures from words."""
    return await counter.take(body)


@router.post("/image/edit", status_code=202)
async def edit_image(body: EditIn, counter: TheCounter) -> JobAccepted:
    """Change a picture as words say, everywhere or where a mask is white."""
    return await counter.take(body)


@router.post("/image/upscale", status_code=202)
async def upscale_image(body: UpscaleIn, counter: TheCounter) -> JobAccepted:
    """Make a picture two or four times as large."""
    return await counter.take(body)


@router.post("/video/generate", status_code=202)
async def generate_video(body: VideoIn, counter: TheCounter) -> JobAccepted:
    """Have a photo speak a script, or make a short film of what words say."""
    return await counter.take(body)


@router.post("/audio/generate", status_code=202)
async def generate_audio(body: AudioIn, counter: TheCounter) -> JobAccepted:
    """Have a text spoken, with the time of each word where the model tells them."""
    return await counter.take(body)


@router.post("/audio/transcribe", status_code=202)
async def transcribe_audio(body: TranscribeIn, counter: TheCounter) -> JobAccepted:
    """Have what is said in a recording written down, with the time of each word."""
    return await counter.take(body)


@router.post("/lip-sync", status_code=202)
async def sync_lips(body: LipSyncIn, counter: TheCounter) -> JobAccepted:
    """Fit the lips of a video to a sound."""
    return await counter.take(body)


@router.post("/music/generate", status_code=202)
async def generate_music(body: MusicIn, counter: TheCounter) -> JobAccepted:
    """Have music made."""
    return await counter.take(body)


@router.post("/hooks/detect", status_code=202)
async def detect_hooks(body: HooksIn, counter: TheCounter) -> JobAccepted:
    """Find the moments that people would stop for, in what is said in a video."""
    return await counter.take(body)
