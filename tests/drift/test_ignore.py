"""`ignoreDifferences`: what is left out of a comparison, and what an apply leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.drift.compare import compare_by
from gitops.drift.ignore import ignored, unignored_desired
from gitops.model.keys import ObjectKey
from gitops.model.sync import IgnoreDifference

KEY = ObjectKey("apps", "Deployment", "web", "api")


def deployment(replicas: Any = 1, image: str = "i:1", **more: Any) -> dict[str, Any]:
    containers = [{"name": "api", "image": image}, *more.pop("beside", [])]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "web", **more},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": containers}}},
    }


def rule(**what: tuple[str, ...]) -> IgnoreDifference:
    return IgnoreDifference("apps", "Deployment", **what)


def managed(manager: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsV1": fields}


REPLICAS = rule(json_pointers=("/spec/replicas",))
IMAGE = '.spec.template.spec.containers[] | select(.name == "api") | .image'


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (IgnoreDifference("apps", "Deployment"), True),
        (IgnoreDifference("*", "*"), True),
        (IgnoreDifference("app*", "Deploy*"), True),
        (IgnoreDifference("apps", "Deployment", "api", "web"), True),
        (IgnoreDifference("", "Deployment"), False),
        (IgnoreDifference("apps", "StatefulSet"), False),
        (IgnoreDifference("apps", "Deployment", name="ap*"), False),
        (IgnoreDifference("apps", "Deployment", namespace="db"), False),
    ],
)
def test_a_rule_is_about_a_group_and_kind_by_glob_and_a_name_to_the_letter(
    one: IgnoreDifference, expected: bool
) -> None:
    assert one.is_about(KEY) is expected


@pytest.mark.parametrize(
    "rules",
    [
        [REPLICAS],
        [rule(jq_expressions=(".spec.replicas",))],
        [rule(jq_expressions=(".spec | (.replicas, .nope)",))],
        [rule(managers=("scaler",))],
    ],
    ids=["pointer", "jq", "jq-several", "manager"],
)
def test_a_field_is_left_out_by_pointer_by_jq_and_by_manager(rules: list[IgnoreDifference]) -> None:
    live = deployment(5, managedFields=[managed("scaler", {"f:spec": {"f:replicas": {}}})])
    assert [d.path for d in compare_by(deployment(2), live, []).differences] == ["spec.replicas"]
    assert compare_by(deployment(2), live, rules).differences == ()
    assert ignored(rules, KEY, live).paths == (("spec", "replicas"),)
    assert live["spec"]["replicas"] == 5


def test_what_a_rule_does_not_name_still_counts() -> None:
    found = compare_by(deployment(2, "i:1"), deployment(5, "i:2"), [REPLICAS])
    assert [d.path for d in found.differences] == ["spec.template.spec.containers[0].image"]
    others = [IgnoreDifference("apps", "StatefulSet", json_pointers=("/spec/replicas",))]
    assert len(compare_by(deployment(2), deployment(5), others).differences) == 1


def test_jq_selects_among_the_items_of_a_list() -> None:
    sidecar = rule(jq_expressions=('.spec.template.spec.containers[] | select(.name == "log")',))
    live = deployment(beside=[{"name": "log", "image": "l"}])
    assert [d.path for d in compare_by(deployment(), live, []).differences] == [
        "spec.template.spec.containers.length"
    ]
    assert compare_by(deployment(), live, [sidecar]).differences == ()
    assert compare_by(deployment(image="i:1"), deployment(image="i:2"), [rule(jq_expressions=(IMAGE,))]) == (
        (),
        (),
    )


def test_what_an_expression_does_not_find_is_nothing_to_ignore_and_no_failure() -> None:
    found = compare_by(
        deployment(2), deployment(5), [rule(jq_expressions=(".spec.volumes[].x", ".status.a"))]
    )
    assert ([d.path for d in found.differences], found.failures) == (["spec.replicas"], ())


@pytest.mark.parametrize(
    ("expression", "said"),
    [(".spec[", "syntax error"), (".spec | length", "Invalid path"), ("def f: f; f", "takes too long")],
)
def test_a_rule_that_can_t_be_applied_is_told_once_and_ignores_nothing(expression: str, said: str) -> None:
    found = compare_by(deployment(2), deployment(5), [rule(jq_expressions=(expression,))])
    assert [d.path for d in found.differences] == ["spec.replicas"]
    assert len({failure.partition(" ")[0] for failure in found.failures}) == 1
    assert said in found.failures[0]
    assert found.failures[0].startswith("ignoreDifferences: ")


def test_a_list_item_that_a_manager_put_there_is_its_own() -> None:
    item = {"k:" + '{"name":"log"}': {".": {}, "f:name": {}, "f:image": {}}}
    fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": item}}}}
    live = deployment(beside=[{"name": "log", "image": "l"}], managedFields=[managed("injector", fields)])
    injector = rule(managers=("injector",))
    assert compare_by(deployment(), live, [injector]).differences == ()
    # in an item that Git states, only the fields are
    wanted = deployment(beside=[{"name": "log", "image": "other", "tty": True}])
    assert [d.path for d in compare_by(wanted, live, [injector]).differences] == [
        "spec.template.spec.containers[1].tty"
    ]


def test_other_managers_fields_still_count() -> None:
    live = deployment(5, managedFields=[managed("kubectl", {"f:spec": {"f:replicas": {}}})])
    assert len(compare_by(deployment(2), live, [rule(managers=("scaler",))]).differences) == 1


@pytest.mark.parametrize(
    ("rules", "live", "expected"),
    [
        ([REPLICAS], deployment(5), deployment(5)),
        ([rule(jq_expressions=(IMAGE,))], deployment(image="i:9"), deployment(image="i:9")),
        ([IgnoreDifference("", "Pod", json_pointers=("/spec/replicas",))], deployment(5), deployment(1)),
    ],
)
def test_an_apply_that_respects_the_rules_states_what_lives(
    rules: list[IgnoreDifference], live: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert unignored_desired(deployment(), live, rules, KEY) == expected


def test_an_ignored_field_is_put_into_the_item_of_the_same_name_wherever_it_is() -> None:
    live = deployment(image="i:9")
    containers = live["spec"]["template"]["spec"]["containers"]
    containers.insert(0, {"name": "log", "image": "l"})
    desired = unignored_desired(deployment(), live, [rule(jq_expressions=(IMAGE,))], KEY)
    assert desired == deployment(image="i:9")


def test_ignored_fields_that_only_live_stay_and_those_that_only_git_states_are_not_applied() -> None:
    live = deployment(annotations={"note": "by hand"})
    del live["spec"]["replicas"]
    rules = [rule(json_pointers=("/metadata/annotations/note", "/spec/replicas"))]
    desired = unignored_desired(deployment(), live, rules, KEY)
    assert desired["metadata"]["annotations"] == {"note": "by hand"}
    assert "replicas" not in desired["spec"]


def test_an_ignored_item_that_only_lives_is_kept() -> None:
    live = deployment(beside=[{"name": "log", "image": "l"}])
    sidecar = rule(jq_expressions=('.spec.template.spec.containers[] | select(.name == "log")',))
    assert unignored_desired(deployment(), live, [sidecar], KEY) == live
    # a field of an item that Git does not state is not enough to state the item
    image = rule(jq_expressions=('.spec.template.spec.containers[] | select(.name == "log") | .image',))
    assert unignored_desired(deployment(), live, [image], KEY) == deployment()


def test_what_the_server_owns_is_never_stated_however_wide_a_rule_is() -> None:
    live = deployment(5, uid="u", resourceVersion="7", managedFields=[], labels={"a": "b"}) | {
        "status": {"x": 1}
    }
    wide = rule(json_pointers=("/metadata", "/status", "/spec", "/kind"))
    desired = unignored_desired(deployment(), live, [wide], KEY)
    assert desired["metadata"] == {"name": "api", "namespace": "web", "labels": {"a": "b"}}
    assert "status" not in desired
    assert desired["spec"]["replicas"] == 5
