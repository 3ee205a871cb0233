from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.diff import compare, parse_path, prune, spell
from sandbox.provider.immutable import matches, patterns


def changes(base: Any, new: Any, old: Any = None, kind: dict[str, str] | None = None) -> dict[str, str]:
    found = compare(base, new, base if old is None else old, patterns(kind or {}))
    return {c.path: f"{c.kind}{'!' if c.replaces else ''}" for c in found}


def test_live_values_that_nobody_stated_are_cut_away() -> None:
    live = {"a": 1, "added": 2, "m": {"k": 1, "x": 2}, "l": [{"n": 1, "d": 2}, {"n": 3}]}
    assert prune(live, {"a": 0, "m": {"k": 0}, "l": [{"n": 0}], "gone": 1}) == {
        "a": 1,
        "m": {"k": 1},
        "l": [{"n": 1}],
    }


def test_a_value_of_another_type_is_kept_as_it_is() -> None:
    assert prune({"a": {"x": 1}, "l": [1, 2, 3]}, {"a": "text", "l": ["1"]}) == {
        "a": {"x": 1},
        "l": [1, 2, 3],
    }
    assert prune({"n": [1.5, 2]}, {"n": [1, 2]}) == {"n": [1.5, 2]}


def test_an_empty_value_that_the_server_never_kept_is_no_drift() -> None:
    stated = {"env": [{"name": "A", "value": ""}], "host": False, "n": 1}
    live = {"env": [{"name": "A"}], "n": 1}
    assert prune(live, stated, before=live) == stated
    assert changes(live, stated, old=stated) == {}


def test_an_empty_value_that_the_server_kept_and_somebody_removed_is_drift() -> None:
    assert prune({}, {"mount": False}, before={"mount": False}) == {}
    assert changes({}, {"mount": False}, old={}) == {"mount": "ADD"}


def test_a_missing_value_is_added_as_a_whole_and_a_dropped_one_deleted() -> None:
    assert changes({"a": 1}, {"a": 1, "m": {"k": {"x": 1}}}) == {"m": "ADD"}
    assert changes({"a": 1, "b": 2}, {"a": 1}) == {"b": "DELETE"}


def test_lists_are_compared_by_index() -> None:
    assert changes({"l": [1, 2]}, {"l": [1, 3, 4]}) == {"l[1]": "UPDATE", "l[2]": "ADD"}
    assert changes({"l": [{"a": 1}, 2]}, {"l": [{"b": 1}]}) == {
        "l[0].a": "DELETE",
        "l[0].b": "ADD",
        "l[1]": "DELETE",
    }


def test_one_and_true_are_different_and_one_and_one_point_zero_are_not() -> None:
    assert changes({"a": 1}, {"a": True}) == {"a": "UPDATE"}
    assert changes({"a": 1}, {"a": 1.0}) == {}


def test_a_null_in_the_live_object_is_a_value_to_update() -> None:
    assert changes({"rules": None}, {"rules": []}) == {"rules": "UPDATE"}


@pytest.mark.parametrize(
    ("api_version", "kind", "path", "replaces"),
    [
        ("v1", "ConfigMap", "metadata.name", True),
        ("v1", "ConfigMap", "data.k", True),
        ("v1", "ConfigMap", "metadata.labels", False),
        ("apps/v1", "Deployment", "spec.selector.matchLabels.app", True),
        ("apps/v1", "Deployment", "spec.template.spec", False),
        ("v1", "Pod", "spec.containers[3].image", True),
        ("v1", "Pod", "spec.activeDeadlineSeconds", False),
        ("v1", "PersistentVolumeClaim", "spec.resources.requests.storage", False),
        ("example.com/v1", "ConfigMap", "data.k", False),
    ],
)
def test_the_fields_that_replace_an_object(api_version: str, kind: str, path: str, *, replaces: bool) -> None:
    assert matches(parse_path(path), patterns({"apiVersion": api_version, "kind": kind})) is replaces


def test_mutable_kinds_are_replaced_by_their_name_only() -> None:
    wanted = patterns({"apiVersion": "v1", "kind": "Secret"}, mutable=frozenset({"Secret"}))
    assert not matches(parse_path("data.k"), wanted)
    assert matches(parse_path("metadata.namespace"), wanted)


@pytest.mark.parametrize("text", ["a.b[0].c", 'metadata.labels["a.b/c"].d', '["x.y"]', "a"])
def test_a_path_is_read_as_it_is_written(text: str) -> None:
    assert spell(parse_path(text)) == text


def test_a_star_stands_for_any_index() -> None:
    assert parse_path("spec.containers[*].image") == ("spec", "containers", "*", "image")
