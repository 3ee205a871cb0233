from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gitops.manifests.labels import labeled
from gitops.manifests.options import object_options, staying
from gitops.model.sync import SyncOptions
from tests import given

OPTIONS, HELM = "argocd.argoproj.io/sync-options", "helm.sh/resource-policy"
NONE = SyncOptions()


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("", {}),
        ("Prune=false", {"prune": "false"}),
        ("Prune=confirm,Delete=confirm", {"prune": "confirm", "delete": "confirm"}),
        (" Delete = false , Replace=true,", {"delete": "false", "replace": True}),
        ("Force=true,PruneLast=true", {"force": True, "prune_last": True}),
        ("ServerSideApply=false,Validate=false", {"server_side_apply": False, "validate": False}),
        ("SkipDryRunOnMissingResource=true", {"skip_dry_run_on_missing_resource": True}),
        ("RespectIgnoreDifferences=true", {"respect_ignore_differences": True}),
        ("ApplyOutOfSyncOnly=true,FailOnSharedResource=true",
         {"apply_out_of_sync_only": True, "fail_on_shared_resource": True}),
        ("PrunePropagationPolicy=orphan", {"propagation": "orphan"}),
        ("Prune=false,Prune=true", {}),
    ],
)  # fmt: skip
def test_an_annotation_states_options(text: str, changes: dict[str, Any]) -> None:
    assert object_options({OPTIONS: text}, NONE) == (replace(NONE, **changes), ())


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Prunee=false", "sync option 'Prunee' is not known; known are ApplyOutOfSyncOnly, "),
        ("Prune=never", "sync option 'Prune' is 'never', not true or false or confirm"),
        ("Replace", "sync option 'Replace' is '', not true or false"),
        ("Propagation=orphan", "is not known"),
        ("NamespaceLabels=a", "is not known"),
    ],
)
def test_what_is_no_option_is_told(text: str, what: str) -> None:
    options, wrong = object_options({OPTIONS: text}, NONE)
    assert options == NONE
    assert len(wrong) == 1
    assert what in wrong[0]


def test_an_object_s_option_wins_over_its_application_s() -> None:
    application = replace(NONE, prune="false", force=True)
    options, _ = object_options({OPTIONS: "Prune=true"}, application)
    assert (options.prune, options.force) == ("true", True)


def test_helm_s_policy_to_keep_is_delete_false_unless_the_object_says_otherwise() -> None:
    assert object_options({HELM: "keep"}, NONE)[0].delete == "false"
    assert object_options({HELM: "keep", OPTIONS: "Delete=true"}, NONE)[0].delete == "true"


@pytest.mark.parametrize(
    ("options", "prune", "stays"),
    [
        ({}, True, ""),
        ({}, False, "false"),
        ({"prune": "false"}, True, "false"),
        ({"prune": "confirm"}, True, "confirm"),
        ({"delete": "confirm"}, True, "confirm"),
        ({"delete": "false"}, True, "object-only"),
        ({"delete": "false", "prune": "false"}, True, "false"),
        ({"delete": "false", "prune": "confirm"}, True, "confirm"),
    ],
)
def test_an_object_itself_says_when_it_stays(options: dict[str, Any], prune: bool, stays: str) -> None:
    assert staying(replace(NONE, **options), prune=prune) == stays
    body = given.manifest("ConfigMap").body
    application = given.application(prune=prune, options=replace(NONE, **options))
    annotations = labeled(body, application, "test")["metadata"]["annotations"]
    assert annotations.get("gitops.internal/prune", "") == stays
