"""``google-api-python-client`` and ``google-auth-oauthlib`` against the YouTube simulator.

What they send and accept decides how the simulator behaves.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from http.client import HTTPException
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import google_auth_httplib2
import httpx
import pytest
from google.auth import exceptions
from google.auth.transport.requests import Request
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError, ResumableUploadError
from googleapiclient.http import MediaIoBaseUpload, build_http
from oauthlib.oauth2 import OAuth2Error

from simulators.core import media
from simulators.core.faults import Fault
from simulators.serve import Served, serving
from simulators.vendors.youtube.server import CHANNEL_ID, PLAYLIST, UNIT, UPLOADS, YouTube

SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
CALLBACK = "http://127.0.0.1:1/callback"
VIDEO = Random(1).randbytes(3 * UNIT + 777)
BODY = {"snippet": {"title": "A kettle", "tags": ["kettle"]}, "status": {"privacyStatus": "private"}}


@pytest.fixture(scope="module")
def sockets() -> Iterator[Served]:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with serving([YouTube()]) as served:
        yield served["youtube"]


@pytest.fixture
def vendor(sockets: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[YouTube]:
    """The simulator as it was in the beginning. oauthlib insists on https unless it is told otherwise."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    simulator = sockets.simulator
    assert isinstance(simulator, YouTube)
    simulator.plan.clear()
    simulator.accounts.redirect_uris = None
    simulator.accounts.allowed = None
    simulator.has_channel = True
    yield simulator


def _flow(url: str, *scopes: str, right: bool = True) -> Flow:
    config = {
        "client_id": "simulated-client",
        "client_secret": "simulated-key" if right else "another",
        "auth_uri": f"{url}/o/oauth2/auth",
        "token_uri": f"{url}/token",
    }
    return Flow.from_client_config({"web": config}, scopes=list(scopes or (SCOPE,)), redirect_uri=CALLBACK)


def _consented(flow: Flow) -> str:
    """Where the browser is sent after consent."""
    url, state = flow.authorization_url(access_type="offline", prompt="consent")
    answer = httpx.get(url)
    assert answer.status_code == 302, answer.text
    location = answer.headers["location"]
    assert parse_qs(urlsplit(location).query)["state"] == [state]
    return location


@pytest.fixture
def flow(sockets: Served, vendor: YouTube) -> Iterator[Flow]:
    flow = _flow(sockets.url)
    yield flow
    flow.oauth2session.close()


@pytest.fixture
def credentials(flow: Flow) -> Any:
    flow.fetch_token(authorization_response=_consented(flow))
    return flow.credentials


@pytest.fixture
def youtube(credentials: Any, sockets: Served) -> Iterator[Any]:
    service = _service(credentials, sockets.url)
    yield service
    service.close()


def _service(credentials: Any, url: str) -> Any:
    """The client of the published description, at another address. (``api_endpoint`` would leave uploads at https.)"""
    document = json.loads(get_static_doc("youtube", "v3"))
    document |= {"rootUrl": f"{url}/", "baseUrl": f"{url}/"}
    http = google_auth_httplib2.AuthorizedHttp(credentials, http=build_http())
    return build_from_document(document, http=http)


def _insert(youtube: Any, data: bytes = VIDEO, *, body: Any = BODY, chunk: int = UNIT) -> Any:
    content = MediaIoBaseUpload(io.BytesIO(data), "video/mp4", chunksize=chunk, resumable=True)
    return youtube.videos().insert(part="snippet,status", body=body, media_body=content)


def _reasons(error: HttpError) -> set[str]:
    return {each["reason"] for each in error.error_details}


def test_the_grant_brings_tokens_that_can_be_refreshed_and_revoked(credentials: Any, sockets: Served) -> None:
    assert (credentials.granted_scopes or credentials.scopes) == [SCOPE]
    before = credentials.token
    credentials.refresh(Request())
    assert credentials.token != before
    assert httpx.post(f"{sockets.url}/revoke", data={"token": credentials.token}).status_code == 200
    assert httpx.post(f"{sockets.url}/revoke", data={"token": credentials.token}).status_code == 400
    with pytest.raises(exceptions.RefreshError, match="invalid_grant"):
        credentials.refresh(Request())


def test_a_code_is_good_once(flow: Flow) -> None:
    location = _consented(flow)
    flow.fetch_token(authorization_response=location)
    with pytest.raises(OAuth2Error, match="invalid_grant"):
        flow.fetch_token(authorization_response=location)


def test_the_verifier_must_fit_the_challenge(flow: Flow) -> None:
    location = _consented(flow)
    flow.code_verifier = "another" * 10
    with pytest.raises(OAuth2Error, match="invalid_grant"):
        flow.fetch_token(authorization_response=location)


