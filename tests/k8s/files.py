"""``deploy/k8s`` as a cluster would have it: what an overlay brings, what a container is given, who may reach whom."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from ipaddress import ip_address, ip_network
from typing import Any
from unittest import mock

from deploy.tools import crds
from tests.test_compose import PRODUCTION

from chassis.run.service import ServiceSpec
from chassis.settings import ServiceSettings, load
from talkingphoto_runner.layout import specs

Resource = dict[str, Any]

WORKLOADS = ("Deployment", "StatefulSet", "Job")

_VARIABLE = re.compile(r"\$\(([A-Z0-9_]+)\)")


@dataclass(frozen=True)
class Pod:
    """What policies look at: labels, and the namespace's name; ``address`` for who is outside the cluster."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    namespace: str = ""
    address: str = ""


BROKER = Pod("broker", {"app.kubernetes.io/name": "broker", "app.kubernetes.io/component": "rabbitmq"})
DATABASES = Pod("databases", {"cnpg.io/cluster": "databases", "cnpg.io/podRole": "instance"})
POOLER = Pod(
    "pooler",
    {"cnpg.io/cluster": "databases", "cnpg.io/podRole": "pooler", "cnpg.io/poolerName": "databases-pooler"},
)
OF_OPERATORS = {"broker": BROKER, "databases-rw": DATABASES, "databases-pooler": POOLER}
"""Services that operators make, with the labels that they give to their pods."""


@dataclass(frozen=True)
class Overlay:
    """One environment, rendered."""

    name: str
    resources: list[Resource]

    def of(self, *kinds: str) -> dict[str, Resource]:
        """Resources of these kinds by name."""
        return {one["metadata"]["name"]: one for one in self.resources if one["kind"] in kinds}

    def kinds(self) -> set[str]:
        """Every kind there is."""
        return {one["kind"] for one in self.resources}

    @cached_property
    def ours(self) -> dict[str, Resource]:
        """The pods' templates of our own processes and migrations by the name of what makes them."""
        return {
            name: one["spec"]["template"]
            for name, one in self.of("Deployment", "Job").items()
            if one["metadata"]["labels"].get("app.kubernetes.io/part-of") == "talkingphoto"
        }

    def secrets(self) -> dict[str, dict[str, str]]:
        """Of each secret that an ExternalSecret brings: key to ``store's key#property`` (empty for what is written)."""
        found = {}
        for name, one in self.of("ExternalSecret").items():
            named = {row["secretKey"]: "{key}#{property}".format(**row["remoteRef"]) for row in one["spec"]["data"]}
            written = one["spec"].get("target", {}).get("template", {}).get("data", {})
            found[name] = named | {key: "" for key in written if key not in named}
        return found

    def environment(self, name: str, held: Mapping[str, str]) -> dict[str, str]:
        """What the container of ``name`` gets. ``held``: what the store has, by ``key#property``."""
        [container] = self.ours[name]["spec"]["containers"]
        maps, secrets = self.of("ConfigMap"), self.secrets()
        values: dict[str, str] = {}
        for source in container["envFrom"]:
            if "configMapRef" in source:
                values |= maps[source["configMapRef"]["name"]]["data"]
            else:
                named = secrets[source["secretRef"]["name"]]
                values |= {key: held[place] for key, place in named.items() if place in held}
        for row in container["env"]:
            if "value" in row:
                values[row["name"]] = _VARIABLE.sub(lambda match: values[match[1]], row["value"])
            elif "configMapKeyRef" in (origin := row["valueFrom"]):
                values[row["name"]] = maps[origin["configMapKeyRef"]["name"]]["data"][origin["configMapKeyRef"]["key"]]
            else:
                values[row["name"]] = held[_place(secrets, **origin["secretKeyRef"])]
        return values

    def command(self, name: str) -> list[str]:
        """What the container of ``name`` runs."""
        given = self.environment(name, _Anything())
        [container] = self.ours[name]["spec"]["containers"]
        return [_VARIABLE.sub(lambda match: given[match[1]], word) for word in container["command"]]

    def pods(self) -> dict[str, Pod]:
        """Every kind of pod in the namespace, the operators' too."""
        own = {
            name: Pod(name, one["spec"]["template"]["metadata"]["labels"]) for name, one in self.of(*WORKLOADS).items()
        }
        return own | {pod.name: pod for pod in OF_OPERATORS.values()}

    def behind(self, host: str) -> Pod:
        """Whom a name leads to: a service of the namespace, an operator's, or somebody of another namespace."""
        if host in OF_OPERATORS:
            return OF_OPERATORS[host]
        if host.endswith(".svc"):
            return Pod(host, namespace=host.split(".")[1])
        selector = self.of("Service")[host]["spec"]["selector"]
        [pod] = [pod for pod in self.pods().values() if selector.items() <= pod.labels.items()]
        return pod

    def may_reach(self, source: Pod, target: Pod, port: int) -> bool:
        """Whether the policies of both ends let a TCP connection through."""
        return self._lets(source, "egress", target, port) and self._lets(target, "ingress", source, port)

    def _lets(self, pod: Pod, direction: str, other: Pod, port: int) -> bool:
        if pod.namespace or pod.address:
            return True
        rules = [
            policy["spec"].get(direction, [])
            for policy in self.of("NetworkPolicy").values()
            if _selects(policy["spec"]["podSelector"], pod.labels)
            and direction.capitalize() in policy["spec"]["policyTypes"]
        ]
        peers = "to" if direction == "egress" else "from"
        return not rules or any(
            (not rule.get("ports") or any(_is_port(one, port) for one in rule["ports"]))
            and (not rule.get(peers) or any(_is_peer(one, other) for one in rule[peers]))
            for policy in rules
            for rule in policy
        )


