"""Inputs in the server's spelling: quantities, Secrets, empty values, CRD keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.provider.inputs import is_built_in, normalize, renamed, to_api_key, to_state_key
from sandbox.provider.quantity import canonical
from sandbox.provider.values import Secret, decode, encode, has_unknowns, reveal, with_secrets_of

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1000m", "1"),
        (0.25, "250m"),
        (1, "1"),
        ("0.1", "100m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1000Ki", "1000Ki"),
        ("128974848", "128974848"),
        ("1500M", "1500M"),
        ("2000M", "2G"),
        ("0", "0"),
        ("-1500m", "-1500m"),
        ("1e3", "1e3"),
        ("0.5Ki", "512"),
        ("+1", "1"),
        ("1Gib", "1Gib"),
        ("", ""),
        (True, True),
        (None, None),
    ],
)
def test_a_quantity_is_spelled_as_the_server_spells_it(written: Any, kept: Any) -> None:
    assert canonical(written) == kept


@given(st.integers(0, 10**12), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi"]))
def test_a_canonical_quantity_stays_as_it_is(number: int, suffix: str) -> None:
    once = canonical(f"{number}{suffix}")
    assert canonical(once) == once


def test_resources_are_canonical_at_any_depth_and_labels_are_left_alone() -> None:
    container = {"name": "c", "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}}
    template = {"metadata": {"labels": {"v": "1000m"}}, "spec": {"containers": [container]}}
    found = normalize({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": template}})
    assert found["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] == {
        "cpu": "500m",
        "memory": "1Gi",
    }
    assert found["spec"]["template"]["metadata"]["labels"] == {"v": "1000m"}


def test_empty_maps_and_lists_go_where_the_server_drops_them_and_stay_where_they_mean_something() -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "x", "labels": {}},
        "spec": {"podSelector": {}, "ingress": []},
    }
    assert normalize(policy) == {**policy, "metadata": {"name": "x"}, "spec": {"podSelector": {}}}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": []}
    assert normalize(role) == role


def test_an_object_of_a_foreign_group_keeps_every_byte() -> None:
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "spec": {"rules": [], "labels": {}},
    }
    assert not is_built_in(route)
    assert normalize(route) == route


def test_string_data_moves_into_data_and_an_unknown_value_waits() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "stringData": {"p": "v"}, "data": {"q": "dw"}}
    assert normalize(secret)["data"] == {"q": "dw", "p": "dg=="}
    assert normalize({**secret, "data": {"q": "d w=="}})["data"]["q"] == "dw=="
    unknown = {**secret, "stringData": {"p": UNKNOWN}}
    assert normalize(unknown) == unknown


def test_a_secret_that_is_no_map_of_texts_is_left_to_the_server_to_refuse() -> None:
    for broken in ({"data": 5}, {"stringData": {"p": 5}}, {"data": ["x"]}):
        secret = {"apiVersion": "v1", "kind": "Secret", **broken}
        assert normalize(secret) == secret


def test_crd_keys_survive_the_way_into_the_state_and_back() -> None:
    schema = {"properties": [{"x-kubernetes-preserve-unknown-fields": True, "x-other": 1, "a_b": 2}]}
    stored = renamed(schema, to_state_key)
    assert stored["properties"][0] == {"x_kubernetes_preserve_unknown_fields": True, "x-other": 1, "a_b": 2}
    assert renamed(stored, to_api_key) == schema


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_values_survive_the_wire(properties: dict[str, Any]) -> None:
    assert decode(encode(properties)) == properties
    assert decode(encode({"s": Secret(properties)})) == {"s": Secret(properties)}


def test_secrets_are_hidden_in_text_and_found_at_any_depth() -> None:
    assert "hush" not in repr({"a": [Secret("hush")]})
    assert reveal({"a": [Secret({"b": Secret(1)})]}) == {"a": [{"b": 1}]}
    assert has_unknowns({"a": [Secret(UNKNOWN)]})


def test_secretness_is_copied_by_key_and_for_a_list_as_a_whole() -> None:
    model = {"a": Secret(1), "l": ["x", Secret("y")], "m": {"k": Secret("v")}, "gone": Secret(1)}
    live = {"a": 2, "l": ["x", "z"], "m": {"k": "w", "n": 1}}
    assert with_secrets_of(live, model) == {
        "a": Secret(2),
        "l": Secret(["x", "z"]),
        "m": {"k": Secret("w"), "n": 1},
    }
