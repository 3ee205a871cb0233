"""Field managers: what is taken over, what is left to others."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.diff import parse_path
from sandbox.provider.fields import is_foreign, taken_over, without_ignored


def entry(manager: str, fields: dict[str, Any], operation: str = "Update", **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


REPLICAS = {"f:spec": {"f:replicas": {}}}
IMAGE = {"f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}}}}}
LIVE: dict[str, Any] = {
    "metadata": {"name": "x", "managedFields": [entry("ours", REPLICAS, "Apply"), entry("scaler", IMAGE)]},
    "spec": {"replicas": 3, "containers": [{"name": "side", "image": "a"}, {"name": "web", "image": "b"}]},
}


def live(*entries: dict[str, Any]) -> dict[str, Any]:
    return {**LIVE, "metadata": {"managedFields": list(entries)}}


def test_what_kubectl_and_the_creator_wrote_becomes_ours() -> None:
    label = {"f:metadata": {"f:labels": {"f:added": {}}}}
    kept = entry("controller", {}, subresource="status")
    found = taken_over(
        live(
            entry("ours", REPLICAS, "Apply"),
            entry("kubectl-label", label),
            entry("pulumi-kubernetes", IMAGE),
            kept,
        ),
        "ours",
    )
    assert found is not None
    assert found[0]["fieldsV1"] == {**label, "f:spec": {**REPLICAS["f:spec"], **IMAGE["f:spec"]}}
    assert found[1:] == [kept]


@pytest.mark.parametrize(
    "foreign",
    [entry("kubectl", REPLICAS, subresource="scale"), entry("kubectl", {}, "Apply"), entry("hpa", REPLICAS)],
)
def test_what_others_write_stays_theirs(foreign: dict[str, Any]) -> None:
    assert taken_over(live(entry("ours", REPLICAS, "Apply"), foreign), "ours") is None


def test_a_list_item_is_found_by_its_keys_and_not_by_its_place() -> None:
    assert is_foreign(LIVE, parse_path("spec.containers[1].image"), "ours")
    assert not is_foreign(LIVE, parse_path("spec.containers[0].image"), "ours")
    assert not is_foreign(LIVE, parse_path("spec.replicas"), "ours")
    assert is_foreign(LIVE, parse_path("spec.replicas"), "somebody else")


def test_a_field_below_one_that_is_owned_as_a_whole_is_owned() -> None:
    whole = live(entry("other", {"f:data": {}}))
    assert is_foreign(whole, parse_path("data.k"), "ours")


def test_ignored_fields_of_others_are_left_out_and_our_own_sent_as_they_are_live() -> None:
    inputs = {
        "spec": {"replicas": 1, "containers": [{"name": "side", "image": "z"}, {"name": "web", "image": "z"}]}
    }
    ignored = [
        parse_path(p) for p in ("spec.replicas", "spec.containers[1].image", "spec.containers[0].image")
    ]
    assert without_ignored(inputs, LIVE, ignored, "ours") == {
        "spec": {"replicas": 3, "containers": [{"name": "side", "image": "a"}, {"name": "web"}]}
    }
    assert inputs["spec"]["replicas"] == 1, "the inputs themselves are not changed"


def test_ignoring_what_is_not_there_changes_nothing() -> None:
    inputs = {"spec": {"containers": [1]}}
    for path in ("spec.none.deeper", "spec.containers[5].x", "spec.containers[*].x"):
        assert without_ignored(inputs, LIVE, [parse_path(path)], "ours") == inputs
