"""Rollouts that were aborted at what Git states are waited for once more; others are not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gitops.cluster.errors import ApiError
from gitops.model.errors import Problems
from gitops.model.keys import PRUNE_ANNOTATION, ObjectKey
from gitops.model.plan import HealthCheck, Plan
from gitops.underway import aborted, given_back, letting_go, live_rollouts, waiting_anew
from gitops.waves.plan import make_plan
from tests import given

TEMPLATE = {"spec": {"containers": [{"name": "web", "image": "shop/web:2"}]}}
AT = "2026-01-01T00:00:00Z"


def plan(spec: Any) -> Plan:
    rollout = given.manifest("Rollout", api="argoproj.io/v1alpha1", spec=spec)
    return make_plan("test", given.SHA, [given.application()], [rollout], Problems())


def live(spec: Any, **status: Any) -> dict[str, Any]:
    body = plan(spec).objects[0].manifest.body
    return {**body, "status": status}


def waits(stated: Any, there: dict[str, Any] | None) -> dict[str, HealthCheck]:
    """The waits that are done again, of a plan and a cluster of one Rollout each."""

    def get(_path: str) -> Any:
        if there is None:
            raise ApiError(404, "NotFound", "not there", {}, _path)
        return there

    connection: Any = SimpleNamespace(
        discovery=SimpleNamespace(find=lambda *_: SimpleNamespace(path=lambda *_: "/it")),
        client=SimpleNamespace(get=get),
    )
    found = plan(stated)
    return aborted(found, live_rollouts(found.keys, lambda: connection))


def test_one_that_was_aborted_with_the_stated_pods_is_waited_for_once_more() -> None:
    stated = plan({"template": TEMPLATE})
    grown = {"spec": {"containers": [{**TEMPLATE["spec"]["containers"][0], "imagePullPolicy": "Always"}]}}
    found = waits({"template": TEMPLATE}, live({"template": grown}, abort=True, abortedAt=AT))
    (name,) = found
    (before,) = (step for step in stated.steps if step.name == name)
    assert isinstance(before, HealthCheck)
    (after,) = (step for step in waiting_anew(stated, found).steps if step.name == name)
    assert isinstance(after, HealthCheck)
    assert after.trigger == f"{before.trigger} aborted {AT}"
    assert (after.manifest, after.after) == (before.manifest, before.after)


def test_of_one_that_takes_its_pods_over_it_is_enough_that_it_was_aborted() -> None:
    spec = {"workloadRef": {"kind": "Deployment", "name": "x"}}
    assert len(waits(spec, live(spec, abort=True))) == 1


@pytest.mark.parametrize(
    "there",
    [
        None,
        live({"template": TEMPLATE}),
        live({"template": TEMPLATE}, abort=False, abortedAt=AT),
        live({"template": {"spec": {"containers": []}}}, abort=True, abortedAt=AT),
    ],
    ids=["not there", "well", "tried again", "another version"],
)
def test_no_other_one_is(there: dict[str, Any] | None) -> None:
    found = waits({"template": TEMPLATE}, there)
    assert found == {}
    stated = plan({"template": TEMPLATE})
    assert waiting_anew(stated, found) is stated


def test_without_a_live_rollout_nobody_is_asked() -> None:
    def reach() -> Any:
        raise AssertionError("asked")

    assert live_rollouts([given.manifest("ConfigMap").key], reach) == {}


def reference(scale: str) -> dict[str, Any]:
    return {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "y", "scaleDown": scale}}


@pytest.mark.parametrize(
    ("lived", "stated", "comes_back"),
    [
        (reference("progressively"), None, True),
        (reference("onsuccess"), reference("never"), True),
        (reference("onsuccess"), {"template": TEMPLATE}, True),
        (reference("onsuccess"), reference("progressively"), False),
        (reference("never"), None, False),
        ({"template": TEMPLATE}, None, False),
    ],
)
def test_a_workload_that_nobody_states_to_be_scaled_down_any_more_comes_back(
    lived: Any, stated: Any, comes_back: bool
) -> None:
    workload = given.manifest("Deployment", "y", api="apps/v1", spec={"replicas": 2})
    other = given.manifest("Deployment", "z", api="apps/v1", spec={"replicas": 2})
    rollout = given.manifest("Rollout", api="argoproj.io/v1alpha1", spec=stated or {})
    objects = [workload, other, *([rollout] if stated else [])]
    before = make_plan("test", given.SHA, [given.application()], objects, Problems())
    found = given_back(before, {rollout.key: live(lived)})
    assert {item.manifest.key: item.lent_to for item in found.objects if item.lent_to} == (
        {workload.key: rollout.key} if comes_back else {}
    )


SERVICES = ({"canary": {"stableService": "x", "canaryService": "y"}}, {"blueGreen": {"activeService": "x"}})


def leaving(strategy: Any, stated: Any, **annotations: str) -> list[HealthCheck]:
    """The steps in which live Rollout `web` lets go, of a plan that states these objects."""
    body = given.manifest("Rollout", api="argoproj.io/v1alpha1", spec={"strategy": strategy}).body
    body = {**body, "metadata": {**body["metadata"], "uid": "u1", "annotations": annotations}}
    found = make_plan("test", given.SHA, [given.application()], stated, Problems())
    key = ObjectKey.of_body(body)
    more = letting_go(found, {key: body}).steps[len(found.steps) :]
    assert all(isinstance(step, HealthCheck) for step in more)
    return list(more)  # type: ignore[arg-type]


@pytest.mark.parametrize("strategy", SERVICES)
def test_one_that_leaves_lets_go_of_stated_services_after_all_else_of_its_application(strategy: Any) -> None:
    stated = [given.manifest("Service", "x"), given.manifest("ConfigMap", "z")]
    (step,) = leaving(strategy, stated)
    assert (step.leaves, step.trigger, step.manifest.application) == (True, "leaves u1", "web")
    assert {"Service:web/x", "ConfigMap:web/z"} <= set(step.after)


@pytest.mark.parametrize("strategy", SERVICES)
def test_one_that_stays_or_whose_services_leave_too_lets_go_of_nothing(strategy: Any) -> None:
    service, other = given.manifest("Service", "x"), given.manifest("Service", "another")
    assert leaving(strategy, [service], **{PRUNE_ANNOTATION: "false"}) == []
    assert leaving(strategy, [other]) == []
    assert leaving({"canary": {}}, [service]) == []
    rollout = given.manifest("Rollout", api="argoproj.io/v1alpha1", spec={"template": TEMPLATE})
    assert leaving(strategy, [service, rollout]) == []
