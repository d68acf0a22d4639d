"""What a benchmark promises to find out, it fails to when nothing was done."""

from __future__ import annotations

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
