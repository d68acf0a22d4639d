"""TalkingPhoto for Python programs.

::

    from talkingphoto_client import TalkingPhoto

    with TalkingPhoto("https://talkingphoto.example.com", api_key=key) as client:
        run = client.videos.make("me.jpg", "Hello, I am glad that you are here.")
        run.wait(on_progress=print).download("video", "hello.mp4")

``AsyncTalkingPhoto`` has the same methods, to be awaited.
"""

from talkingphoto_client.aio.client import AsyncTalkingPhoto
from talkingphoto_client.aio.work import AsyncJob, AsyncRun
from talkingphoto_client.errors import (
    ApiError,
    BadDownload,
    Conflict,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PaymentNeeded,
    RateLimited,
    TalkingPhotoError,
    TookTooLong,
    Unavailable,
    Unreachable,
    WorkFailed,
)
from talkingphoto_client.progress import Progress
from talkingphoto_client.sync.client import TalkingPhoto
from talkingphoto_client.sync.work import Job, Run

__all__ = [
    "ApiError",
    "AsyncJob",
    "AsyncRun",
    "AsyncTalkingPhoto",
    "BadDownload",
    "Conflict",
    "Invalid",
    "Job",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "PaymentNeeded",
    "Progress",
    "RateLimited",
    "Run",
    "TalkingPhoto",
    "TalkingPhotoError",
    "TookTooLong",
    "Unavailable",
    "Unreachable",
    "WorkFailed",
]