def test_another_redirect_is_refused_at_both_ends(flow: Flow, vendor: YouTube) -> None:
    location = _consented(flow)
    flow.redirect_uri = "http://127.0.0.1:1/other"
    with pytest.raises(OAuth2Error, match="redirect_uri_mismatch"):
        flow.fetch_token(authorization_response=location)
    vendor.accounts.redirect_uris = frozenset({CALLBACK})
    page = httpx.get(flow.authorization_url()[0])
    assert (page.status_code, "redirect_uri_mismatch" in page.text) == (400, True)


def test_a_wrong_secret_is_refused(sockets: Served, vendor: YouTube) -> None:
    flow = _flow(sockets.url, right=False)
    with pytest.raises(OAuth2Error, match="invalid_client"):
        flow.fetch_token(authorization_response=_consented(flow))
    flow.oauth2session.close()


def test_a_user_who_says_no_is_sent_back_with_it(flow: Flow, vendor: YouTube) -> None:
    vendor.plan.script("consent", [Fault.DENIED])
    with pytest.raises(OAuth2Error, match="access_denied"):
        flow.fetch_token(authorization_response=_consented(flow))


def test_a_scope_that_was_not_allowed_is_missed(sockets: Served, vendor: YouTube) -> None:
    flow = _flow(sockets.url, "https://www.googleapis.com/auth/youtube.readonly")
    flow.fetch_token(authorization_response=_consented(flow))
    with _service(flow.credentials, sockets.url) as youtube:
        assert youtube.channels().list(part="id", mine=True).execute()["items"]
        with pytest.raises(ResumableUploadError) as caught:
            _insert(youtube).next_chunk()
    assert (caught.value.resp.status, _reasons(caught.value)) == (403, {"insufficientPermissions"})
    flow.oauth2session.close()


def test_my_channel(youtube: Any, vendor: YouTube) -> None:
    answer = youtube.channels().list(part="snippet,contentDetails", mine=True).execute()
    (channel,) = answer["items"]
    assert (channel["id"], channel["contentDetails"]["relatedPlaylists"]["uploads"]) == (CHANNEL_ID, UPLOADS)
    vendor.has_channel = False
    assert "items" not in youtube.channels().list(part="id", mine=True).execute()
    with pytest.raises(ResumableUploadError) as caught:
        _insert(youtube).next_chunk()
    assert _reasons(caught.value) == {"youtubeSignupRequired"}


def test_a_video_in_pieces_and_what_becomes_of_it(youtube: Any, vendor: YouTube) -> None:
    request, seen, answer = _insert(youtube), [], None
    while answer is None:
        progress, answer = request.next_chunk()
        if progress is not None:
            seen.append(progress.resumable_progress)
    assert seen == [UNIT, 2 * UNIT, 3 * UNIT]
    entry = vendor.ledger.entries[-1]
    assert (entry.job_id, entry.body["size"]) == (answer["id"], len(VIDEO))
    states = []
    for _ in range(3):
        listed = youtube.videos().list(part="status,processingDetails", id=answer["id"]).execute()
        (video,) = listed["items"]
        states.append((video["status"]["uploadStatus"], video["processingDetails"]["processingStatus"]))
    assert states == [("uploaded", "processing"), ("uploaded", "processing"), ("processed", "succeeded")]


def test_in_one_piece(youtube: Any, vendor: YouTube) -> None:
    answer = _insert(youtube, chunk=-1).execute()
    assert vendor.ledger.entries[-1].job_id == answer["id"]


@pytest.mark.parametrize("fault", [Fault.OVERLOADED, Fault.SERVER_ERROR, Fault.TRUNCATED])
def test_going_on_after_a_piece_that_failed(youtube: Any, vendor: YouTube, fault: Fault) -> None:
    """The client asks the session where it is and sends the rest; one video comes of it."""
    before = len(vendor.ledger)
    request = _insert(youtube, chunk=2 * UNIT)
    vendor.plan.script("chunk", [fault])
    if fault is not Fault.TRUNCATED:
        with pytest.raises(HttpError) as caught:
            request.next_chunk()
        assert caught.value.resp.status >= 500
    assert request.execute()["id"] == vendor.ledger.entries[-1].job_id
    assert len(vendor.ledger) == before + 1


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.GATEWAY_AFTER])
def test_an_answer_lost_after_the_last_byte_is_found_again(youtube: Any, vendor: YouTube, fault: Fault) -> None:
    before = len(vendor.ledger)
    request = _insert(youtube, chunk=-1)
    vendor.plan.script("chunk", [fault])
    with pytest.raises((HttpError, HTTPException)):
        request.next_chunk()
    _, answer = request.next_chunk()
    assert answer["id"] == vendor.ledger.entries[-1].job_id
    assert len(vendor.ledger) == before + 1


def test_a_token_that_runs_out_on_the_way_is_refreshed(youtube: Any, vendor: YouTube) -> None:
    """When it asks where the session is. A piece itself the client cannot send again: its stream has been read."""
    request = _insert(youtube)
    vendor.plan.script("chunk", [None, Fault.OVERLOADED])
    request.next_chunk()
    with pytest.raises(HttpError):
        request.next_chunk()
    vendor.accounts.expire()
    assert request.execute()["id"]


