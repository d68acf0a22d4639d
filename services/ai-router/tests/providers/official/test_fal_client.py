"""``fal-client`` against the fal simulator. Its addresses are constants, so the queue's is replaced."""

from __future__ import annotations

import io
from collections.abc import Iterator

import fal_client
import fal_client.client as fal_module
import httpx
import pytest
from PIL import Image

from simulators.core.faults import Fault
from simulators.serve import Served

VENDOR = "fal"


@pytest.fixture
def client(vendor: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[fal_client.SyncClient]:
    monkeypatch.setattr(fal_module, "QUEUE_URL_FORMAT", f"{vendor.url}/")
    client = fal_client.SyncClient(key=vendor.simulator.key)
    yield client
    client._client.close()


def _submit(client: fal_client.SyncClient) -> fal_client.SyncRequestHandle:
    size = {"width": 256, "height": 128}
    return client.submit("fal-ai/flux/dev", {"prompt": "a lighthouse", "image_size": size})


def test_submit_status_result_and_download(client: fal_client.SyncClient, vendor: Served) -> None:
    handle = _submit(client)
    states = [type(state).__name__ for state in handle.iter_events(interval=0.01)]
    assert states == ["Queued", "InProgress", "Completed"]
    picture = httpx.get(handle.get()["images"][0]["url"], headers={"authorization": f"Key {vendor.simulator.key}"})
    assert Image.open(io.BytesIO(picture.content)).size == (256, 128)
    assert vendor.simulator.ledger.entries[-1].body["prompt"] == "a lighthouse"


def test_a_handle_made_from_the_id_reaches_the_same_job(client: fal_client.SyncClient) -> None:
    """The client rebuilds addresses from owner and alias, without the sub-path; so does the adapter."""
    handle = client.get_handle("fal-ai/flux/dev", _submit(client).request_id)
    assert isinstance(handle.status(), fal_client.Queued)


def test_cancel(client: fal_client.SyncClient, vendor: Served) -> None:
    handle = _submit(client)
    handle.cancel()
    assert vendor.simulator.jobs[handle.request_id].cancelled
    done = handle.status()
    assert isinstance(done, fal_client.Completed)
    assert done.error_type == "client_cancelled"


@pytest.mark.parametrize(
    ("fault", "status", "error_type"),
    [(Fault.AUTH, 401, None), (Fault.QUOTA, 403, None), (Fault.OVERLOADED, 503, "runner_scheduling_failure")],
)
def test_errors_have_the_documented_shape(
    client: fal_client.SyncClient, vendor: Served, fault: Fault, status: int, error_type: str | None
) -> None:
    vendor.simulator.plan.script("submit", [fault])
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        _submit(client)
    assert (caught.value.status_code, caught.value.error_type) == (status, error_type)


def test_what_a_model_thinks_of_its_input_comes_with_the_result(client: fal_client.SyncClient, vendor: Served) -> None:
    vendor.simulator.plan.script("submit", [Fault.REFUSED_INPUT])
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        _submit(client).get(interval=0.01)
    assert caught.value.status_code == 422
    assert caught.value.response.json()["detail"][0]["type"] == "content_policy_violation"


def test_the_official_client_repeats_a_lost_submission_and_pays_twice(
    client: fal_client.SyncClient, vendor: Served
) -> None:
    """Why the adapter does not: fal's client retries a POST whose connection broke, and the queue took both."""
    before = len(vendor.simulator.ledger)
    vendor.simulator.plan.script("submit", [Fault.DROP_AFTER])
    _submit(client)
    assert len(vendor.simulator.ledger) == before + 2
