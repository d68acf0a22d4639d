"""Ordering AI work by itself. Each answers at once; the work is a job that can be asked about and followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from ai_router.orders.errors import (
    InputNotFound,
    InputNotUsable,
    InsufficientCredits,
    KeyCapReached,
    NobodyThere,
    NotOffered,
    OnlyForOwner,
    PreviewBusy,
    ProjectNotFound,
    RecipeRefused,
    TextRefused,
    TooManyJobs,
)
from ai_router.orders.previews import Previews
from ai_router.orders.recipes import written
from ai_router.orders.schemas import (
    AudioIn,
    EditIn,
    EditPreviewIn,
    EnhanceIn,
    GenerateIn,
    HooksIn,
    JobAccepted,
    LipSyncIn,
    MusicIn,
    OrderIn,
    TranscribeIn,
    UpscaleIn,
    VariationsIn,
    VideoIn,
)
from ai_router.orders.service import Orders
from ai_router.orders.sources import Sources
from ai_router.orders.voices import AudioPreviewIn, Line, Voices
from chassis.data.database import Database, Transaction
from chassis.errors import NotAuthenticated, documented
from chassis.http import repeats
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.requests import Tx
from chassis.identity.product_line import LineNotOffered, offered_line
from chassis.identity.tokens import Caller, Identity, bearer_token
from chassis.storage.port import StoreUnavailable
from contracts.enums import Status

_FILE = {"type": "string", "format": "binary"}

router = APIRouter(
    prefix="/api/v1/ai",
    tags=["ai"],
    responses=documented(
        NotAuthenticated,
        NotOffered,
        InputNotFound,
        InputNotUsable,
        InsufficientCredits,
        KeyCapReached,
        KeyReused,
        LineNotOffered,
        NobodyThere,
        OnlyForOwner,
        ProjectNotFound,
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
        await self._sources.check_account(self._caller, self._token)
        if body.project_id is not None:
            await self._sources.check_project(body.project_id, self._token)
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
    """Change a picture as words say, everywhere or where a mask is white; or by a recipe, without a vendor.

    What a vendor changes beyond the mask, or of a face, is measured. Past a limit the result has the warning
    `edit_drift`, and beside `image` there is a `composite`: the edit with everything put back that was to stay.
    """
    return await counter.take(body)


@router.post(
    "/image/edit/preview",
    response_class=Response,
    responses={
        200: {"description": "The preview.", "content": {"image/jpeg": {"schema": _FILE}}},
        **documented(RecipeRefused, PreviewBusy),
    },
)
async def preview_edit(body: EditPreviewIn, caller: Caller, request: Request) -> Response:
    """Look at what a recipe would make of a picture: at most a million pixels, while you wait, for nothing."""
    database: Database = request.app.state.database
    previews: Previews = request.app.state.previews
    sources: Sources = request.app.state.sources
    token = bearer_token(request.headers.get("authorization")) or ""
    async with database.transaction() as tx:
        inputs = await sources.find(tx, caller, token, body.wanted())
    content = await previews.of(inputs, written(body.recipe))
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


@router.post("/image/variations", status_code=202)
async def vary_image(body: VariationsIn, counter: TheCounter) -> JobAccepted:
    """Make pictures like one that is there."""
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


@router.post(
    "/audio/preview",
    response_class=Response,
    responses={
        200: {"description": "The sentence, spoken.", "content": {"audio/wav": {"schema": _FILE}}},
        **documented(TextRefused, PreviewBusy),
    },
)
async def preview_audio(body: AudioPreviewIn, _: Caller, request: Request) -> Response:
    """Hear how a voice of this platform says a sentence: while you wait, for nothing.

    Where a vendor is set up to speak, an order may be spoken by a voice of theirs.
    """
    voices: Voices = request.app.state.voices
    content = await voices.say(Line(body.text, body.language.value, body.voice.value))
    return Response(content, media_type="audio/wav", headers={"Cache-Control": "private, no-store"})


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
