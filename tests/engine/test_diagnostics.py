from __future__ import annotations

from gitops.engine.diagnostics import Failure, failures

PRINTED = """
 code: 255
 stdout: Updating (partial):

@ Updating....
 +  kubernetes:apps/v1:Deployment apps/Deployment:api/api creating failed
Diagnostics:
  kubernetes:apps/v1:Deployment (apps/Deployment:api/api):
    warning: it takes long
    error: 2 errors occurred:
    \t* the Deployment was not ready
    \t* pod api-1: Unschedulable
  kubernetes:core/v1:ConfigMap (ConfigMap:web/x):
    warning: only a warning
  pulumi:index:Stash (health:Rollout:web/x):
    error: before hook "hook of the application" failed: Rollout web/x is degraded: metric "a" failed
  pulumi:pulumi:Stack (gitops-partial):
    error: update failed

Resources:
    22 unchanged

 stderr: error: something else
"""


def test_every_error_is_told_once_with_its_resource_and_all_its_lines() -> None:
    assert failures(PRINTED) == (
        Failure(
            "kubernetes:apps/v1:Deployment",
            "apps/Deployment:api/api",
            "the Deployment was not ready; pod api-1: Unschedulable",
        ),
        Failure(
            "pulumi:index:Stash",
            "health:Rollout:web/x",
            'Rollout web/x is degraded: metric "a" failed',
        ),
    )


def test_without_diagnostics_there_is_nothing_to_tell() -> None:
    assert failures("") == ()
    assert failures("\n code: 1\n stdout: \n stderr: error: no passphrase") == ()
