from __future__ import annotations

from typing import Any

import pytest

from gitops.delivery.adoption.letting_go import is_busy, owns_its_suspension, release_of, reverse, steps

AUTOMATED = {"prune": True, "selfHeal": True}


def application(*finalizers: str, **spec: Any) -> dict[str, Any]:
    return {"kind": "Application", "metadata": {"name": "shop", "finalizers": [*finalizers]}, "spec": spec}


def merged(live: Any, patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7386, as an API server does it."""
    result = dict(live) if isinstance(live, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value) if isinstance(value, dict) else value
    return result


LIVE = [
    application("resources-finalizer.argocd.argoproj.io", syncPolicy={"automated": AUTOMATED, "retry": {}}),
    application(
        "resources-finalizer.argocd.argoproj.io/background", "mine/keep", syncPolicy={"automated": {}}
    ),
    application("post-delete-finalizer.argocd.argoproj.io/cleanup", project="default"),
    {"kind": "ApplicationSet", "metadata": {"name": "all"}, "spec": {"generators": []}},
    {
        "kind": "ApplicationSet",
        "metadata": {"name": "all"},
        "spec": {"syncPolicy": {"applicationsSync": "sync"}},
    },
    {"kind": "Kustomization", "metadata": {"name": "apps"}, "spec": {"suspend": False}},
    {"kind": "HelmRelease", "metadata": {"name": "web"}},
]


@pytest.mark.parametrize("live", LIVE)
def test_an_owner_that_let_go_has_nothing_left_to_do_and_can_be_set_going_again(live: dict[str, Any]) -> None:
    patch = release_of(live)
    assert patch
    assert steps(patch)
    after = merged(live, patch)
    assert release_of(after) == {}
    assert merged(after, reverse(patch, live)) == live


def test_argo_cd_no_longer_syncs_nor_deletes() -> None:
    after = merged(LIVE[1], release_of(LIVE[1]))
    assert after["metadata"]["finalizers"] == ["mine/keep"]
    assert after["spec"]["syncPolicy"] == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": {"operationState": {"phase": "Running"}}}, "is syncing at this moment"),
        ({"operation": {"sync": {}}}, "is syncing at this moment"),
        ({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, "is being deleted"),
        ({"status": {"operationState": {"phase": "Succeeded"}}}, ""),
    ],
)
def test_an_owner_at_work_is_not_interrupted(change: dict[str, Any], reason: str) -> None:
    assert is_busy(merged(application(), change)) == reason


def test_a_suspension_that_git_states_would_be_set_back() -> None:
    entry = {"operation": "Apply", "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    assert owns_its_suspension({"kind": "Kustomization", "metadata": {"managedFields": [entry]}})
    assert not owns_its_suspension({"kind": "Kustomization", "metadata": {}})