def test_a_session_that_is_gone_is_not_found(youtube: Any, vendor: YouTube) -> None:
    request = _insert(youtube)
    vendor.plan.script("chunk", [Fault.JOB_LOST])
    with pytest.raises(HttpError) as caught:
        request.next_chunk()
    assert caught.value.resp.status == 404


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        (Fault.QUOTA, 403, "quotaExceeded"),
        (Fault.REFUSED_INPUT, 400, "uploadLimitExceeded"),
        (Fault.THROTTLED, 403, "rateLimitExceeded"),
        (Fault.THROTTLED_HINT, 429, "rateLimitExceeded"),
        (Fault.BAD_INPUT, 400, "invalidTitle"),
        (Fault.OVERLOADED, 503, "backendError"),
    ],
)
def test_errors_have_the_documented_shape(
    youtube: Any, vendor: YouTube, fault: Fault, status: int, reason: str
) -> None:
    vendor.plan.script("session", [fault])
    with pytest.raises(ResumableUploadError) as caught:
        _insert(youtube).next_chunk()
    assert (caught.value.resp.status, _reasons(caught.value)) == (status, {reason})


@pytest.mark.parametrize(
    ("snippet", "reason"),
    [
        ({"title": ""}, "invalidTitle"),
        ({"title": "x" * 101}, "invalidTitle"),
        ({"title": "a <b>"}, "invalidTitle"),
        ({"title": "a", "description": "é" * 2501}, "invalidDescription"),
        ({"title": "a", "tags": ["x" * 250, "y" * 251]}, "invalidTags"),
        ({"title": "a", "categoryId": "comedy"}, "invalidCategoryId"),
    ],
)
def test_what_a_video_may_not_say(youtube: Any, snippet: dict[str, Any], reason: str) -> None:
    with pytest.raises(ResumableUploadError) as caught:
        _insert(youtube, body={"snippet": snippet}).next_chunk()
    assert (caught.value.resp.status, _reasons(caught.value)) == (400, {reason})


def test_playlist_thumbnail_and_captions(youtube: Any, vendor: YouTube) -> None:
    video_id = _insert(youtube).execute()["id"]
    resource = {"kind": "youtube#video", "videoId": video_id}
    body = {"snippet": {"playlistId": PLAYLIST, "resourceId": resource}}
    youtube.playlistItems().insert(part="snippet", body=body).execute()
    listed = youtube.playlistItems().list(part="contentDetails", playlistId=PLAYLIST, videoId=video_id).execute()
    assert [item["contentDetails"]["videoId"] for item in listed["items"]] == [video_id]
    newest = youtube.playlistItems().list(part="contentDetails", playlistId=UPLOADS, maxResults=1).execute()
    assert newest["items"][0]["contentDetails"]["videoId"] == video_id
    picture = MediaIoBaseUpload(io.BytesIO(media.image("image/jpeg")), "image/jpeg")
    assert youtube.thumbnails().set(videoId=video_id, media_body=picture).execute()["items"]
    assert vendor.thumbnails[video_id] == media.image("image/jpeg")
    text = MediaIoBaseUpload(io.BytesIO(b"1\n00:00:00,000 --> 00:00:01,000\nHello\n"), "text/plain", resumable=True)
    track = {"snippet": {"videoId": video_id, "language": "en", "name": ""}}
    assert youtube.captions().insert(part="snippet", body=track, media_body=text).execute()["id"]
    assert vendor.captions[video_id, "en", ""].endswith(b"Hello\n")
    with pytest.raises(ResumableUploadError) as twice:
        youtube.captions().insert(part="snippet", body=track, media_body=text).execute()
    assert (twice.value.resp.status, _reasons(twice.value)) == (409, {"captionExists"})
    body["snippet"]["playlistId"] = "PLnowhere"
    with pytest.raises(HttpError) as caught:
        youtube.playlistItems().insert(part="snippet", body=body).execute()
    assert (caught.value.resp.status, _reasons(caught.value)) == (404, {"playlistNotFound"})


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [(Fault.JOB_FAILED, "failed", "conversion"), (Fault.REFUSED_OUTPUT, "rejected", "duplicate")],
)
def test_videos_that_come_to_nothing(youtube: Any, vendor: YouTube, fault: Fault, status: str, reason: str) -> None:
    vendor.plan.script("chunk", [fault])
    video_id = _insert(youtube, chunk=-1).execute()["id"]
    for _ in range(3):
        (video,) = youtube.videos().list(part="status,processingDetails", id=video_id).execute()["items"]
    told = video["status"]
    assert (told["uploadStatus"], told.get("failureReason") or told.get("rejectionReason")) == (status, reason)
    assert youtube.videos().list(part="status", id="nowhere").execute()["items"] == []
