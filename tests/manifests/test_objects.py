from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as with_any
from hypothesis import strategies as st

from gitops.manifests.labels import labeled
from gitops.manifests.objects import checked, normalized, without_nulls
from gitops.manifests.raw import RawObject
from gitops.manifests.scopes import scopes
from gitops.model.errors import Location, Problems
from tests import given

WHERE = Location("f.yaml", 3)


def check(body: Any) -> tuple[list[Any], list[str]]:
    problems = Problems()
    found = [raw.body for raw in checked(RawObject(WHERE, body), "web", problems)]
    return found, [problem.what for problem in problems]


def config_map(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", **metadata}}


@pytest.mark.parametrize(
    "body",
    [
        config_map(),
        config_map(namespace="n", labels={"a": "b"}, annotations=None),
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "system:Node"},
        },
        {"apiVersion": "x.io/v1alpha3", "kind": "Foo", "metadata": {"name": "a.b-c"}},
    ],
)
def test_a_sound_object_passes_as_it_is(body: dict[str, Any]) -> None:
    assert check(body) == ([body], [])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("text", "is text, not a Kubernetes object"),
        (
            "version https://git-lfs.github.com/spec/v1 oid sha256:4 size 1",
            "is a pointer to Git LFS, not the file itself",
        ),
        ([1], "is a list, not a Kubernetes object"),
        (5, "is a number, not a Kubernetes object"),
        (True, "is true or false, not a Kubernetes object"),
        (None, "is something else, not a Kubernetes object"),
        ({}, "has no apiVersion"),
        ({"apiVersion": "v1"}, "has no kind"),
        ({"apiVersion": 1, "kind": "A"}, "has apiVersion 1, which is not one"),
        ({"apiVersion": "v1/../x", "kind": "A"}, "has apiVersion 'v1/../x', which is not one"),
        ({"apiVersion": "v1", "kind": ["A"]}, "has kind ['A'], which is not one"),
        ({"apiVersion": "v1", "kind": "a/b"}, "has kind 'a/b', which is not one"),
        ({"apiVersion": "v1", "kind": "Pod"}, "Pod has no metadata"),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": []}, "Pod has no metadata"),
        (config_map(name=None), "ConfigMap has the name None, which is not one"),
        (config_map(name=5), "ConfigMap has the name 5, which is not one"),
        (config_map(name="a/b"), "ConfigMap has the name 'a/b', which is not one"),
        (config_map(name="../x"), "ConfigMap has the name '../x', which is not one"),
        (config_map(name="a" * 254), f"ConfigMap has the name {'a' * 254!r}, which is not one"),
        (config_map(name=""), "ConfigMap has the name '', which is not one"),
        (
            config_map(generateName="x-"),
            "ConfigMap has generateName, so it would be another object every time",
        ),
        (config_map(namespace=5), "ConfigMap x has the namespace 5, which is not one"),
        (config_map(namespace="a/b"), "ConfigMap x has the namespace 'a/b', which is not one"),
        (config_map(labels=["a"]), "ConfigMap x has labels that are a list"),
        (config_map(labels={"a": 1}), "ConfigMap x has the value 1 in labels.a"),
        (config_map(annotations={"a": True}), "ConfigMap x has the value True in annotations.a"),
        (config_map(annotations="a"), "ConfigMap x has annotations that are text"),
    ],
)
def test_a_fault_is_told_and_the_object_left_out(body: Any, told: str) -> None:
    assert check(body) == ([], [told])


def test_a_list_is_taken_apart_and_its_bad_items_are_told() -> None:
    body = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [config_map(), {"kind": "List", "items": [config_map()]}, 5],
    }
    assert check(body) == ([config_map(), config_map()], ["is a number, not a Kubernetes object"])


def test_a_typed_list_is_taken_apart_too() -> None:
    assert check({"apiVersion": "v1", "kind": "ConfigMapList", "items": [config_map()]}) == (
        [config_map()],
        [],
    )


def test_an_empty_list_states_nothing() -> None:
    assert check({"apiVersion": "v1", "kind": "List", "items": None}) == ([], [])


@pytest.mark.parametrize("items", [5, "abc", {"a": 1}, True])
def test_a_list_whose_items_are_no_list_is_told(items: Any) -> None:
    assert check({"apiVersion": "v1", "kind": "List", "items": items})[1] == [
        "List has items that are no list"
    ]


def test_an_object_of_a_kind_that_only_ends_like_a_list_is_an_object() -> None:
    body = {"apiVersion": "x.io/v1", "kind": "AllowList", "metadata": {"name": "a"}, "items": ["10.0.0.0/8"]}
    assert check(body) == ([body], [])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("apiVersion", "kind", "metadata", "items", "name", "labels", "namespace")),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@with_any(json_values)
def test_whatever_a_file_holds_it_is_an_object_or_a_problem_and_never_a_crash(body: Any) -> None:
    found, told = check(body)
    assert found or told or (isinstance(body, dict) and not body.get("items", True))


def test_what_the_server_owns_and_nulls_are_left_out() -> None:
    body = config_map(
        creationTimestamp=None, uid="u", resourceVersion="5", generation=1, managedFields=[], selfLink="/x"
    ) | {"status": {"a": 1}, "data": {"a": None, "b": "1"}, "spec": None}  # fmt: skip
    assert normalized(body, "web", scopes((), {})) == {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "web"},
        "data": {"b": "1"},
    }  # fmt: skip


def test_a_stated_namespace_stays_and_a_cluster_s_object_has_none() -> None:
    known = scopes((), {})
    stated = normalized(config_map(namespace="other"), "web", known)
    assert stated is not None
    assert stated["metadata"]["namespace"] == "other"
    node = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x", "namespace": "oops"}}
    assert normalized(node, "web", known) == {**node, "metadata": {"name": "x"}}


def test_nulls_in_lists_keep_their_place() -> None:
    assert without_nulls({"a": [None, {"b": None, "c": 0}], "d": "", "e": {}}) == {
        "a": [None, {"c": 0}], "d": "", "e": {},
    }  # fmt: skip


def test_normalizing_and_labeling_leave_the_original_alone() -> None:
    body = config_map(uid="u", labels={"a": "b"}) | {"status": {}}
    before = repr(body)
    normal = normalized(body, "web", scopes((), {}))
    assert normal is not None
    labeled(normal, given.application(), "test")
    assert repr(body) == before


def test_labels_say_whose_an_object_is_and_win_over_stated_ones() -> None:
    body = config_map(labels={"app": "web", "gitops.internal/stack": "forged"}, annotations={"a": "b"})
    assert labeled(body, given.application(), "test")["metadata"] == {
        "name": "x",
        "labels": {"app": "web", "gitops.internal/stack": "test", "gitops.internal/application": "web"},
        "annotations": {
            "a": "b",
            "gitops.internal/object": "ConfigMap:x",
            "gitops.internal/tree": "tree-of-web",
        },
    }
