"""``deploy/k8s`` against the code: schemas, services, images, settings, secrets, probes, queues, drains.

No cluster is needed: kubectl renders, and what only a cluster can tell is not here.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema
import kubernetes_validate
import pytest
import yaml
from deploy.tools import crds, rules
from tests import compose_file
from tests.k8s import files
from tests.k8s.files import Overlay, processes, settings_of, spec_of, store
from tests.test_compose import NOT_FIELDS, STAGES_OF_A_STOP

from chassis.bus.port import QueueSpec
from chassis.bus.rabbitmq import topology
from chassis.http.operations import operations_app
from chassis.run.process import GRACE_S
from chassis.settings import SettingsError
from talkingphoto_runner.layout import PACKAGES, model_of, specs

REPOSITORY = compose_file.REPOSITORY
KUBERNETES = "1.34"
"""The oldest that the files are for: the pause before a stop is a field since then."""

PASSWORDS = {"BROKER_PASSWORD", "DATABASE_PASSWORD", "REDIS_PASSWORD"}
"""Parts of addresses, and no settings."""

REAL = ("staging", "production")


@lru_cache
def schema_of(kind: str) -> Any:
    """An operator's, None for a kind of Kubernetes' own."""
    return json.loads(crds.FILE.read_text(encoding="utf-8")).get(kind)


@cache
def check(resource: str) -> None:
    read = json.loads(resource)
    schema = schema_of(f"{read['apiVersion']} {read['kind']}")
    if schema is None:
        kubernetes_validate.validate(read, KUBERNETES, strict=True)
    else:
        jsonschema.Draft202012Validator(schema).validate(read)


@pytest.mark.parametrize("name", crds.OVERLAYS)
def test_everything_has_the_form_that_kubernetes_and_the_operators_take(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It reads two megabytes for each resource.
    once = lru_cache(kubernetes_validate.utils.schema_contents)
    monkeypatch.setattr(kubernetes_validate.utils, "schema_contents", once)
    for resource in files.read(name).resources:
        # Most are the same in all environments but for the namespace.
        metadata = {key: value for key, value in resource["metadata"].items() if key != "namespace"}
        check(json.dumps(resource | {"metadata": metadata}))


def test_a_misspelt_field_is_found() -> None:
    [pooler] = files.read("production").of("Pooler").values()
    wrong = {**pooler, "spec": {**pooler["spec"], "instanzes": 2}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json.loads(crds.FILE.read_text(encoding="utf-8"))["postgresql.cnpg.io/v1 Pooler"])


def test_every_service_is_there(overlay: Overlay) -> None:
    named = {name.replace("_", "-"): spec for name, spec in specs().items()}
    apis = {f"{name}-api" for name in named}
    workers = {f"{name}-worker" for name, spec in named.items() if spec.migrations}
    assert overlay.of("Deployment").keys() == apis | workers
    assert overlay.of("HorizontalPodAutoscaler").keys() == apis <= overlay.of("Service").keys()
    assert overlay.of("ScaledObject").keys() == workers
    assert overlay.of("PodDisruptionBudget").keys() >= apis | workers
    migrations = {name for name in overlay.of("Job") if name.endswith("-migrate")}
    assert migrations == {f"{name}-migrate" for name, spec in named.items() if spec.migrations}
    owned = {f"{name}-database": package for name in named if specs()[package := name.replace("-", "_")].migrations}
    databases, roles = overlay.of("Database"), overlay.of("DatabaseRole")
    assert {name: one["spec"]["name"] for name, one in databases.items()} == owned
    assert {name: one["spec"]["owner"] for name, one in databases.items()} == owned
    assert {name: one["spec"]["name"] for name, one in roles.items()} == owned
    assert all(one["spec"]["passwordSecret"]["name"] == name for name, one in roles.items())


def test_processes_are_modules_in_images_that_are_built(overlay: Overlay) -> None:
    services = compose_file.read().services.values()
    built = {one["image"] for one in services if "build" in one}
    literals = yaml.safe_load((crds.K8S / "overlays" / overlay.name / "kustomization.yaml").read_text(encoding="utf-8"))
    [release] = [one["literals"] for one in literals["configMapGenerator"] if one["name"] == "release"]
    release = dict(one.split("=", 1) for one in release)
    for name, template in overlay.ours.items():
        [container] = template["spec"]["containers"]
        registry, _, image = container["image"].rpartition("/")
        image, _, version = image.partition(":")
        assert image == f"talkingphoto-{template['metadata']['labels']['app.kubernetes.io/name']}"
        assert image in built
        assert (registry, version) == (release["REGISTRY"], release["VERSION"])
        python, dash_m, module = overlay.command(name)
        assert (python, dash_m) == ("python", "-m")
        assert find_spec(module), module
        assert module.replace("_", "-") == name.replace("-", ".").replace("ai.router", "ai-router"), (
            f"{name} runs {module}"
        )
    others = {one.get("image", "") for one in services} | {None}
    for name, one in overlay.of("StatefulSet", "Job").items():
        for container in one["spec"]["template"]["spec"]["containers"] if name not in overlay.ours else ():
            assert container["image"] in others, name


def test_servers_are_the_versions_that_tests_run(overlay: Overlay) -> None:
    composed = compose_file.read().services
    broker = overlay.of("RabbitmqCluster")["broker"]["spec"]
    version = composed["rabbitmq"]["image"].removesuffix("-alpine")
    [makes_users] = broker["override"]["statefulSet"]["spec"]["template"]["spec"]["initContainers"]
    assert {broker["image"], makes_users["image"]} == {f"{version}-management"}
    image = overlay.of("Cluster")["databases"]["spec"]["imageName"]
    assert image.partition(":")[2].partition("-")[0] == composed["postgres"]["image"].partition(":")[2]


def test_every_variable_is_a_setting(overlay: Overlay) -> None:
    for name in overlay.ours:
        known = {field.upper() for field in spec_of(overlay, name).settings.model_fields} | NOT_FIELDS | PASSWORDS
        assert overlay.environment(name, store(overlay)).keys() <= known, name


def test_every_process_starts_with_what_it_is_given(overlay: Overlay) -> None:
    for name in overlay.ours:
        settings = settings_of(overlay, name, store(overlay))
        assert settings.env == ("development" if overlay.name == "dev" else "production")
        assert settings.service_name == spec_of(overlay, name).name
        assert settings.bus == "rabbitmq"
        assert (settings.object_store == "s3") == (settings.service_name != "gateway")
        assert (settings.redis_url is not None) == (settings.service_name == "gateway")


@pytest.mark.parametrize("name", REAL)
def test_what_production_demands_is_named_and_nothing_else(name: str) -> None:
    """Without any one of the secrets that are named, some process refuses to start or cannot be given its address."""
    overlay = files.read(name)
    held = store(overlay)
    for secret, keys in overlay.secrets().items():
        for key, place in keys.items() if secret.endswith("-secrets") else ():
            without = {one: value for one, value in held.items() if one != place}
            service = secret.removesuffix("-secrets")
            processes_of = [one for one in overlay.ours if one in (f"{service}-api", f"{service}-worker")]
            with pytest.raises((SettingsError, KeyError), match=key):
                settings_of(overlay, processes_of[0], without)
                pytest.fail(f"{service} does without {key}")


def test_whatever_is_referred_to_is_there(overlay: Overlay) -> None:
    maps, secrets, volumes = overlay.of("ConfigMap"), overlay.secrets(), overlay.of("PersistentVolumeClaim")
    templates = [one["spec"]["template"] for one in overlay.of(*files.WORKLOADS).values()]
    templates += [one["spec"]["override"] for one in overlay.of("RabbitmqCluster").values()]
    for kind, reference in (found for template in templates for found in files.references(template)):
        match kind:
            case "secretRef" | "secretKeyRef":
                assert reference["name"] in secrets
                assert reference.get("key") in {None, *secrets[reference["name"]]}
            case "configMapRef" | "configMapKeyRef" | "configMap":
                assert reference["name"] in maps
                assert reference.get("key") in {None, *maps[reference["name"]]["data"]}
            case _:
                assert reference["claimName"] in volumes
    for name, one in overlay.of("HorizontalPodAutoscaler", "ScaledObject").items():
        assert one["spec"]["scaleTargetRef"]["name"] == name


def test_the_development_store_has_what_is_asked_for(overlay: Overlay) -> None:
    asked = {place for secret in overlay.secrets().values() for place in secret.values() if place}
    stores = {one["spec"]["secretStoreRef"]["name"] for one in overlay.of("ExternalSecret").values()}
    assert stores == {{"dev": "local"}.get(overlay.name, overlay.name)}
    if overlay.name == "dev":
        held = files.shipped(overlay)
        assert held.keys() == asked
        assert stores == overlay.of("ClusterSecretStore").keys()
        secret = {place: value for place, value in held.items() if not place.endswith(("_ID", "_USER"))}
        assert all(value == "" or value.startswith("local-") for value in secret.values()), "production would take it"
    else:
        assert {place.partition("#")[0] for place in asked} <= {
            f"talkingphoto/{name}" for name in (*PACKAGES, "broker", "redis", "backups")
        }


async def test_probes_ask_for_what_answers(overlay: Overlay) -> None:
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    ports = {name.lower(): int(re.findall(rf"\b{name}=(\d+)", dockerfile)[-1]) for name in ("PORT", "ADMIN_PORT")}
    for name in processes(overlay):
        [container] = overlay.ours[name]["spec"]["containers"]
        listens = {one["name"]: one["containerPort"] for one in container["ports"]}
        wanted = {"operations": ports["admin_port"]} | ({"http": ports["port"]} if name.endswith("-api") else {})
        assert listens == wanted, name
        transport = httpx.ASGITransport(operations_app(name, {}))
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[probe]["httpGet"]
            assert asked["port"] == "operations"
            async with httpx.AsyncClient(transport=transport, base_url="http://pod") as client:
                assert (await client.get(asked["path"])).status_code == 200, (name, probe)
        # What /ready tells, an outage of the broker, takes no API away.
        assert (container["readinessProbe"]["httpGet"]["path"] == "/health") == name.endswith("-api")
    for service in overlay.of("Service").values():
        for port in service["spec"]["ports"]:
            assert isinstance(port["targetPort"], str)


def test_a_pod_is_given_longer_than_a_stop_takes(overlay: Overlay) -> None:
    for name in processes(overlay):
        pod = overlay.ours[name]["spec"]
        [container] = pod["containers"]
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert (pause > 0) == name.endswith("-api")
        assert pod["terminationGracePeriodSeconds"] > pause + STAGES_OF_A_STOP * GRACE_S, name


def test_every_container_is_confined(overlay: Overlay) -> None:
    for name, one in overlay.of(*files.WORKLOADS).items():
        pod = one["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"].keys() == {"requests", "limits"}
            assert container["resources"]["limits"].keys() >= {"cpu", "memory"}
    user = re.findall(r"--uid (\d+)", (REPOSITORY / "Dockerfile").read_text(encoding="utf-8"))
    for template in overlay.ours.values():
        assert [str(template["spec"]["securityContext"]["runAsUser"])] == user
        assert {"name": "tmp", "mountPath": "/tmp"} in template["spec"]["containers"][0]["volumeMounts"]
    for name in processes(overlay):
        spread = overlay.ours[name]["spec"]["topologySpreadConstraints"]
        assert {one["topologyKey"] for one in spread} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}


def test_uploads_have_a_spare_place_that_all_pods_share(overlay: Overlay) -> None:
    claim = overlay.of("PersistentVolumeClaim")["workflow-spare"]["spec"]["accessModes"]
    assert claim == (["ReadWriteOnce"] if overlay.name == "dev" else ["ReadWriteMany"])
    for name in ("workflow-api", "workflow-worker"):
        folder = overlay.environment(name, store(overlay))["OBJECT_FOLDER"]
        pod = overlay.ours[name]["spec"]
        assert {"name": "spare", "mountPath": folder} in pod["containers"][0]["volumeMounts"]
        assert {"name": "spare", "persistentVolumeClaim": {"claimName": "workflow-spare"}} in pod["volumes"]


def test_media_workers_have_memory_for_what_they_do_at_once(overlay: Overlay) -> None:
    media = {
        one["image"]
        for one in compose_file.read().services.values()
        if one.get("build", {}).get("args", {}).get("MEDIA")
    }
    for name in ("workflow-worker", "ai-router-worker", "export-worker"):
        [container] = overlay.ours[name]["spec"]["containers"]
        assert container["image"].rpartition("/")[2].partition(":")[0] in media
        at_once = settings_of(overlay, name, store(overlay)).media_processes
        assert container["resources"]["requests"]["memory"] == f"{2 * at_once}Gi"


def test_scaling_is_as_decided() -> None:
    overlay = files.read("production")
    for one in overlay.of("HorizontalPodAutoscaler").values():
        spec = one["spec"]
        targets = {row["resource"]["name"]: row["resource"]["target"]["averageUtilization"] for row in spec["metrics"]}
        assert (spec["minReplicas"], spec["maxReplicas"], targets) == (2, 20, {"cpu": 70, "memory": 80})
        for direction, percent, period in (("scaleUp", 100, 15), ("scaleDown", 50, 60)):
            behaviour = spec["behavior"][direction]
            assert behaviour["stabilizationWindowSeconds"] == 300
            assert behaviour["policies"] == [{"type": "Percent", "value": percent, "periodSeconds": period}]
    for one in overlay.of("ScaledObject").values():
        assert (one["spec"]["minReplicaCount"], one["spec"]["maxReplicaCount"]) == (2, 20)
    assert "replicas" not in next(iter(overlay.of("Deployment").values()))["spec"], "the autoscalers say how many"


def test_workers_scale_by_the_queues_that_they_read_and_by_their_work(overlay: Overlay) -> None:
    read, beside = set(), set()
    for package in PACKAGES:
        consumers = model_of(package).service.consumers
        for queue in consumers.queues.values() if consumers is not None else ():
            declared = topology.of(QueueSpec(queue.name, queue.bindings(package), retry_delays_s=(60.0,)))
            lanes = {lane.queue for lane in declared.lanes}
            read |= lanes
            beside |= {queue.name for queue in declared.queues} - lanes
    assert read
    assert beside
    for name, one in overlay.of("ScaledObject").items():
        queues, work = one["spec"]["triggers"]
        own = f"{spec_of(overlay, name).name}."
        matched = {queue for queue in read | beside if re.search(queues["metadata"]["queueName"], queue)}
        assert matched == {queue for queue in read if queue.startswith(own)}, name
        listener = f"{own}listener.0190"
        assert not re.search(queues["metadata"]["queueName"], listener)
        assert f"work_waiting{{service='{own[:-1]}'}}" in work["metadata"]["query"]
        assert one["spec"]["fallback"]["replicas"] == one["spec"]["minReplicaCount"]
        host = urlsplit(queues["metadata"]["host"])
        assert host.hostname == f"broker.{one['metadata']['namespace']}.svc"
        assert queues["authenticationRef"]["name"] in overlay.of("TriggerAuthentication")


def test_the_broker_has_a_user_for_each_service(overlay: Overlay) -> None:
    script = (REPOSITORY / "deploy" / "rabbitmq" / "definitions.sh").read_text(encoding="utf-8")
    [generated] = [one for name, one in overlay.of("ConfigMap").items() if name.startswith("broker-definitions")]
    assert generated["data"] == {"definitions.sh": script}
    names = {f"{name.upper()}_MQ_PASSWORD": f"talkingphoto/{name}#BROKER_PASSWORD" for name in PACKAGES}
    monitor = {"MONITOR_MQ_PASSWORD": "talkingphoto/broker#MONITOR_PASSWORD"}
    assert overlay.secrets()["broker-users"] == names | monitor
    assert "MONITOR_MQ_PASSWORD" in script
    for name in overlay.ours:
        url = urlsplit(overlay.environment(name, store(overlay))["RABBITMQ_URL"])
        assert url.username == spec_of(overlay, name).name


def test_processes_go_by_the_pooler_and_migrations_past_it(overlay: Overlay) -> None:
    for name in overlay.ours:
        given = overlay.environment(name, store(overlay))
        if "DATABASE_URL" not in given:
            assert name == "gateway-api"
            continue
        url = urlsplit(given["DATABASE_URL"])
        package = spec_of(overlay, name).name
        assert (url.username, url.path) == (package, f"/{package}")
        by_pooler = (url.hostname, url.query) == ("databases-pooler", "prepared_statement_cache_size=0")
        assert by_pooler != name.endswith("-migrate"), name
        assert by_pooler or url.hostname == "databases-rw"
    [pooler] = overlay.of("Pooler").values()
    assert pooler["spec"]["pgbouncer"]["poolMode"] == "transaction"
    assert pooler["spec"]["pgbouncer"]["parameters"] == {"max_client_conn": "1000", "default_pool_size": "20"}


def test_clients_come_by_tls_to_the_address_that_links_name(overlay: Overlay) -> None:
    [ingress] = overlay.of("Ingress").values()
    host = urlsplit(overlay.environment("gateway-api", store(overlay))["PUBLIC_URL"]).hostname
    [rule] = ingress["spec"]["rules"]
    [tls] = ingress["spec"]["tls"]
    assert tls["hosts"] == [rule["host"]] == [host]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": "gateway-api", "port": {"name": "http"}}
    issuer = ingress["metadata"]["annotations"]["cert-manager.io/cluster-issuer"]
    if overlay.name == "dev":
        assert issuer in overlay.of("ClusterIssuer")


def test_figures_are_looked_at_and_rules_are_those_of_the_folder(overlay: Overlay) -> None:
    assert rules.FILE.read_text(encoding="utf-8") == rules.written(), "run `make dashboards`"
    assert overlay.of("PrometheusRule").keys() == {"talkingphoto"}
    ours = overlay.of("PodMonitor")["talkingphoto"]["spec"]
    for name in processes(overlay):
        labels = overlay.ours[name]["metadata"]["labels"]
        assert ours["selector"]["matchLabels"].items() <= labels.items()
        # What rules know the platform by.
        assert labels[ours["jobLabel"]] == "talkingphoto"
    [endpoint] = ours["podMetricsEndpoints"]
    assert endpoint["port"] == "operations"


def test_databases_are_backed_up_and_separate(overlay: Overlay) -> None:
    cluster: dict[str, Any] = overlay.of("Cluster")["databases"]["spec"]
    [plugin] = cluster["plugins"]
    assert plugin["isWALArchiver"]
    assert plugin["parameters"]["barmanObjectName"] in overlay.of("ObjectStore")
    [nightly] = overlay.of("ScheduledBackup").values()
    assert (nightly["spec"]["method"], nightly["spec"]["pluginConfiguration"]["name"]) == ("plugin", plugin["name"])
    assert cluster["postgresql"]["pg_hba"][0].split()[1] == "sameuser"
    assert cluster["postgresql"]["pg_hba"][-1] == "host all all all reject"
    if overlay.name != "dev":
        assert cluster["instances"] == 3
        assert cluster["postgresql"]["synchronous"]["number"] == 1
        assert overlay.of("RabbitmqCluster")["broker"]["spec"]["replicas"] == 3


def test_a_restored_cluster_reads_the_old_log_and_writes_another() -> None:
    production, restored = (files.read(name) for name in ("production", "restored"))
    [writes] = restored.of("Cluster")["databases"]["spec"]["plugins"]
    [before] = restored.of("Cluster")["databases"]["spec"]["externalClusters"]
    assert before["name"] == restored.of("Cluster")["databases"]["spec"]["bootstrap"]["recovery"]["source"]
    assert before["plugin"]["parameters"]["barmanObjectName"] == writes["parameters"]["barmanObjectName"]
    # What an archive without a name of its own is called by the plugin.
    assert before["plugin"]["parameters"]["serverName"] == "databases" != writes["parameters"]["serverName"]
    for name in ("Deployment", "Job", "ExternalSecret"):
        assert restored.of(name) == production.of(name)


def test_a_rollout_names_what_there_is(overlay: Overlay) -> None:
    script = (crds.K8S / "rollout").read_text(encoding="utf-8")
    kinds = {"externalsecret": "ExternalSecret", "cluster": "Cluster", "rabbitmqcluster": "RabbitmqCluster"}
    kinds |= {"database": "Database", "job": "Job", "deployment": "Deployment"}
    for kind, name in re.findall(r"in_namespace (?:wait|get|delete) ([a-z]+)[\w.]*(?:/(\w+))?", script):
        assert name in {"", *overlay.of(kinds[kind])}, (kind, name)
    found = {
        (one["kind"], component)
        for one in overlay.resources
        if (component := one["metadata"].get("labels", {}).get("app.kubernetes.io/component"))
    }
    assert found == {("Deployment", "api"), ("Deployment", "worker"), ("Job", "migration")}
    assert set(re.findall(r"component (?:not)?in \(([^)]+)\)", script)) == {"api, worker, migration", "api, worker"}
    namespaces = {one["metadata"].get("namespace") for one in overlay.resources} - {None}
    assert len(namespaces) == 1
    assert namespaces == overlay.of("Namespace").keys()
