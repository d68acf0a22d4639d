from __future__ import annotations

import pytest
from deploy.tools import crds
from tests.k8s import files
from tests.k8s.files import Overlay


@pytest.fixture(scope="module", params=crds.ENVIRONMENTS)
def overlay(request: pytest.FixtureRequest) -> Overlay:
    return files.read(request.param)
