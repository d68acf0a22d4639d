"""Policies of ``deploy/k8s`` against the addresses that processes are given: what is drawn may be reached, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.k8s.files import BROKER, DATABASES, POOLER, Overlay, Pod, processes, store


def edges(overlay: Overlay) -> Iterator[tuple[str, Pod, int]]:
    """Who is given an address, of whom, and the port: what is drawn."""
    for name in overlay.ours:
        given = overlay.environment(name, store(overlay))
        if name.endswith("-migrate"):
            given = {"DATABASE_URL": given["DATABASE_URL"]}
        if given.get("OBJECT_STORE") == "folder":
            given.pop("S3_ENDPOINT_URL", None)
        outside = {"PUBLIC_URL", "S3_PUBLIC_ENDPOINT", "APP_URL", "ALLOWED_ORIGINS", "MAIL_FROM", "SMTP_URL"}
        for setting, value in given.items():
            for found in re.findall(r"\w[\w+]*://[^\s\"]+", value) if setting not in outside else ():
                url = urlsplit(found)
                assert url.hostname is not None
                assert url.port is not None, (name, setting)
                yield name, overlay.behind(url.hostname), url.port


def test_the_policies_let_through_what_is_drawn_and_nothing_else(overlay: Overlay) -> None:
    pods = overlay.pods()
    drawn = {(name, target.name, port) for name, target, port in edges(overlay)}
    inside = {edge for edge in drawn if edge[1] in pods}
    ports = {
        pod: {one["containerPort"] for one in container["ports"]}
        for pod, template in overlay.ours.items()
        for container in template["spec"]["containers"]
        if "ports" in container
    }
    ports |= {"broker": {5672, 15672, 4369, 25672}, "databases": {5432, 8000}, "pooler": {5432}, "redis": {6379}}
    if "minio" in pods:
        ports["minio"] = {9000}
    allowed = {
        (name, target, port)
        for name in overlay.ours
        for target, listening in ports.items()
        for port in listening
        if overlay.may_reach(pods[name], pods[target], port)
    }
    assert allowed == inside
    for name, target, port in edges(overlay):
        assert overlay.may_reach(pods[name], target, port), (name, target.name)


def test_others_reach_only_what_is_theirs(overlay: Overlay) -> None:
    pods = overlay.pods()
    monitoring, ingress, keda, operator, stranger = (
        Pod(name, namespace=name) for name in ("monitoring", "traefik", "keda", "cnpg-system", "somebody")
    )
    wanted = {(monitoring, name, 9464) for name in processes(overlay)}
    wanted |= {(monitoring, "notify-api", 8000), (ingress, "gateway-api", 8000), (keda, "broker", 15672)}
    wanted |= {(operator, "databases", 8000), (operator, "databases", 5432)}
    found = {
        (other, name, port)
        for other in (monitoring, ingress, keda, operator, stranger)
        for name, pod in pods.items()
        for port in (5432, 5672, 6379, 8000, 9000, 9464, 15672, 25672)
        if overlay.may_reach(other, pod, port)
    }
    assert found == wanted
    for one in (BROKER, DATABASES):
        peers = {5672: False, 25672: True} if one is BROKER else {5432: True, 8000: True}
        assert {port: overlay.may_reach(one, one, port) for port in peers} == peers
    assert overlay.may_reach(POOLER, DATABASES, 5432)


def test_the_world_is_reached_by_who_has_objects_and_private_addresses_by_nobody(overlay: Overlay) -> None:
    world, private = Pod("world", address="93.184.216.34"), Pod("metadata", address="169.254.169.254")
    for name in overlay.ours:
        pod = overlay.pods()[name]
        goes_out = name not in ("gateway-api",) and not name.endswith("-migrate")
        assert overlay.may_reach(pod, world, 443) == goes_out, name
        assert not overlay.may_reach(pod, world, 80)
        assert overlay.may_reach(pod, world, 587) == (name == "notify-worker")
        assert not any(overlay.may_reach(pod, private, port) for port in (80, 443)), name
