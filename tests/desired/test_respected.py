"""Fields that a sync leaves to the managers that own them in the cluster."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitops.model.errors import Problems
from gitops.model.sync import IgnoreDifference, SyncOptions
from gitops.respected import respecting_managers
from gitops.waves.plan import make_plan
from tests import given

RESPECT = SyncOptions(respect_ignore_differences=True)
RULE = IgnoreDifference(
    "apps", "Deployment", json_pointers=("/spec/paused",), managers=("scaler", "injector")
)
SPEC = {"replicas": 1, "template": {"spec": {"containers": [{"name": "a"}, {"name": "b", "image": "i"}]}}}
OF_B = {"f:spec": {"f:containers": {f"k:{json.dumps({'name': 'b'})}": {"f:image": {}, "f:stdin": {}}}}}


def managed(manager: str, fields: Any) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": "Update",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": fields},
    }


LIVE = [
    managed("scaler", {"f:replicas": {}}),
    managed("injector", {"f:template": OF_B, "f:strategy": {}}),
    managed("kubectl", {"f:selector": {}}),
]


def ignored(*rules: IgnoreDifference, options: SyncOptions = RESPECT, live: Any = LIVE) -> tuple[str, ...]:
    item = given.manifest("Deployment", api="apps/v1", spec={**SPEC, "selector": {"a": "b"}})
    application = given.application(options=options, ignore_differences=rules)
    plan = make_plan("test", given.SHA, [application], [item], Problems())
    metadata = {"metadata": {"name": "x", "managedFields": live}}
    found = respecting_managers(plan, {} if live is None else {item.key: metadata})
    assert [step.after for step in found.steps] == [step.after for step in plan.steps]
    return found.objects[0].ignored


def test_what_the_managers_own_and_git_states_is_left_to_them() -> None:
    assert ignored(RULE) == ("/spec/paused", "/spec/replicas", "/spec/template/spec/containers/1/image")


def test_without_being_told_to_or_of_another_object_nothing_is() -> None:
    assert ignored(RULE, options=SyncOptions()) == ()
    assert ignored(IgnoreDifference("apps", "StatefulSet", managers=("scaler",))) == ()
    assert ignored(IgnoreDifference("*", "*", json_pointers=("/spec/paused",))) == ("/spec/paused",)


@pytest.mark.parametrize(
    "live", [None, [], [{"manager": "scaler"}], [{"manager": "scaler", "fieldsV1": {"f:": 1}}]]
)
def test_what_does_not_live_or_tells_nobody_is_applied_as_it_is(live: Any) -> None:
    rule = IgnoreDifference("*", "*", managers=("scaler",))
    assert ignored(rule, live=live) == ()
