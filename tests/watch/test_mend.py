"""Objects that a Rollout writes too are healed with its part, and only over the version that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from gitops.cluster.discovery import Resource
from gitops.cluster.errors import ApiError
from gitops.watch.decide import Decision, Verdict
from gitops.watch.mend import Mender
from gitops.watch.wanted import Wanted, wanted_objects
from tests import given
from tests.program.engine import plan_of

if TYPE_CHECKING:
    from gitops.cluster.client import Client

ISTIO, API = "networking.istio.io", "networking.istio.io/v1"
CANARY = {"trafficRouting": {"istio": {"virtualService": {"name": "x"}}}}


def routes(canary: int, timeout: str = "5s") -> list[dict[str, Any]]:
    hosts = {"stable": 100 - canary, "canary": canary}
    route = [{"destination": {"host": host}, "weight": weight} for host, weight in hosts.items()]
    return [{"name": "main", "timeout": timeout, "route": route}]


def living(version: int, http: list[dict[str, Any]]) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": "web", "uid": "u", "resourceVersion": str(version)}
    return {"apiVersion": API, "kind": "VirtualService", "metadata": metadata, "spec": {"http": http}}


class Server:
    """A VirtualService whose weights the Rollout moves on before each of the first writes."""

    def __init__(self, *moves: int) -> None:
        self.moves = list(moves)
        self.now = living(1, routes(20, "1s"))

    def get(self, _: str) -> dict[str, Any]:
        return self.now

    def apply(self, path: str, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        version = int(self.now["metadata"]["resourceVersion"])
        if self.moves:
            self.now = living(version + 1, routes(self.moves.pop(0), "1s"))
        if body["metadata"]["resourceVersion"] != self.now["metadata"]["resourceVersion"]:
            raise ApiError(409, "Conflict", "modified", {}, path)
        self.now = living(version + 2, body["spec"]["http"])
        return self.now


def wanted() -> Wanted:
    rollout = given.manifest(
        "Rollout", "r", api="argoproj.io/v1alpha1", spec={"strategy": {"canary": CANARY}}
    )
    service = given.manifest("VirtualService", api=API, spec={"http": routes(0)})
    return wanted_objects(plan_of([given.application("web")], rollout, service), ["web"])[service.key]


def mended(server: Server) -> dict[str, Any]:
    resource = Resource(ISTIO, "v1", "VirtualService", "virtualservices", namespaced=True)
    mender = Mender(cast("Client", server), {(ISTIO, "VirtualService"): resource})
    return mender.mend(wanted(), server.now, Decision(Verdict.HEAL, "spec.http[0].timeout", ("kubectl",)))


def test_what_somebody_changed_is_brought_back_with_the_weights_that_live() -> None:
    server = Server()
    assert [item.path for item in wanted().differences(server.now)] == ["spec.http[0].timeout"]
    assert mended(server)["spec"]["http"] == routes(20)


def test_weights_that_move_in_between_are_read_again() -> None:
    assert mended(Server(40, 60))["spec"]["http"] == routes(60)


def test_an_object_that_is_written_all_the_time_is_left_for_later() -> None:
    with pytest.raises(ApiError, match="modified"):
        mended(Server(*range(30, 40)))


class Strict:
    """A Service, of which the server refuses two ports of one name."""

    def __init__(self, manager: str) -> None:
        entry = {"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1"}
        ports = {"f:ports": {".": {}, 'k:{"port":81,"protocol":"TCP"}': {".": {}, "f:port": {}}}}
        metadata = {"name": "x", "namespace": "web", "uid": "u", "resourceVersion": "1"}
        self.now: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {**metadata, "managedFields": [{**entry, "fieldsV1": {"f:spec": ports}}]},
            "spec": {"ports": [{"name": "http", "port": 81, "protocol": "TCP"}]},
        }
        self.handed_over = False

    def patch(self, _: str, patch: list[dict[str, Any]], **__: Any) -> dict[str, Any]:
        assert [item["path"] for item in patch] == ["/metadata/resourceVersion", "/metadata/managedFields"]
        self.handed_over = True
        return self.now

    def apply(self, path: str, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not self.handed_over:
            raise ApiError(422, "Invalid", "spec.ports[1].name: Duplicate value", {}, path)
        self.now = {**self.now, "spec": body["spec"]}
        return self.now


def healed(server: Strict, by: str) -> dict[str, Any]:
    service = given.manifest("Service", spec={"ports": [{"name": "http", "port": 80}]})
    kept = wanted_objects(plan_of([given.application("web")], service), ["web"])[service.key]
    resource = Resource("", "v1", "Service", "services", namespaced=True)
    mender = Mender(cast("Client", server), {("", "Service"): resource})
    return mender.mend(kept, server.now, Decision(Verdict.HEAL, "spec.ports[0].port", (by,)))


def test_what_is_refused_beside_what_a_person_wrote_is_applied_in_its_place() -> None:
    found = healed(Strict("kubectl-edit"), "kubectl-edit")
    assert [port["port"] for port in found["spec"]["ports"]] == [80]


def test_what_is_refused_beside_what_a_controller_wrote_is_told() -> None:
    with pytest.raises(ApiError, match="Duplicate"):
        healed(Strict("controller"), "controller")
