from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as with_any
from hypothesis import strategies as st

from gitops.drift.compare import MASK, Difference, compare

EQUAL = [
    # what is not stated is not looked at
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": {"x": 1}}, {"a": {"x": 1, "y": 2}, "status": {}}),
    # nothing stated is the same as nothing there
    ({"a": ""}, {}),
    ({"a": []}, {}),
    ({"a": {}}, {}),
    ({"a": False}, {}),
    ({"a": 0}, {}),
    ({"a": None}, {}),
    ({"a": {"b": ""}}, {"a": {}}),
    ({"a": {"b": {"c": None}, "d": []}}, {}),
    # quantities mean numbers
    ({"cpu": "500m"}, {"cpu": "0.5"}),
    ({"cpu": "1000m"}, {"cpu": "1"}),
    ({"cpu": 1}, {"cpu": "1"}),
    ({"cpu": 0.5}, {"cpu": "500m"}),
    ({"memory": "1Gi"}, {"memory": "1024Mi"}),
    ({"memory": "1G"}, {"memory": "1000M"}),
    ({"memory": "1e3"}, {"memory": "1k"}),
    ({"memory": "1E"}, {"memory": "1000P"}),
    # ports and the like are a number or text
    ({"port": 80}, {"port": "80"}),
    ({"port": "http"}, {"port": "http"}),
    # items with a merge key may come in another order
    ({"c": [{"name": "a"}, {"name": "b"}]}, {"c": [{"name": "b"}, {"name": "a", "image": "i"}]}),
    ({"p": [{"containerPort": 80}]}, {"p": [{"containerPort": 80, "protocol": "TCP"}]}),
    ({"l": [1, 2]}, {"l": [1, 2]}),
    ({"apiVersion": "a/v1", "kind": "A"}, {"apiVersion": "a/v2", "kind": "A"}),
]
DIFFERENT = [
    ({"a": 1}, {"a": 2}, ["a"]),
    ({"a": 1}, {}, ["a"]),
    ({"a": "x"}, {"a": {"b": 1}}, ["a"]),
    ({"a": {"b": 1}}, {"a": [1]}, ["a"]),
    ({"a": True}, {}, ["a"]),
    ({"a": False}, {"a": True}, ["a"]),
    ({"a": True}, {"a": 1}, ["a"]),
    ({"a": 0}, {"a": False}, ["a"]),
    ({"a": "true"}, {"a": True}, ["a"]),
    ({"a": ""}, {"a": "x"}, ["a"]),
    ({"a": 0}, {"a": 1}, ["a"]),
    ({"a": None}, {"a": 1}, ["a"]),
    ({"a": {"b": 1}}, {"a": None}, ["a"]),
    ({"cpu": "500m"}, {"cpu": "501m"}, ["cpu"]),
    ({"memory": "1Gi"}, {"memory": "1G"}, ["memory"]),
    ({"cpu": "1e99999999999999999999"}, {"cpu": "2e99999999999999999999"}, ["cpu"]),
    ({"version": "1.10"}, {"version": "2.10"}, ["version"]),
    ({"spec": {"a": {"b": 1}}}, {"spec": {"a": {"b": 2}}}, ["spec.a.b"]),
    ({"c": [{"name": "a", "i": 1}]}, {"c": [{"name": "z"}, {"name": "a", "i": 2}]}, ["c.length", "c[0].i"]),
    ({"c": [{"name": "a"}]}, {"c": []}, ["c[0]"]),
    ({"c": [{"name": "a"}]}, {"c": [{"name": "b"}]}, ["c[0]"]),
    ({"c": [{"name": "a"}]}, {}, ["c"]),
    ({"spec": {"podSelector": {"app": "a"}}}, {"spec": {}}, ["spec.podSelector"]),
    ({"l": [None]}, {}, ["l"]),
    ({"l": [1, 2]}, {"l": [2, 1]}, ["l[0]", "l[1]"]),
    ({"l": [1, 2]}, {"l": [1, 2, 3]}, ["l"]),
    ({"l": [1, 2]}, {"l": [1]}, ["l"]),
    ({"l": [[1], [2]]}, {"l": [[1], [3]]}, ["l[1][0]"]),
    ({"l": []}, {"l": [1]}, ["l.length"]),
    ({"b": 1, "a": 1}, {"b": 2, "a": 2}, ["a", "b"]),
]


