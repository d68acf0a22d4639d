"""The corpora of this folder, built once for the session."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _module(name: str) -> ModuleType:
    """A builder beside this file; the folder is no package, so it is loaded by path."""
    spec = importlib.util.spec_from_file_location(f"hostile_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def corpus() -> ModuleType:
    """The image corpus builder (``corpus.py``)."""
    return _module("corpus")


@pytest.fixture(scope="session")
def media_corpus() -> ModuleType:
    """The sound and video corpus builder (``media_corpus.py``)."""
    return _module("media_corpus")


@pytest.fixture(scope="session")
def hostile_folder(corpus: ModuleType, portrait_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All hostile images as files; those that must be refused lie in ``refuse``, the others in ``either``."""
    folder = tmp_path_factory.mktemp("hostile")
    for sample in corpus.hostile_images(portrait_path):
        part = folder / ("refuse" if sample.must_refuse else "either")
        part.mkdir(exist_ok=True)
        (part / sample.name).write_bytes(sample.data)
    return folder


@pytest.fixture(scope="session")
def honest_folder(corpus: ModuleType, portrait_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All honest images as files."""
    folder = tmp_path_factory.mktemp("honest")
    for sample in corpus.honest_images(portrait_path):
        (folder / sample.name).write_bytes(sample.data)
    return folder
