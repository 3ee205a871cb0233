"""The mesh that the sandbox plays: who gets how many requests, and how they are counted."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.mesh import Mesh
from sandbox.mesh.flow import ERRORS, LATENCY, Stream, streams


def route(*targets: tuple[str, int | None]) -> dict[str, Any]:
    leads = [
        {"destination": {"host": host}} | ({} if weight is None else {"weight": weight})
        for host, weight in targets
    ]
    by_header = {"match": [{"headers": {}}], "route": [{"destination": {"host": "nobody"}}]}
    return {"metadata": {"namespace": "shop"}, "spec": {"http": [by_header, {"route": leads}]}}


def service(name: str, **selector: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"selector": selector}}


def pod(
    name: str, *, ready: bool = True, notes: dict[str, str] | None = None, **labels: str
) -> dict[str, Any]:
    condition = {"type": "Ready", "status": str(ready)}
    metadata = {"name": name, "labels": labels, "annotations": notes or {}}
    return {"metadata": metadata, "status": {"conditions": [condition]}}


SERVICES = [service("web", v="1"), service("web-canary", v="2")]
PODS = [pod("a", v="1"), pod("b", v="1"), pod("c", v="2", notes={ERRORS: "0.25", LATENCY: "800"})]


class Cluster:
    """Answers like an API server that holds these."""

    def __init__(self, *routes: dict[str, Any]) -> None:
        self.routes = list(routes)

    def call(self, _method: str, path: str) -> tuple[int, Any]:
        items = {"virtualservices": self.routes, "services": SERVICES, "pods": PODS}
        return 200, {"items": items[path.rpartition("/")[2]]}


def test_requests_are_split_by_weight_and_then_evenly_among_pods() -> None:
    found = list(streams(route(("web", 80), ("web-canary.shop.svc.cluster.local", 20)), SERVICES, PODS))
    assert [(each.pod, each.share) for each in found] == [("a", 0.4), ("b", 0.4), ("c", 0.2)]
    assert (found[2].host, found[2].errors, found[2].milliseconds) == ("web-canary", 0.25, 800)


def test_a_lone_destination_gets_everything() -> None:
    (found,) = streams(route(("web-canary", None)), SERVICES, PODS)
    assert found.share == 1


@pytest.mark.parametrize("gone", [pod("a", v="1", ready=False), pod("a", v="3"), {"metadata": {"name": "a"}}])
def test_requests_for_which_no_pod_is_ready_fail(gone: dict[str, Any]) -> None:
    assert list(streams(route(("web", 100), ("web-canary", 0)), SERVICES, [gone])) == [
        Stream("web", "shop", "", 1.0, errors=1.0)
    ]


def test_an_annotation_that_is_no_number_is_as_good_as_none() -> None:
    (found,) = streams(route(("web", None)), SERVICES, [pod("a", v="1", notes={ERRORS: "many"})])
    assert found.errors == 0


def test_requests_are_counted_by_pod_and_answer_and_time() -> None:
    mesh = Mesh(Cluster(route(("web", 80), ("web-canary", 20))))  # type: ignore[arg-type]
    mesh.flow(2)
    mesh.flow(2)
    lines = mesh.text().splitlines()
    where = 'reporter="destination",destination_service_name="web-canary",namespace="shop",pod="c"'
    assert f'istio_requests_total{{{where},response_code="200"}} 60.000' in lines
    assert f'istio_requests_total{{{where},response_code="503"}} 20.000' in lines
    assert f'istio_request_duration_milliseconds_bucket{{{where},le="500"}} 0.000' in lines
    assert f'istio_request_duration_milliseconds_bucket{{{where},le="1000"}} 80.000' in lines


def test_a_host_can_be_told_how_many_of_its_requests_fail() -> None:
    mesh = Mesh(Cluster(route(("web-canary", None))), {"web-canary": 1.0})  # type: ignore[arg-type]
    mesh.flow(1)
    assert 'pod="c",response_code="200"} 0.000' in mesh.text()


def test_a_cluster_that_does_not_answer_brings_no_requests() -> None:
    class Gone:
        def call(self, *_: str) -> tuple[int, Any]:
            return 0, "refused"

    mesh = Mesh(Gone())  # type: ignore[arg-type]
    mesh.flow(1)
    assert "response_code" not in mesh.text()
