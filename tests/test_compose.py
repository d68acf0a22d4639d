"""The compose file names what exists: members, modules, settings, simulators."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from ai_router.providers.registry import ROWS
from simulators.matrix.scenarios import settings_for
from simulators.vendors.catalogue import AI, ALL
from talkingphoto_runner.layout import PACKAGES, specs

REPOSITORY = Path(__file__).parents[1]
SIMULATED = REPOSITORY / "deploy" / "simulated.env"
BASE_PORT = 9100


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
    return dict(loaded["services"])


def test_every_service_has_its_processes_and_they_are_modules(services: dict[str, Any]) -> None:
    started = {tuple(service["command"][:3]) for service in services.values() if "python" in service.get("command", [])}
    modules = {module for python, dash_m, module in started if (python, dash_m) == ("python", "-m")}
    wanted = {f"{name}.api" for name in PACKAGES}
    wanted |= {f"{name}.{kind}" for name in PACKAGES if specs()[name].migrations for kind in ("worker", "migrate")}
    assert modules == wanted | {"simulators"}
    assert all(find_spec(module) for module in modules)


def test_every_image_is_built_from_a_member(services: dict[str, Any]) -> None:
    built = {
        service["image"]: service["build"] for service in services.values() if {"image", "build"} <= service.keys()
    }
    for service in services.values():
        if str(service.get("image", "")).startswith("talkingphoto-"):
            assert service["image"] in built
    for build in built.values():
        assert (REPOSITORY / build["args"]["MEMBER"] / "pyproject.toml").exists()


def test_whoever_is_waited_for_exists(services: dict[str, Any]) -> None:
    for name, service in services.items():
        waited_for = service.get("depends_on", {})
        assert waited_for.keys() <= services.keys(), name
        for other, condition in waited_for.items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other], other


def test_every_vendors_key_reaches_the_router_and_nobody_else(services: dict[str, Any]) -> None:
    keys = {f"{row.setting}_API_KEY" for row in ROWS}
    for name, service in services.items():
        given = keys & (service.get("environment") or {}).keys()
        expected = keys if service.get("image") == "talkingphoto-ai-router" else set()
        assert given == expected, name


def test_settings_of_services_are_settings(services: dict[str, Any]) -> None:
    by_image = {f"talkingphoto-{name.replace('_', '-')}": spec for name, spec in specs().items()}
    outside = {f"{row.setting}_{part}" for row in ROWS for part in ("API_KEY", "BASE_URL")}
    outside |= {"FAL_AI_WEBHOOK_URL", "PROVIDER_SETTLE_S"}
    for name, service in services.items():
        if (spec := by_image.get(service.get("image", ""))) is not None:
            known = {field.upper() for field in spec.settings.model_fields} | outside
            known |= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
            assert service["environment"].keys() <= known, name


def test_the_simulated_vendors_are_where_the_settings_say(services: dict[str, Any]) -> None:
    command = services["simulators"]["command"]
    assert command[command.index("--base-port") + 1] == str(BASE_PORT)
    host = command[command.index("--name") + 1]
    assert services[host] is services["simulators"]
    addresses = {name: f"http://{host}:{BASE_PORT + number}" for number, name in enumerate(ALL)}
    wanted = settings_for({name: addresses[name] for name in AI})
    said = [line for line in SIMULATED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert dict(line.split("=", 1) for line in said) == wanted
    assert wanted.keys() <= services["ai-router"]["environment"].keys()


def test_the_command_starts_as_the_compose_file_starts_it(services: dict[str, Any]) -> None:
    arguments = [*services["simulators"]["command"][1:], "stability"]
    arguments[arguments.index("0.0.0.0")] = "127.0.0.1"  # noqa: S104
    arguments[arguments.index(str(BASE_PORT))] = "0"
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().split() == ["vendor", "address"]
        vendor, address = process.stdout.readline().split()
        assert (vendor, address.rpartition(":")[0]) == ("stability", "http://simulators")
    finally:
        process.terminate()
        process.communicate(timeout=10)
