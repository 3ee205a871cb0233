from __future__ import annotations

from typing import Any

import msgspec

from gitops.delivery.adoption.record import ObjectRecord
from gitops.delivery.adoption.takeover import Takeover, fields_given_back, given_back
from gitops.model.adoption import Owner
from tests.given import manifest

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
TRACKING = "argocd.argoproj.io/tracking-id"


def entry(manager: str, fields: dict[str, Any], operation: str = "Update", **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields, **more}


def live(kind: str = "ConfigMap", *entries: dict[str, Any], **parts: Any) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": "web", "uid": "u1", "resourceVersion": "7", **parts}
    return {"apiVersion": "v1", "kind": kind, "metadata": {**metadata, "managedFields": [*entries]}}


OLD = entry("argocd-controller", {"f:data": {"f:a": {}}})
STATUS = entry("kube-controller-manager", {"f:status": {}}, subresource="status")
BY_HAND = entry("kubectl-edit", {"f:data": {"f:b": {}}})


def taken_over(before: dict[str, Any], patch: list[dict[str, Any]]) -> dict[str, Any]:
    """What the patch leaves, and what a sync then writes."""
    after: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(before))
    for operation in patch[1:]:
        _, _, part, *key = operation["path"].split("/", 3)
        if operation["op"] == "remove":
            del after["metadata"][part][key[0].replace("~1", "/")]
        else:
            after["metadata"][part] = operation["value"]
    after["metadata"].setdefault("labels", {})["gitops.internal/stack"] = "test"
    after["metadata"].setdefault("annotations", {})["pulumi.com/skipAwait"] = "true"
    return after


def test_an_object_is_handed_over_in_one_patch_over_the_version_that_was_read() -> None:
    annotations = {TRACKING: "web:/ConfigMap:web/x", LAST_APPLIED: "{}", "mine": "stays"}
    before = live("ConfigMap", OLD, STATUS, BY_HAND, annotations=annotations)
    test, *removed, fields = Takeover(manifest("ConfigMap"), before).patch()
    assert test == {"op": "test", "path": "/metadata/resourceVersion", "value": "7"}
    assert {r["path"] for r in removed} == {
        "/metadata/annotations/argocd.argoproj.io~1tracking-id",
        "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
    }
    assert [e["manager"] for e in fields["value"]] == ["gitops", "kube-controller-manager", "kubectl-edit"]


def test_marks_that_git_states_stay() -> None:
    stated = manifest("ConfigMap", annotations={LAST_APPLIED: "{}"})
    assert Takeover(stated, live("ConfigMap", annotations={LAST_APPLIED: "{}"})).patch() == []


def test_another_manager_is_taken_from_when_it_is_named() -> None:
    before = live("ConfigMap", entry("terraform", {"f:data": {}}))
    assert Takeover(manifest("ConfigMap"), before).patch() == []
    assert Takeover(manifest("ConfigMap"), before, frozenset({"terraform"})).patch() != []


def test_what_was_recorded_gives_everything_back_after_a_sync() -> None:
    before = live(
        "ConfigMap",
        OLD,
        STATUS,
        labels={"app.kubernetes.io/instance": "web", "app": "x"},
        annotations={TRACKING: "web:/ConfigMap:web/x", "pulumi.com/waitFor": "mine"},
    )
    takeover = Takeover(manifest("ConfigMap"), before)
    record = takeover.record((Owner("Argo CD", "Application", "argocd", "web"),))
    record = msgspec.json.decode(msgspec.json.encode(record), type=ObjectRecord)
    after = taken_over(before, takeover.patch())
    assert given_back(record, after)["metadata"] == {
        "labels": {"gitops.internal/stack": None, "app.kubernetes.io/instance": "web"},
        "annotations": {"pulumi.com/skipAwait": None, TRACKING: "web:/ConfigMap:web/x"},
        "resourceVersion": "7",
    }
    assert fields_given_back(record, after)[1]["value"] == [OLD, STATUS]
    assert given_back(record, before) == {}
    assert fields_given_back(record, before) == []


def test_values_of_a_secret_are_not_recorded() -> None:
    before = live("Secret", OLD, annotations={LAST_APPLIED: '{"data":{"password":"aHVudGVyMg=="}}'})
    takeover = Takeover(manifest("Secret"), before)
    assert LAST_APPLIED in takeover.dropped["annotations"]
    assert b"aHVudGVyMg" not in msgspec.json.encode(takeover.record(()))
