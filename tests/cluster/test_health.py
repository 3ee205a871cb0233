"""Health by Argo CD's rules, kind by kind: what the cluster shows and what it means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as with_any
from hypothesis import strategies as st

from gitops.cluster.health import _RULES, HEALTHY, Health, Status, health, worst

H, P, D, S, U = Status.HEALTHY, Status.PROGRESSING, Status.DEGRADED, Status.SUSPENDED, Status.UNKNOWN


def condition(kind: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": "Other", "status": "True"}, {"type": kind, "status": status, **more}]}


ROLLED = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
SAME = {"updateRevision": "r", "currentRevision": "r"}
SPREAD = {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}
TWO = {"replicas": 2}
PARTITION = {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}
LATE = condition("Progressing", "False", reason="ProgressDeadlineExceeded")
DEPLOYMENT, SET, DAEMONS = "apps/v1 Deployment", "apps/v1 StatefulSet", "apps/v1 DaemonSet"
REPLICAS, JOB, CLAIM = "apps/v1 ReplicaSet", "batch/v1 Job", "v1 PersistentVolumeClaim"
SCALER, CRD = "autoscaling/v2 HorizontalPodAutoscaler", "apiextensions.k8s.io/v1 CustomResourceDefinition"
SERVICE, INGRESS, API = "v1 Service", "networking.k8s.io/v1 Ingress", "apiregistration.k8s.io/v1 APIService"
SEALED = "bitnami.com/v1alpha1 SealedSecret"
ADDRESS = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}

TABLE = [
    (DEPLOYMENT, TWO, ROLLED, H, ""),
    (DEPLOYMENT, {"replicas": 0}, {}, H, ""),
    (DEPLOYMENT, {}, {}, P, "0 of 1 replicas updated"),
    (DEPLOYMENT, TWO, {"updatedReplicas": 1}, P, "1 of 2 replicas updated"),
    (DEPLOYMENT, TWO, ROLLED | {"replicas": 3}, P, "1 old replicas left"),
    (DEPLOYMENT, TWO, ROLLED | {"availableReplicas": 1}, P, "1 of 2 replicas available"),
    (DEPLOYMENT, TWO, {"updatedReplicas": 1} | LATE, D, "exceeded its progress deadline"),
    (DEPLOYMENT, TWO | {"paused": True}, {}, S, "paused"),
    (DEPLOYMENT, TWO, ROLLED | {"observedGeneration": 0, "stale": True}, P, "not yet seen by its controller"),
    (REPLICAS, TWO, ROLLED, H, ""),
    (REPLICAS, TWO, {"availableReplicas": 1}, P, "1 of 2 replicas available"),
    (REPLICAS, TWO, condition("ReplicaFailure", message="quota"), D, "quota"),
    (REPLICAS, TWO, ROLLED | {"stale": True}, P, "not yet seen by its controller"),
    (SET, TWO, ROLLED | SAME, H, ""),
    (SET, TWO, {"readyReplicas": 1} | SAME, P, "1 of 2 replicas ready"),
    (
        SET,
        TWO,
        ROLLED | {"updateRevision": "b", "currentRevision": "a", "updatedReplicas": 1},
        P,
        "1 of 2 replicas updated",
    ),
    (SET, PARTITION, {"readyReplicas": 3, "updatedReplicas": 1}, P, "1 of 2 replicas updated"),
    (SET, PARTITION, {"readyReplicas": 3, "updatedReplicas": 2}, H, ""),
    (SET, TWO | {"updateStrategy": {"type": "OnDelete"}}, {"readyReplicas": 2, "updateRevision": "b"}, H, ""),
    (SET, TWO, ROLLED | SAME | {"stale": True}, P, "not yet seen by its controller"),
    (DAEMONS, {}, SPREAD, H, ""),
    (DAEMONS, {}, {}, H, ""),
    (DAEMONS, {}, SPREAD | {"updatedNumberScheduled": 1}, P, "1 of 2 pods updated"),
    (DAEMONS, {}, SPREAD | {"numberAvailable": 0}, P, "0 of 2 pods available"),
    (DAEMONS, {"updateStrategy": {"type": "OnDelete"}}, SPREAD | {"numberAvailable": 0}, H, ""),
    (DAEMONS, {}, SPREAD | {"stale": True}, P, "not yet seen by its controller"),
    (JOB, {}, condition("Complete"), H, ""),
    (JOB, {}, condition("Failed", message="backoff limit"), D, "backoff limit"),
    (JOB, {}, condition("Failed", "False"), P, "running"),
    (JOB, {}, condition("Suspended"), S, "suspended"),
    (JOB, {}, {"active": 1}, P, "running"),
    (CLAIM, {}, {"phase": "Bound"}, H, ""),
    (CLAIM, {}, {"phase": "Pending"}, P, "not bound yet"),
    (CLAIM, {}, {"phase": "Lost"}, D, "its volume is lost"),
    (CLAIM, {}, {}, U, "phase ''"),
    (SERVICE, {"type": "ClusterIP"}, {}, H, ""),
    (SERVICE, {}, {}, H, ""),
    (SERVICE, {"type": "LoadBalancer"}, {}, P, "has no address yet"),
    (SERVICE, {"type": "LoadBalancer"}, {"loadBalancer": {}}, P, "has no address yet"),
    (SERVICE, {"type": "LoadBalancer"}, ADDRESS, H, ""),
    (INGRESS, {}, {}, P, "has no address yet"),
    (INGRESS, {}, ADDRESS, H, ""),
    (SCALER, {}, {}, P, "not yet seen by its controller"),
    (SCALER, {}, condition("AbleToScale"), H, ""),
    (SCALER, {}, condition("ScalingLimited"), H, ""),
    (
        SCALER,
        {},
        condition("AbleToScale", "False", reason="FailedGetScale", message="no target"),
        D,
        "no target",
    ),
    (SCALER, {}, condition("ScalingActive", "False", reason="FailedGetResourceMetric", message="m"), D, "m"),
    (CRD, {}, condition("Established"), H, ""),
    (CRD, {}, {}, P, "not established yet"),
    (CRD, {}, condition("NamesAccepted", "False"), D, "its names are taken"),
    (API, {}, condition("Available"), H, ""),
    (API, {}, condition("Available", "False", message="no endpoints"), P, "no endpoints"),
    (SEALED, {}, condition("Synced"), H, ""),
    (SEALED, {}, condition("Synced", "False", message="no key"), D, "no key"),
    (SEALED, {}, {}, P, "not Synced"),
    ("v1 ConfigMap", {}, {}, H, ""),
    ("x.io/v1 Deployment", {}, LATE, H, ""),
]


def living(what: str, spec: Any, status: Any, **metadata: Any) -> dict[str, Any]:
    api_version, kind = what.split()
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, "status": status}


@pytest.mark.parametrize(("what", "spec", "status", "expected", "message"), TABLE)
def test_what_an_object_shows_is_what_its_health_is(
    what: str, spec: dict[str, Any], status: dict[str, Any], expected: Status, message: str
) -> None:
    stale = {"generation": 2} if status.get("stale") else {}
    assert health(living(what, spec, status, **stale)) == Health(expected, message)


@pytest.mark.parametrize("what", ["v1 ConfigMap", DEPLOYMENT, CLAIM])
def test_an_object_that_is_being_deleted_is_progressing(what: str) -> None:
    going = living(what, {}, ROLLED, deletionTimestamp="2026-01-01T00:00:00Z")
    assert health(going) == Health(P, "being deleted")


def test_every_kind_with_a_rule_is_in_the_table() -> None:
    kinds = {what.split()[1] for what, *_ in TABLE}
    assert {kind for _, kind in _RULES} <= kinds


@pytest.mark.parametrize("what", sorted({what for what, *_ in TABLE}))
def test_an_object_without_any_status_has_a_health(what: str) -> None:
    assert health(living(what, None, None)).status in Status
    assert health(living(what, {}, {"conditions": None, "loadBalancer": None})).status in Status


def test_the_worst_wins_in_argo_cd_s_order() -> None:
    order = [H, S, P, Status.MISSING, D, U]
    for index, status in enumerate(order):
        assert worst(Health(s) for s in order[: index + 1]).status is status
    assert worst([]) == HEALTHY


@with_any(st.lists(st.sampled_from(list(Status)).map(Health), min_size=1))
def test_the_worst_is_one_of_them_and_does_not_depend_on_their_order(healths: list[Health]) -> None:
    assert worst(healths) in healths
    assert worst(healths) == worst(reversed(healths))
