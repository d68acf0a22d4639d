"""What clients send and get."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.http.inputs import Input
from contracts.enums import ProjectStatus

Privacy = Literal["private", "unlisted", "public"]


class ConnectOut(BaseModel):
    """Where the user grants access."""

    authorization_url: str = Field(description="Send the user's browser there.")
    expires_at: datetime = Field(description="The grant must be given by then.")


class ConnectionOut(BaseModel):
    """The channel that is connected now."""

    channel_id: str = Field(description="YouTube's id of the channel.", examples=["UCexample"])
    channel_title: str = Field(description="Its name there.", examples=["Asha speaks"])


class UploadIn(Input):
    """An upload of a project's finished video (EXP-08)."""

    project_id: UUID = Field(description="The project whose newest video it is, or the workflow that made one.")
    channel_id: str | None = Field(None, max_length=255, description="Must be the connected channel when given.")
    playlist_id: str | None = Field(None, min_length=1, max_length=255, description="Add the video there as well.")
    captions: bool = Field(True, description="Add the video's captions, where they are not in the picture.")
    thumbnail: bool = Field(True, description="Set the video's cover, which YouTube takes of verified channels alone.")
    privacy: Privacy | None = Field(None, description="Who can see it; else what the installation is set to.")


class UploadOut(BaseModel):
    """One upload (EXP-18)."""

    id: UUID = Field(description="Of the upload.")
    project_id: UUID = Field(description="The project whose newest video it is, or the workflow that made one.")
    channel_id: str = Field(description="YouTube's id of the channel.", examples=["UCexample"])
    video_id: str | None = Field(description="YouTube's id of the video, once it has it.")
    playlist_id: str | None = Field(description="The playlist it is added to.")
    upload_status: ProjectStatus = Field(description="How it is.")
    progress: float = Field(ge=0, le=1, description="Share of the file that YouTube has.")
    error: str | None = Field(description="What went wrong, in words for people.")
    created_at: datetime = Field(description="When it was ordered.")
    updated_at: datetime = Field(description="When it last changed.")


def upload_out(row: Any) -> UploadOut:
    """A row as clients see it."""
    return UploadOut(
        id=row["id"],
        project_id=row["project_id"],
        channel_id=row["channel_id"],
        video_id=row["video_id"],
        playlist_id=row["playlist_id"],
        upload_status=ProjectStatus(row["upload_status"]),
        progress=round(row["sent_bytes"] / max(1, row["total_bytes"]), 4),
        error=row["error"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
