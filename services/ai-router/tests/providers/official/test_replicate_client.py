"""``replicate`` against the Replicate simulator."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import av
import httpx
import pytest
from replicate.client import Client
from replicate.exceptions import ModelError, ReplicateError

from simulators.core import media
from simulators.core.faults import Fault
from simulators.serve import Served

VENDOR = "replicate"
MODEL = "bytedance/seedance-1-lite"


@pytest.fixture
def client(vendor: Served) -> Iterator[Client]:
    with httpx.HTTPTransport() as transport:
        client = Client(api_token=vendor.simulator.key, base_url=vendor.url, transport=transport)
        client.poll_interval = 0.01
        yield client


def _start(client: Client, **wanted: Any) -> Any:
    given = {"prompt": "she smiles", "duration": 4, "image": io.BytesIO(media.image()), **wanted}
    return client.predictions.create(model=MODEL, input=given)


def test_submit_poll_and_download(client: Client, vendor: Served) -> None:
    """The client uploads an open file by itself and passes its address."""
    prediction = _start(client)
    assert (prediction.status, prediction.model) == ("starting", MODEL)
    prediction.wait()
    assert prediction.status == "succeeded"
    clip = httpx.get(prediction.output).content
    with av.open(io.BytesIO(clip), "r") as container:
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(4, abs=0.2)
    sent = vendor.simulator.ledger.entries[-1].body["input"]
    assert sent["prompt"] == "she smiles"
    assert sent["image"].startswith(f"{vendor.url}/v1/files/")


def test_run_waits_for_the_clip(client: Client) -> None:
    assert str(client.run(MODEL, {"prompt": "she smiles"})).endswith("Signature=simulated&Expires=1")


def test_an_upload_says_what_was_uploaded(client: Client) -> None:
    file = client.files.create(io.BytesIO(b"abc"), filename="a.png", content_type="image/png", metadata={"of": 1})
    assert (file.name, file.content_type, file.size, file.metadata) == ("a.png", "image/png", 3, {"of": 1})
    assert file.checksums["sha256"].startswith("ba7816bf")


def test_a_frozen_prediction_goes_on(client: Client, vendor: Served) -> None:
    vendor.simulator.plan.script("submit", [Fault.FROZEN])
    prediction = _start(client)
    for _ in range(6):
        prediction.reload()
    assert prediction.status == "processing"


@pytest.mark.parametrize(("fault", "code"), [(Fault.REFUSED_INPUT, "(E005)"), (Fault.JOB_FAILED, "(E1000)")])
def test_a_failed_prediction_names_its_reason(client: Client, vendor: Served, fault: Fault, code: str) -> None:
    vendor.simulator.plan.script("submit", [fault])
    with pytest.raises(ModelError) as caught:
        client.run(MODEL, {"prompt": "she smiles"})
    assert caught.value.prediction.status == "failed"
    assert code in (caught.value.prediction.error or "")


def test_a_cancelled_prediction_stays_cancelled(client: Client) -> None:
    prediction = _start(client)
    prediction.cancel()
    assert prediction.status == "canceled"
    prediction.reload()
    assert prediction.status == "canceled"


def test_the_account_of_the_key(client: Client) -> None:
    assert client.accounts.current().username == "simulated"


@pytest.mark.parametrize(
    ("fault", "status", "title"),
    [
        (Fault.AUTH, 401, "Unauthenticated"),
        (Fault.BAD_INPUT, 422, "Input validation failed"),
        (Fault.QUOTA, 402, "Insufficient credit"),
        (Fault.THROTTLED_HINT, 429, None),
        (Fault.SERVER_ERROR, 500, "Internal server error"),
    ],
)
def test_errors_have_the_documented_shape(
    client: Client, vendor: Served, fault: Fault, status: int, title: str | None
) -> None:
    vendor.simulator.plan.script("submit", [fault])
    with pytest.raises(ReplicateError) as caught:
        _start(client)
    assert (caught.value.status, caught.value.title) == (status, title)
    assert caught.value.detail


def test_a_length_the_model_does_not_make_is_refused(client: Client) -> None:
    with pytest.raises(ReplicateError, match="duration"):
        _start(client, duration=20)
