"""Fixtures that the tests of the whole library share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def portrait_path() -> Path:
    """A 512 x 512 public-domain portrait; the face is about 100 px wide, frontal, smiling with teeth."""
    return Path(__file__).parents[3] / "samples" / "portrait.jpg"


@pytest.fixture
def job_dir(tmp_path: Path) -> Path:
    """An empty folder of the test's own: the only place a job reads from and writes to."""
    folder = tmp_path / "job"
    folder.mkdir()
    return folder