class _Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "any"


@lru_cache
def read(name: str) -> Overlay:
    """An overlay of this repository."""
    return Overlay(name, crds.rendered(name))


def shipped(overlay: Overlay) -> dict[str, str]:
    """What the store of the development overlay holds, by ``key#property``."""
    [store] = overlay.of("ClusterSecretStore").values()
    rows = store["spec"]["provider"]["fake"]["data"]
    return {f"{row['key']}#{name}": value for row in rows for name, value in json.loads(row["value"]).items()}


def references(value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every reference to a ConfigMap, Secret or volume in a pod's template."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in (
                "configMapRef",
                "configMapKeyRef",
                "secretRef",
                "secretKeyRef",
                "configMap",
                "persistentVolumeClaim",
            ):
                yield key, part
            else:
                yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def _place(secrets: Mapping[str, Mapping[str, str]], *, name: str, key: str) -> str:
    return secrets[name][key]


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    return wanted and all(_fits(one, labels) for one in selector.get("matchExpressions", ()))


def _fits(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case other:
            raise NotImplementedError(other)


def _is_port(rule: Mapping[str, Any], port: int) -> bool:
    if rule.get("protocol", "TCP") != "TCP":
        return False
    return bool(rule["port"] <= port <= rule.get("endPort", rule["port"]))


def _is_peer(peer: Mapping[str, Any], pod: Pod) -> bool:
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        inside = bool(pod.address) and ip_address(pod.address) in ip_network(block["cidr"])
        return inside and not any(ip_address(pod.address) in ip_network(one) for one in block.get("except", ()))
    if pod.address:
        return False
    if "namespaceSelector" in peer:
        place = {"kubernetes.io/metadata.name": pod.namespace}
        return _selects(peer["namespaceSelector"], place) and _selects(peer.get("podSelector", {}), pod.labels)
    return not pod.namespace and _selects(peer["podSelector"], pod.labels)


def spec_of(overlay: Overlay, name: str) -> ServiceSpec:
    """Of the service that the container of ``name`` runs."""
    return specs()[overlay.command(name)[-1].split(".")[0]]


def processes(overlay: Overlay) -> list[str]:
    """What goes on running: our own without the migrations."""
    return [name for name in overlay.ours if not name.endswith("-migrate")]


def store(overlay: Overlay) -> dict[str, str]:
    """What the store holds: in development what comes with the repository, elsewhere a good value for what is named."""
    if overlay.name == "dev":
        return shipped(overlay)
    places = {place for secret in overlay.secrets().values() for place in secret.values() if place}
    return {place: PRODUCTION.get(place.partition("#")[2], "Tq8-fJ3k_vv") for place in places}


def settings_of(overlay: Overlay, name: str, held: dict[str, str]) -> ServiceSettings:
    """What the container of ``name`` would start with; raises ``SettingsError`` where it would not."""
    with mock.patch.dict(os.environ, overlay.environment(name, held), clear=True):
        return load(spec_of(overlay, name).settings)
