"""What a benchmark promises to find out, it fails to when nothing was done."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.__main__ import ALIASES, ALL
from benchmarks._harness import Sample, Side, Wrong, compare
from benchmarks.mixed_load import LINES, Tally
from benchmarks.mixed_load import met as reached
from benchmarks.pixie_load import Stage, met


def stage(*, uploads: int = 100, uploads_failed: int = 0, jobs: int = 50, done: int = 50, ms: float = 20.0) -> Stage:
    found = Stage(people=10, jobs={str(number): "token" for number in range(jobs)}, done=done, seconds=30.0)
    found.spent["projects"] = [ms] * 200
    found.spent["upload"] = [ms] * uploads
    found.failed["upload"] = uploads_failed
    return found


FIRST = {"submissions": 60, "p95_ms": 100.0}


def test_goals_are_met_by_what_was_done() -> None:
    assert met([stage(done=0).told(), stage().told()], FIRST), "the largest number of people counts"


def test_goals_are_missed_by_what_failed_and_by_what_was_not_done() -> None:
    missed = (
        stage(jobs=0, done=0), stage(done=0), stage(done=45), stage(uploads=0), stage(uploads_failed=5),
        stage(ms=600.0), Stage(people=10, seconds=30.0),
    )  # fmt: skip
    assert [met([one.told()], FIRST) for one in missed] == [False] * len(missed)
    assert not met([stage().told()], {"submissions": 0, "p95_ms": 0.0})
    assert not met([stage().told()], FIRST | {"p95_ms": 600.0})


def mixed(**changed: object) -> dict[str, object]:
    found = Tally(people=1000, seconds=60.0)
    found.spent["projects"], found.spent["upload"], found.spent["order"] = [20.0] * 900, [90.0] * 100, [40.0] * 40
    for line in LINES:
        found.ordered[line] = found.done[line] = 10
    return found.told() | changed


def test_a_mixed_load_is_met_by_reads_uploads_and_runs_of_every_product() -> None:
    assert mixed()["p95_read_ms"] == 20, "orders and uploads are no reads"
    assert reached(mixed(), faults=False)
    assert not reached(mixed(), faults=True), "without a fault nothing was shown of them"
    assert reached(mixed(faults={"broker": 1}, p95_read_ms=900), faults=True)


@pytest.mark.parametrize(
    "changed",
    [{"right": 0.998}, {"runs": 0.95}, {"orders": {"pixie": 40}}, {"p95_read_ms": 500}, {"uploads": 0.99}],
    ids=str,
)
def test_a_mixed_load_is_missed_by_each_goal(changed: dict[str, object]) -> None:
    assert not reached(mixed(**changed), faults=False)
    assert not reached(Tally(people=1000, seconds=60.0).told(), faults=False), "nor is nothing enough"


def test_what_goes_wrong_counts() -> None:
    found = Tally(people=2, seconds=10.0)
    found.spent["projects"], found.spent["upload"] = [10.0] * 98, [10.0] * 2
    found.wrong["upload"] += 1
    found.ordered["pixie"], found.done["pixie"] = 4, 3
    told = found.told()
    assert (told["right"], told["uploads"], told["runs"], told["requests"]) == (0.99, 0.5, 0.75, 100)


def side(rate: int, *, wrong: bool = False) -> Side:
    async def run() -> Sample:
        if wrong:
            raise Wrong("lost one")
        return Sample(rate, 1.0, 0.5)

    return Side("somebody", "something", run)


@pytest.mark.parametrize(
    ("ours", "far", "verdict"),
    [
        (side(100), 1.2, "goal"),
        (side(60), 1.2, "gate"),
        (side(40), 1.2, "below gate"),
        (side(100), 1.6, "below gate"),
        (side(100, wrong=True), 1.2, "wrong"),
    ],
)
async def test_a_benchmark_is_missed_by_its_rate_and_by_each_counter(ours: Side, far: float, verdict: str) -> None:
    result = await compare(
        "B0", ours, side(100), rounds=3, gate=0.5, goal=0.8, counters=lambda: {"far": far}, most={"far": 1.5}
    )
    assert (result.verdict, result.failed) == (verdict, verdict in ("below gate", "wrong"))


def test_each_benchmark_is_there_and_told_of() -> None:
    root, told = Path(__file__).parents[1], Path("docs/performance.md")
    assert {name for name, (script, *_) in ALL.items() if not (root / script).is_file()} == set()
    assert set(ALIASES.values()) <= ALL.keys()
    for name in ("B8", "B20"):
        assert f"ONLY={name} " in (root / told).read_text()