@pytest.mark.parametrize(("wanted", "live"), EQUAL)
def test_what_means_the_same_is_no_difference(wanted: dict[str, Any], live: dict[str, Any]) -> None:
    assert compare(wanted, live) == []


@pytest.mark.parametrize(("wanted", "live", "paths"), DIFFERENT)
def test_what_contradicts_is_told_by_its_path(
    wanted: dict[str, Any], live: dict[str, Any], paths: list[str]
) -> None:
    assert [difference.path for difference in compare(wanted, live)] == paths


def test_a_difference_says_what_is_meant_and_what_is() -> None:
    assert compare({"spec": {"replicas": 2}}, {"spec": {"replicas": 5}}) == [
        Difference("spec.replicas", 2, 5)
    ]


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_a_secret_s_values_are_never_told(field: str) -> None:
    wanted = {"kind": "Secret", "type": "Opaque", field: {"word": "aHVzaA==", "other": "b3RoZXI="}}
    found = compare(wanted, {"kind": "Secret", "type": "Other", "data": {"word": "bG91ZA=="}})
    assert [difference.path for difference in found] == ["data.other", "data.word", "type"]
    assert all((d.wanted, d.live) == (MASK, MASK) for d in found if d.path.startswith("data"))


def test_a_secret_without_any_values_is_masked_as_a_whole() -> None:
    [found] = compare({"kind": "Secret", "data": {"word": "aHVzaA=="}}, {"kind": "Secret"})
    assert found == Difference("data", MASK, MASK)


def test_a_secret_s_text_is_compared_as_the_server_keeps_it() -> None:
    wanted = {"kind": "Secret", "stringData": {"word": "hush"}, "data": {"other": "b3RoZXI="}}
    live = {"kind": "Secret", "data": {"word": "aHVzaA==", "other": "b3RoZXI="}}
    assert compare(wanted, live) == []


def test_a_secret_s_values_are_not_taken_for_quantities() -> None:
    """`MWs=` and the like are text, whatever they look like."""
    wanted = {"kind": "Secret", "data": {"word": "1000"}}
    assert len(compare(wanted, {"kind": "Secret", "data": {"word": "1e3"}})) == 1


@pytest.mark.parametrize(
    ("wanted", "live"),
    [
        ({"kind": "ConfigMap", "data": {"limit": "1Gi"}}, {"kind": "ConfigMap", "data": {"limit": "1024Mi"}}),
        ({"metadata": {"labels": {"version": "1"}}}, {"metadata": {"labels": {"version": "1.0"}}}),
        (
            {"spec": {"env": [{"name": "A", "value": "1000"}]}},
            {"spec": {"env": [{"name": "A", "value": "1k"}]}},
        ),
        ({"spec": {"args": ["1000"]}}, {"spec": {"args": ["1k"]}}),
        ({"spec": {"command": ["1.0"]}}, {"spec": {"command": ["1"]}}),
    ],
)
def test_text_that_looks_like_a_quantity_is_text(wanted: dict[str, Any], live: dict[str, Any]) -> None:
    assert len(compare(wanted, live)) == 1


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "kind", "data", "port", "a", "b"]), inner, max_size=4)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(["kind", "data", "spec", "name", "stringData"]), json_values)


@with_any(objects)
def test_an_object_does_not_differ_from_itself(body: dict[str, Any]) -> None:
    if body.get("kind") != "Secret" and not isinstance(body.get("stringData"), dict):
        assert compare(body, body) == []


@with_any(objects, objects)
def test_any_two_objects_can_be_compared(wanted: dict[str, Any], live: dict[str, Any]) -> None:
    found = compare(wanted, live)
    assert [d.path for d in found] == sorted(d.path for d in found)
