"""Health by Argo CD's rules, kind by kind: what the cluster shows and what it means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given as with_any
from hypothesis import strategies as st

from gitops.cluster.health import HEALTHY, Health, Status, health, worst
from gitops.cluster.health.kinds import RULES
from gitops.model.keys import group_of

H, P, D, S, U = Status.HEALTHY, Status.PROGRESSING, Status.DEGRADED, Status.SUSPENDED, Status.UNKNOWN


def condition(kind: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": "Other", "status": "True"}, {"type": kind, "status": status, **more}]}


def both(*statuses: dict[str, Any]) -> dict[str, Any]:
    return {"conditions": [item for status in statuses for item in status["conditions"]]}


EARLY, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z"
FAILED_RUN = f"its run of {LATER} has not succeeded"
UNSEEN = "not yet seen by its controller"
SCALING_FAILURES = {
    "AbleToScale": "FailedGetScale FailedUpdateScale",
    "ScalingActive": "FailedGetResourceMetric FailedGetObjectMetric FailedGetPodsMetric"
    " FailedGetExternalMetric FailedComputeMetricsReplicas InvalidSelector",
}
ROLLED = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
SAME = {"observedGeneration": 1, "updateRevision": "r", "currentRevision": "r"}
SEEN = {"observedGeneration": 1}
SPREAD = {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}
TWO = {"replicas": 2}
PARTITION = {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}
DEFAULTED = {"replicas": 2, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}
ON_DELETE = {"replicas": 2, "updateStrategy": {"type": "OnDelete"}}
LATE = condition("Progressing", "False", reason="ProgressDeadlineExceeded")
DEPLOYMENT, SET, DAEMONS = "apps/v1 Deployment", "apps/v1 StatefulSet", "apps/v1 DaemonSet"
REPLICAS, JOB, CLAIM = "apps/v1 ReplicaSet", "batch/v1 Job", "v1 PersistentVolumeClaim"
SCALER, CRD = "autoscaling/v2 HorizontalPodAutoscaler", "apiextensions.k8s.io/v1 CustomResourceDefinition"
SERVICE, INGRESS, API = "v1 Service", "networking.k8s.io/v1 Ingress", "apiregistration.k8s.io/v1 APIService"
SEALED, CRON = "bitnami.com/v1alpha1 SealedSecret", "batch/v1 CronJob"
CERTIFICATE, ISSUER = "cert-manager.io/v1 Certificate", "cert-manager.io/v1 ClusterIssuer"
ROLLOUT, RUN = "argoproj.io/v1alpha1 Rollout", "argoproj.io/v1alpha1 AnalysisRun"
CHILD = "argoproj.io/v1alpha1 Application"
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
    (SET, TWO, ROLLED, P, "not yet seen by its controller"),
    (SET, TWO, {"readyReplicas": 1} | SAME, P, "1 of 2 replicas ready"),
    (SET, TWO, ROLLED | SAME | {"updateRevision": "s", "updatedReplicas": 1}, P, "1 of 2 replicas updated"),
    (SET, PARTITION, SEEN | {"readyReplicas": 3, "updatedReplicas": 1}, P, "1 of 2 replicas updated"),
    (SET, PARTITION, SEEN | {"readyReplicas": 3, "updatedReplicas": 2}, H, ""),
    (SET, DEFAULTED, SEEN | {"readyReplicas": 2, "updatedReplicas": 1}, P, "1 of 2 replicas updated"),
    (SET, DEFAULTED, ROLLED | SAME | {"updateRevision": "s"}, H, ""),
    (SET, ON_DELETE, SEEN | {"readyReplicas": 2, "updateRevision": "b"}, H, ""),
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
    (CRON, {}, {}, H, ""),
    (CRON, {}, {"lastScheduleTime": EARLY}, H, ""),
    (CRON, {}, {"lastScheduleTime": LATER, "lastSuccessfulTime": EARLY, "active": [{}]}, H, ""),
    (CRON, {}, {"lastScheduleTime": EARLY, "lastSuccessfulTime": LATER}, H, ""),
    (CRON, {}, {"lastScheduleTime": LATER, "lastSuccessfulTime": EARLY}, D, FAILED_RUN),
    (CRON, {"suspend": True}, {"lastScheduleTime": LATER, "lastSuccessfulTime": EARLY}, H, ""),
    (SCALER, {}, {}, P, "not yet seen by its controller"),
    (SCALER, {}, condition("AbleToScale"), H, ""),
    (SCALER, {}, condition("ScalingLimited"), H, ""),
    (SCALER, {}, condition("ScalingActive"), P, "not yet seen by its controller"),
    (SCALER, {}, condition("AbleToScale", "False"), P, "not yet seen by its controller"),
    *(
        (SCALER, {}, condition(kind, status, reason=why, message="no"), D, "no")
        for status in ("True", "False")
        for kind, reasons in SCALING_FAILURES.items()
        for why in reasons.split()
    ),
    (SCALER, {}, condition("AbleToScale", "True", reason="InvalidSelector"), H, ""),
    (CRD, {}, condition("Established"), H, ""),
    (CRD, {}, {}, P, "not established yet"),
    (CRD, {}, condition("Established", "False", reason="Installing"), P, "not established yet"),
    (CRD, {}, condition("Established", "False", message="no"), D, "no"),
    (CRD, {}, condition("Terminating", message="going"), P, "going"),
    (CRD, {}, condition("NamesAccepted", "False"), D, "its names are taken"),
    (CRD, {}, condition("NonStructuralSchema", message="m"), D, "its schema is not structural: m"),
    (API, {}, condition("Available"), H, ""),
    (API, {}, condition("Available", "False", message="no endpoints"), P, "no endpoints"),
    (SEALED, {}, condition("Synced"), H, ""),
    (SEALED, {}, condition("Synced", "False", message="no key"), D, "no key"),
    (SEALED, {}, {}, P, "not Synced"),
    (CERTIFICATE, {}, condition("Ready"), H, ""),
    (CERTIFICATE, {}, condition("Ready", "False", message="expired"), D, "expired"),
    (CERTIFICATE, {}, {}, P, "not Ready"),
    (CERTIFICATE, {}, both(condition("Ready"), condition("Issuing", message="renewing")), P, "renewing"),
    (CERTIFICATE, {}, both(condition("Ready"), condition("Issuing", "False")), H, ""),
    (ISSUER, {}, condition("Ready"), H, ""),
    (ISSUER, {}, condition("Ready", "False", reason="NoAccount"), D, "NoAccount"),
    (ISSUER, {}, {}, P, "not Ready"),
    (ROLLOUT, {}, {"phase": "Healthy", "stale": True, "observedGeneration": "1"}, P, UNSEEN),
    (ROLLOUT, {}, {"phase": "Healthy", "stale": True, "observedGeneration": "2"}, H, ""),
    (ROLLOUT, {}, {"phase": "Healthy", "stale": True, "observedGeneration": "6bd8f"}, H, ""),
    (ROLLOUT, {}, {}, P, UNSEEN),
    (ROLLOUT, {}, {"phase": "Healthy"}, H, ""),
    (ROLLOUT, {}, {"phase": "Paused", "message": "CanaryPauseStep"}, S, "CanaryPauseStep"),
    (ROLLOUT, {}, {"phase": "Progressing", "message": "more replicas"}, P, "more replicas"),
    (ROLLOUT, {}, {"phase": "Degraded", "message": "aborted"}, D, "aborted"),
    (ROLLOUT, {}, {"phase": "Odd"}, U, "phase 'Odd'"),
    (ROLLOUT, {}, condition("InvalidSpec", message="no strategy"), D, "no strategy"),
    (ROLLOUT, {}, condition("Progressing"), P, UNSEEN),
    (RUN, {}, {}, P, "not started"),
    (RUN, {}, {"phase": "Pending"}, P, "pending"),
    (RUN, {}, {"phase": "Running"}, P, "running"),
    (RUN, {}, {"phase": "Successful"}, H, ""),
    (RUN, {}, {"phase": "Failed", "message": "metric a"}, D, "metric a"),
    (RUN, {}, {"phase": "Error"}, D, "ended as Error"),
    (RUN, {}, {"phase": "Inconclusive"}, U, "inconclusive"),
    (RUN, {}, {"phase": "Odd"}, U, "phase 'Odd'"),
    ("argoproj.io/v1alpha1 Workflow", {}, {"phase": "Succeeded"}, H, ""),
    (CHILD, {}, {}, P, UNSEEN),
    (CHILD, {}, {"health": {"status": "Degraded", "message": "web is down"}}, D, "web is down"),
    (CHILD, {}, {"health": {"status": "Healthy"}}, H, ""),
    (CHILD, {}, {"health": {"status": "Odd"}}, U, "health 'Odd'"),
    ("extensions/v1beta1 Ingress", {}, {}, P, "has no address yet"),
    ("v1 ConfigMap", {}, {}, H, ""),
    ("x.io/v1 Thing", {}, condition("Ready", "False"), H, ""),
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


def test_a_hook_that_is_held_by_its_own_finalizer_is_judged_as_if_it_stayed() -> None:
    going = living(
        JOB,
        {},
        condition("Complete"),
        deletionTimestamp="2026-01-01T00:00:00Z",
        finalizers=["argocd.argoproj.io/hook-finalizer"],
    )
    assert health(going) == HEALTHY


def test_a_rollout_waits_until_the_workload_it_refers_to_is_seen() -> None:
    annotation = {"rollout.argoproj.io/workload-generation": "3"}
    spec, status = {"workloadRef": {"name": "web"}}, {"phase": "Healthy", "workloadObservedGeneration": "2"}
    assert health(living(ROLLOUT, spec, status, annotations=annotation)).status is P
    status["workloadObservedGeneration"] = "3"
    assert health(living(ROLLOUT, spec, status, annotations=annotation)).status is H


def test_an_autoscaler_of_the_first_version_tells_its_conditions_in_an_annotation() -> None:
    told = json.dumps([{"type": "ScalingActive", "status": "False", "reason": "InvalidSelector"}])
    live = living(
        "autoscaling/v1 HorizontalPodAutoscaler",
        {},
        {},
        annotations={"autoscaling.alpha.kubernetes.io/conditions": told},
    )
    assert health(live) == Health(D, "InvalidSelector")


@pytest.mark.parametrize("what", sorted({what for what, *_ in TABLE}))
@pytest.mark.parametrize(
    "odd", [{"conditions": "x"}, {"conditions": [1]}, {"phase": {}}, {"health": "x"}, ["x"], "x"]
)
def test_a_status_of_the_wrong_shape_is_never_an_exception(what: str, odd: Any) -> None:
    assert health(living(what, {"replicas": "two"}, odd)).status in Status
    assert health(living(what, "x", odd)).status in Status


def test_a_status_that_can_t_be_read_is_unknown_and_says_so() -> None:
    found = health(living(CLAIM, {}, "Bound"))
    assert found.status is U
    assert found.message.startswith("its status can't be read: ")


def test_every_kind_with_a_rule_is_in_the_table() -> None:
    kinds = {(group_of(what.split()[0]), what.split()[1]) for what, *_ in TABLE}
    assert set(RULES) - kinds == {("", "Pod"), ("cert-manager.io", "Issuer")}


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
