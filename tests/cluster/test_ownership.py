from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitops.cluster.ownership import existing, handed_over, minus, union, without, writers

Fields = dict[str, Any]


def entry(manager: str, fields: Fields, operation: str = "Apply", **more: str) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **more,
    }


def live(*entries: dict[str, Any], **body: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "managedFields": [*entries]},
        **body,
    }


def old(manager: str) -> bool:
    return manager.startswith("old")


fields = st.recursive(
    st.just({}), lambda below: st.dictionaries(st.sampled_from(["f:a", "f:b", "f:c", "."]), below, max_size=3)
)


@given(fields, fields)
def test_a_union_is_the_same_from_either_side(a: Fields, b: Fields) -> None:
    assert union(a, b) == union(b, a)
    assert union(a, a) == a


@given(fields)
def test_nothing_is_left_when_all_of_it_is_taken_away(a: Fields) -> None:
    assert minus(a, a) == {}
    assert minus(a, {}) == a


def test_entries_of_every_old_manager_are_merged_into_one_applied_entry_of_ours() -> None:
    before = live(
        entry("old-1", {"f:data": {"f:a": {}}}, time="2026-02-01T00:00:00Z"),
        entry("old-2", {"f:data": {".": {}, "f:b": {}}}, "Update"),
        entry("somebody", {"f:data": {"f:c": {}}}, "Update"),
    )
    first, *others = handed_over(before, old, "gitops") or []
    assert (first["manager"], first["operation"], first["time"]) == (
        "gitops",
        "Apply",
        "2026-02-01T00:00:00Z",
    )
    assert first["fieldsV1"] == {"f:data": {".": {}, "f:a": {}, "f:b": {}}}
    assert [other["manager"] for other in others] == ["somebody"]


def test_what_we_applied_before_stays_ours() -> None:
    before = live(entry("gitops", {"f:data": {"f:a": {}}}), entry("old", {"f:data": {"f:b": {}}}))
    (merged,) = handed_over(before, old, "gitops") or []
    assert merged["fieldsV1"] == {"f:data": {"f:a": {}, "f:b": {}}}


def test_a_status_and_a_scale_stay_with_who_writes_them() -> None:
    status = entry("old", {"f:status": {}}, "Update", subresource="status")
    assert handed_over(live(status), old, "gitops") is None
    assert writers(live(status)["metadata"]) == ()


def test_paths_of_another_version_are_kept_as_far_as_they_exist() -> None:
    before = live(
        entry("old", {"f:spec": {"f:cpu": {}, "f:max": {}}}, apiVersion="v1beta1"),
        spec={"max": 3, "metrics": []},
    )
    (merged,) = handed_over(before, old, "gitops") or []
    assert merged["fieldsV1"] == {"f:spec": {"f:max": {}}}
    assert merged["apiVersion"] == "v1"


def test_list_items_are_found_by_their_keys_and_members_by_their_value() -> None:
    containers = [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]
    owned = {'k:{"name":"b"}': {"f:image": {}}, 'k:{"name":"c"}': {}}
    assert existing(owned, containers) == {'k:{"name":"b"}': {"f:image": {}}}
    assert existing({'v:"x"': {}, 'v:"z"': {}}, ["x", "y"]) == {'v:"x"': {}}
    ports = [{"port": 80}, {"port": 53, "protocol": "UDP"}]
    assert existing({'k:{"port":80,"protocol":"TCP"}': {}}, ports) == {'k:{"port":80,"protocol":"TCP"}': {}}


def test_an_apply_that_no_longer_states_fields_removes_just_those() -> None:
    body = {
        "data": {"a": "1", "b": "2"},
        "spec": {
            "containers": [{"name": "a", "image": "x", "tty": True}, {"name": "b", "image": "y"}],
            "names": ["p", "q"],
            "strategy": {"type": "R", "more": {"x": 1}},
        },
    }
    gone = {
        "f:data": {"f:b": {}},
        "f:spec": {
            "f:containers": {'k:{"name":"a"}': {"f:tty": {}}, 'k:{"name":"b"}': {".": {}, "f:name": {}}},
            "f:names": {'v:"q"': {}},
            "f:strategy": {"f:type": {}, "f:more": {"f:x": {}}},
        },
    }
    assert without(body, gone) == {
        "data": {"a": "1"},
        "spec": {"containers": [{"name": "a", "image": "x"}], "names": ["p"]},
    }


def test_a_thing_of_which_somebody_else_has_a_part_is_not_removed_whole() -> None:
    gone = minus({"f:labels": {".": {}, "f:a": {}}}, {"f:labels": {"f:b": {}}})
    assert without({"labels": {"a": "1", "b": "2"}}, gone) == {"labels": {"b": "2"}}
