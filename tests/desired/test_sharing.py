"""What Git states and a Rollout writes, in one object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from gitops.cluster.errors import ApiError
from gitops.drift.compare import compare_by
from gitops.model.errors import ConflictError
from gitops.model.plan import Plan, PlannedObject, Readiness
from gitops.model.steering import HASH_LABEL, Steering
from gitops.sharing import carried, refuse_moved, sharing
from gitops.waves.rollouts import as_rule
from tests import given

if TYPE_CHECKING:
    from gitops.cluster.connect import Connection

STEERING = Steering("VirtualService", frozenset(["main"]), frozenset(["by-header", "mirror"]))
HEADER = {"name": "by-header", "match": [{"headers": {"x": {"exact": "1"}}}], "route": []}


def route(name: str, stable: int, canary: int, **more: Any) -> dict[str, Any]:
    hosts = {"stable": stable, "canary": canary}
    routes = [{"destination": {"host": host}, "weight": weight} for host, weight in hosts.items()]
    return {"name": name, "route": routes, **more}


def service(*http: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"hosts": ["web"], "http": list(http), **more}
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {}, "spec": body}


def test_weights_and_added_routes_are_those_that_live_and_all_else_is_what_git_states() -> None:
    stated = service(route("main", 100, 0, timeout="9s"), route("other", 50, 50))
    live = service(HEADER, route("main", 40, 60), route("other", 1, 99), gateways=["x"])

    assert carried(stated, live, STEERING) == service(
        HEADER, route("main", 40, 60, timeout="9s"), route("other", 50, 50)
    )


def test_destinations_are_known_by_what_they_are_and_nameless_routes_by_their_place() -> None:
    stated, live = route("", 100, 0), route("", 40, 60)
    turned = {**stated, "route": stated["route"][::-1]}

    found = carried(service(turned), service(HEADER, live), replace(STEERING, routes=frozenset()))

    assert found == service(HEADER, {**live, "route": live["route"][::-1]})


def test_a_route_that_leads_nowhere_itself_stays_as_it_is() -> None:
    redirect = {"match": [{"uri": {"prefix": "/old"}}], "redirect": {"uri": "/new"}}
    steering = replace(STEERING, routes=frozenset())

    assert carried(service(redirect), service(redirect), steering) == service(redirect)


def test_what_was_carried_once_is_carried_again_from_what_lives_then() -> None:
    stated, live = service(route("main", 100, 0)), service(HEADER, route("main", 40, 60))
    once = carried(stated, live, STEERING)

    assert carried(once, service(route("main", 100, 0)), STEERING) == stated
    assert carried(once, live, STEERING) == live


def test_subsets_keep_the_label_by_which_the_rollout_tells_its_pods_apart_and_nobody_elses() -> None:
    steering = Steering("DestinationRule", subsets=frozenset(["canary"]))
    subsets = [{"name": "canary"}, {"name": "other", "labels": {"a": "b"}}]
    marked = [{"name": "other", "labels": {HASH_LABEL: "1"}}, {"name": "canary", "labels": {HASH_LABEL: "2"}}]

    found = carried({"spec": {"subsets": subsets}}, {"spec": {"subsets": marked}}, steering)

    assert found["spec"]["subsets"] == [{"name": "canary", "labels": {HASH_LABEL: "2"}}, subsets[1]]


def test_a_selector_keeps_the_label_of_the_pods_that_the_rollout_has_chosen() -> None:
    live = {"spec": {"selector": {"app": "old", HASH_LABEL: "1"}}}

    found = carried({"spec": {"selector": {"app": "new"}}}, live, Steering("Service"))

    assert found["spec"]["selector"] == {"app": "new", HASH_LABEL: "1"}
    assert carried({"spec": {}}, live, Steering("Service")) == {"spec": {}}


def test_what_the_rollout_writes_is_no_drift_and_all_else_is() -> None:
    key = given.manifest("VirtualService", api="networking.istio.io/v1").key
    stated = service(route("main", 100, 0, timeout="9s"), route("other", 50, 50))
    live = service(HEADER, route("main", 40, 60, timeout="1s"), route("other", 1, 99))

    name = {"metadata": {"name": key.name, "namespace": key.namespace}}

    found = compare_by({**stated, **name}, {**live, **name}, [as_rule(key, STEERING)])

    assert [item.path for item in found.differences] == [
        "spec.http[0].timeout",
        "spec.http[1].route[0].weight",
        "spec.http[1].route[1].weight",
    ]
    assert found.failures == ()


class Cluster:
    """A cluster that has one object, or none."""

    def __init__(self, live: dict[str, Any] | None) -> None:
        self.live = live
        self.client = self.discovery = self

    def find(self, *_: str) -> Cluster:
        return self

    def path(self, *_: str) -> str:
        return "/"

    def get(self, _: str) -> dict[str, Any]:
        if self.live is None:
            raise ApiError(404, "NotFound", "gone", {}, "/")
        return self.live


def shared(stated: dict[str, Any], live: dict[str, Any] | None) -> PlannedObject:
    body = {**stated, "metadata": {"name": "x", "namespace": "x"}}
    manifest = replace(given.manifest("VirtualService"), body=body)
    planned = PlannedObject(manifest, 20, Readiness(False, "", 1), (), steering=STEERING)  # noqa: FBT003
    plan = sharing(Plan("s", "r", (), (planned,)), cast("Connection", Cluster(live)))
    return plan.objects[0]


def test_lists_in_which_git_wants_nothing_else_are_left_alone() -> None:
    found = shared(service(route("main", 100, 0)), service(HEADER, route("main", 40, 60)))

    assert found.ignored == ("/spec/http",)
    assert not found.shares


def test_lists_that_git_changes_are_applied_with_the_weights_that_live() -> None:
    live = service(HEADER, route("main", 40, 60))
    found = shared(service(route("main", 100, 0, timeout="9s")), live)

    assert found.ignored == ()
    assert found.shares
    assert found.manifest.body["spec"]["http"] == [HEADER, route("main", 40, 60, timeout="9s")]
    refuse_moved(found, live)
    with pytest.raises(ConflictError, match="was changed by its Rollout"):
        refuse_moved(found, service(HEADER, route("main", 0, 100)))


def test_an_object_that_does_not_live_is_made_as_git_states_it() -> None:
    found = shared(service(route("main", 100, 0)), None)

    assert found.manifest.body["spec"] == service(route("main", 100, 0))["spec"]
    refuse_moved(found, None)
