"""Who owns a field, by `managedFields` as an API server writes them."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.cluster.managed import Owner, who
from gitops.drift.compare import compare_by

CONTAINERS = {
    "k:" + '{"name":"api"}': {
        ".": {},
        "f:image": {},
        "f:ports": {"k:" + '{"containerPort":53,"protocol":"UDP"}': {".": {}, "f:name": {}}},
        "f:args": {},
    }
}
LIVE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "api",
        "finalizers": ["a/b", "c/d"],
        "managedFields": [
            {
                "manager": "gitops",
                "operation": "Apply",
                "time": "2026-01-03T00:00:00Z",
                "fieldsV1": {
                    "f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": CONTAINERS}}}
                },
            },
            {
                "manager": "kubectl",
                "operation": "Update",
                "time": "2026-01-01T00:00:00Z",
                "fieldsV1": {
                    "f:spec": {"f:replicas": {}, "f:selector": {}},
                    "f:metadata": {"f:finalizers": {".": {}, 'v:"c/d"': {}}},
                    "f:list": {"i:1": {"f:x": {}}},
                },
            },
            {
                "manager": "editor",
                "operation": "Update",
                "time": "2026-01-02T00:00:00Z",
                "fieldsV1": {"f:spec": {"f:selector": {}}},
            },
        ],
    },
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "api"}},
        "template": {
            "spec": {
                "containers": [
                    {"name": "log"},
                    {
                        "name": "api",
                        "image": "i",
                        "args": ["x"],
                        "ports": [
                            {"containerPort": 53, "protocol": "TCP"},
                            {"containerPort": 53, "protocol": "UDP", "name": "dns"},
                        ],
                    },
                ]
            }
        },
    },
    "list": [{"x": 1}, {"x": 2}],
}
POD = ("spec", "template", "spec", "containers")
GITOPS = Owner("gitops", "Apply", "2026-01-03T00:00:00Z")
KUBECTL = Owner("kubectl", "Update", "2026-01-01T00:00:00Z")
EDITOR = Owner("editor", "Update", "2026-01-02T00:00:00Z")


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ((*POD, 1, "image"), GITOPS),
        ((*POD, 1), GITOPS),
        ((*POD, 0, "image"), None),
        ((*POD, 1, "ports", 1, "name"), GITOPS),
        ((*POD, 1, "ports", 0, "name"), None),
        # owned as a whole, and so is what is inside
        ((*POD, 1, "args", 0), GITOPS),
        (("metadata", "finalizers", 1), KUBECTL),
        (("metadata", "finalizers", 0), None),
        (("list", 1, "x"), KUBECTL),
        (("list", 0, "x"), None),
        # another manager before this project's, however long ago
        (("spec", "replicas"), KUBECTL),
        # of several, the one that wrote last
        (("spec", "selector", "matchLabels", "app"), EDITOR),
        (("spec", "nope"), None),
        (("spec", "nope", "deeper"), None),
    ],
)
def test_a_field_s_manager_is_found(path: tuple[str | int, ...], owner: Owner | None) -> None:
    assert who(LIVE, path) == owner


def test_every_finding_tells_who_owns_the_live_field_wherever_it_is() -> None:
    wanted = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "api", "image": "other"}]}}},
    }
    found = {d.path: d.by for d in compare_by(wanted, LIVE, []).differences}
    assert found == {
        "spec.replicas": KUBECTL,
        "spec.template.spec.containers.length": None,
        "spec.template.spec.containers[0].image": GITOPS,
    }


def test_a_list_item_that_is_gone_is_nobody_s() -> None:
    wanted = {"spec": {"template": {"spec": {"containers": [{"name": "log"}, {"name": "gone"}]}}}}
    found = {d.path: d.by for d in compare_by(wanted, LIVE, []).differences}
    assert found == {"spec.template.spec.containers[1]": None}


@pytest.mark.parametrize(
    "fields",
    [
        None,
        "x",
        3,
        ["x"],
        [None],
        [{"manager": "m"}],
        [{"manager": "m", "fieldsV1": "x"}],
        [{"manager": "m", "fieldsV1": {"f:spec": 3}}],
        [{"manager": "m", "fieldsV1": {"f:spec": {"k:{": {}, "i:x": {}, "z": {}, "": {}}}}],
    ],
)
def test_managed_fields_of_any_shape_tell_nothing_instead_of_failing(fields: Any) -> None:
    live = {"metadata": {"managedFields": fields}, "spec": [1]}
    assert who(live, ("spec", 0)) is None or who(live, ("spec", 0)) == Owner("m", "", "")
    assert who({"metadata": fields}, ("spec",)) is None
