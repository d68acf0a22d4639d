"""The frame of the simulators: plans, ledgers, transports, media, control from outside."""

from __future__ import annotations

import io
from collections import Counter

import av
import cv2
import httpx
import numpy as np
import pytest

from simulators.core import media
from simulators.core.faults import POSSIBLE, Fault, Plan
from simulators.core.jobs import Job, Stage
from simulators.core.loopback import InProcess
from simulators.vendors.catalogue import ALL
from simulators.vendors.runway import Runway

KEY = {"authorization": "Bearer simulated-key", "x-runway-version": "2024-11-06"}
BODY = {"model": "gen4.5", "promptImage": "data:,", "promptText": "x", "ratio": "720:1280", "duration": 4}


def test_a_script_is_followed_in_order_and_then_all_is_well() -> None:
    plan = Plan()
    plan.script("poll", [Fault.THROTTLED, None, Fault.JOB_LOST])
    drawn = [plan.draw("poll") for _ in range(4)]
    assert drawn == [Fault.THROTTLED, None, Fault.JOB_LOST, None]
    assert plan.draw("submit") is None


def test_a_fault_that_cannot_happen_there_is_refused() -> None:
    with pytest.raises(ValueError, match="frozen cannot happen to poll"):
        Plan().script("poll", [Fault.FROZEN])


def test_chance_repeats_with_its_seed_and_keeps_its_odds() -> None:
    def drawn(seed: int) -> list[Fault | None]:
        plan = Plan()
        plan.chance({Fault.THROTTLED: 0.2, Fault.HANG_AFTER: 0.1, Fault.FROZEN: 0.1}, seed=seed)
        return [plan.draw("submit") for _ in range(5_000)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    counted = Counter(drawn(3))
    assert counted[Fault.THROTTLED] / 5_000 == pytest.approx(0.2, abs=0.03)
    assert counted[None] / 5_000 == pytest.approx(0.6, abs=0.03)


def test_chance_never_draws_what_cannot_happen() -> None:
    plan = Plan()
    plan.chance(dict.fromkeys(Fault, 1 / len(Fault)), seed=1)
    for operation, possible in POSSIBLE.items():
        assert {plan.draw(operation) for _ in range(300)} <= possible | {None}


@pytest.mark.parametrize(
    ("fault", "stages"),
    [
        (None, [Stage.QUEUED, Stage.RUNNING, Stage.DONE, Stage.DONE]),
        (Fault.FROZEN, [Stage.QUEUED, Stage.RUNNING, Stage.RUNNING, Stage.RUNNING]),
        (Fault.JOB_FAILED, [Stage.QUEUED, Stage.RUNNING, Stage.FAILED, Stage.FAILED]),
        (Fault.REFUSED_OUTPUT, [Stage.QUEUED, Stage.RUNNING, Stage.REFUSED, Stage.REFUSED]),
    ],
)
def test_a_job_moves_when_it_is_asked(fault: Fault | None, stages: list[Stage]) -> None:
    job = Job("1", "submit", {}, fault)
    assert [job.look() for _ in stages] == stages
    assert job.progress == (0.97 if fault is Fault.FROZEN else 1.0)


@pytest.mark.parametrize("mime_type", ["image/jpeg", "image/png", "image/webp"])
def test_pictures_are_pictures(mime_type: str) -> None:
    pixels = cv2.imdecode(np.frombuffer(media.image(mime_type, 90, 60), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (60, 90, 3)
    assert pixels.std() > 10


def test_clips_move_and_sounds_sound() -> None:
    with av.open(io.BytesIO(media.mp4(1.0, 64, 48)), "r") as clip:
        frames = [frame.to_ndarray(format="gray").astype(float) for frame in clip.decode(video=0)]
    assert len(frames) == 10
    assert np.abs(frames[0] - frames[-1]).mean() > 3
    for data in (media.wav(0.5), media.mp3(0.5)):
        with av.open(io.BytesIO(data), "r") as sound:
            assert max(float(np.abs(frame.to_ndarray()).max()) for frame in sound.decode(audio=0)) > 0


async def _runway() -> tuple[Runway, httpx.AsyncClient]:
    simulator = Runway()
    return simulator, httpx.AsyncClient(transport=InProcess({"runway": simulator.app}), base_url="http://runway")


@pytest.mark.parametrize(
    ("fault", "raised", "accepted"),
    [
        (Fault.HANG_BEFORE, httpx.ReadTimeout, 0),
        (Fault.HANG_AFTER, httpx.ReadTimeout, 1),
        (Fault.DROP_BEFORE, httpx.RemoteProtocolError, 0),
        (Fault.DROP_AFTER, httpx.RemoteProtocolError, 1),
    ],
)
async def test_broken_connections_without_waiting(fault: Fault, raised: type[Exception], accepted: int) -> None:
    """The in-process transport raises what a socket would, and the ledger knows what was accepted."""
    simulator, client = await _runway()
    async with client:
        simulator.plan.script("submit", [fault])
        with pytest.raises(raised):
            await client.post("/v1/image_to_video", json=BODY, headers=KEY)
    assert len(simulator.ledger) == accepted


async def test_an_unknown_host_refuses_the_connection() -> None:
    async with httpx.AsyncClient(transport=InProcess({})) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://nobody/")


async def test_without_the_key_nothing_is_accepted() -> None:
    simulator, client = await _runway()
    async with client:
        answer = await client.post("/v1/image_to_video", json=BODY)
    assert answer.status_code == 401
    assert len(simulator.ledger) == 0


async def test_faults_and_ledger_from_outside() -> None:
    """How a running system's tests steer a simulator in another process."""
    _, client = await _runway()
    async with client:
        order = {"operation": "submit", "faults": ["throttled_hint", None]}
        assert (await client.post("/__simulator__/faults", json=order)).status_code == 204
        statuses = [(await client.post("/v1/image_to_video", json=BODY, headers=KEY)).status_code for _ in range(2)]
        assert statuses == [429, 200]
        ledger = (await client.get("/__simulator__/ledger")).json()
        assert (ledger["vendor"], ledger["accepted"]) == ("runway", 1)
        wrong = await client.post("/__simulator__/faults", json={"operation": "submit", "faults": ["earthquake"]})
        assert wrong.status_code == 422
        chance = {"chance": {"throttled": 1.0}, "seed": 7}
        assert (await client.post("/__simulator__/faults", json=chance)).status_code == 204
        assert (await client.post("/v1/image_to_video", json=BODY, headers=KEY)).status_code == 429
        assert (await client.post("/__simulator__/faults", json={})).status_code == 204
        assert (await client.post("/v1/image_to_video", json=BODY, headers=KEY)).status_code == 200


@pytest.mark.parametrize("name", ALL)
async def test_every_vendor_guards_its_door_and_hides_what_it_has_not(name: str) -> None:
    simulator = ALL[name]()
    async with httpx.AsyncClient(transport=InProcess({"v": simulator.app}), base_url="http://v") as client:
        assert (await client.get("/no/such/path")).status_code in (401, 404, 405)
        assert (await client.get("/files/none.png")).status_code == 404
    assert simulator.operations <= simulator.possible.keys()


@pytest.mark.parametrize("vendor", sorted(ALL))
async def test_every_simulator_is_controlled_from_outside(vendor: str) -> None:
    """Also those whose own routes take any path."""
    async with httpx.AsyncClient(transport=InProcess({"one": ALL[vendor]().app}), base_url="http://one") as client:
        assert (await client.post("/__simulator__/faults", json={})).status_code == 204
