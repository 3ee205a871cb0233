"""Health of a pod, by its phase, its restart policy and what its containers wait for."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.cluster.health import HEALTHY, Health, Status, health

H, P, D, U = Status.HEALTHY, Status.PROGRESSING, Status.DEGRADED, Status.UNKNOWN
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
UNSCHEDULED = {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes"}]}


def waiting(reason: str) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "web", "state": {"waiting": {"reason": reason, "message": "no"}}}]}


def terminated(field: str = "containerStatuses", when: str = "state", **how: Any) -> dict[str, Any]:
    return {field: [{"name": "web", when: {"terminated": how}}]}


TABLE = [
    ("Always", {"phase": "Pending"}, P, "pending"),
    ("Always", {"phase": "Pending"} | UNSCHEDULED, P, "0/3 nodes"),
    ("Always", {"phase": "Pending"} | waiting("ContainerCreating"), P, "pending"),
    ("Always", {"phase": "Pending"} | waiting("ErrImagePull"), D, "ErrImagePull: no"),
    ("Always", {"phase": "Pending"} | waiting("ImagePullBackOff"), D, "ImagePullBackOff: no"),
    (
        "Always",
        {"phase": "Pending"} | waiting("CreateContainerConfigError"),
        D,
        "CreateContainerConfigError: no",
    ),
    ("Always", {"phase": "Running"} | READY | waiting("CrashLoopBackOff"), D, "CrashLoopBackOff: no"),
    ("Never", {"phase": "Pending"} | waiting("ImagePullBackOff"), P, "pending"),
    ("OnFailure", {"phase": "Running"} | waiting("CrashLoopBackOff"), P, "running"),
    ("Always", {"phase": "Running"} | READY, H, ""),
    (None, {"phase": "Running"} | READY, H, ""),
    ("Always", {"phase": "Running"}, P, "not ready"),
    (
        "Always",
        {"phase": "Running"} | terminated(when="lastState", exitCode=1),
        D,
        "container web has ended before and is not ready",
    ),
    ("Always", {"phase": "Running"} | READY | terminated(when="lastState", exitCode=1), H, ""),
    ("Never", {"phase": "Running"} | READY, P, "running"),
    ("OnFailure", {"phase": "Running"} | READY, P, "running"),
    ("Never", {"phase": "Succeeded"}, H, ""),
    ("Never", {"phase": "Failed"}, D, "failed"),
    ("Never", {"phase": "Failed", "message": "evicted"}, D, "evicted"),
    ("Never", {"phase": "Failed"} | terminated(message="no such table"), D, "no such table"),
    ("Never", {"phase": "Failed"} | terminated(reason="OOMKilled", exitCode=137), D, "OOMKilled"),
    ("Never", {"phase": "Failed"} | terminated(exitCode=3), D, "container web ended with exit code 3"),
    (
        "Never",
        {"phase": "Failed"} | terminated("initContainerStatuses", exitCode=4),
        D,
        "container web ended with exit code 4",
    ),
    ("Always", {"phase": "Unknown"}, U, "phase 'Unknown'"),
    ("Always", {}, U, "phase None"),
]


def a_pod(restarts: str | None, status: dict[str, Any], **annotations: str) -> dict[str, Any]:
    spec = {} if restarts is None else {"restartPolicy": restarts}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "annotations": {f"argocd.argoproj.io/{k.replace('_', '-')}": v for k, v in annotations.items()}
        },
        "spec": spec,
        "status": status,
    }


@pytest.mark.parametrize(("restarts", "status", "expected", "message"), TABLE)
def test_what_a_pod_shows_is_what_its_health_is(
    restarts: str | None, status: dict[str, Any], expected: Status, message: str
) -> None:
    assert health(a_pod(restarts, status)) == Health(expected, message)


def test_a_pod_that_ends_by_itself_may_ask_to_be_judged_as_one_that_lasts() -> None:
    assert health(a_pod("Never", {"phase": "Running"} | READY, ignore_restart_policy="true")) == HEALTHY
    assert health(a_pod("Never", {"phase": "Running"} | READY, ignore_restart_policy="false")).status is P
