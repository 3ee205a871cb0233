"""Health: what each kind's status means, and what an application's is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gitops.cluster.health import Status, health, worst
from gitops.cluster.health.status import Health
from gitops.drift.state import application_states
from gitops.model.keys import APPLICATION_LABEL
from gitops.waves.readiness import IGNORE_ANNOTATION
from tests.conformance.row import cases, rule
from tests.conformance.stack import HOOK, document, job, of_one

HEALTHY, SUSPENDED, PROGRESSING, MISSING, DEGRADED, UNKNOWN = Status
GROUPS = {
    "Deployment": "apps/v1", "ReplicaSet": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1",
    "Job": "batch/v1", "CronJob": "batch/v1", "Ingress": "networking.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2", "APIService": "apiregistration.k8s.io/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1", "Rollout": "argoproj.io/v1alpha1",
    "AnalysisRun": "argoproj.io/v1alpha1", "Application": "argoproj.io/v1alpha1",
    "SealedSecret": "bitnami.com/v1alpha1",
}  # fmt: skip


def live(kind: str, spec: Any = None, status: Any = None, api: str = "", **metadata: Any) -> dict[str, Any]:
    """A live object of the second generation, which its controller has seen."""
    return {
        "apiVersion": api or GROUPS.get(kind, "v1"), "kind": kind,
        "metadata": {"name": "x", "namespace": "web", "generation": 2, **metadata},
        "spec": spec or {}, "status": {"observedGeneration": 2, **(status or {})},
    }  # fmt: skip


def condition(kind: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"type": kind, "status": status, **more}


def with_conditions(*conditions: Any, **status: Any) -> dict[str, Any]:
    return {"conditions": list(conditions), **status}


def told(kind: str, *conditions: Any) -> dict[str, Any]:
    """A live object that says nothing but these conditions."""
    return live(kind, None, with_conditions(*conditions))


def crd(*conditions: Any) -> dict[str, Any]:
    return told("CustomResourceDefinition", *conditions)


STALE = {"observedGeneration": 1}
DELETION = {"name": "x", "generation": 2, "deletionTimestamp": "2026-01-01T00:00:00Z"}
AS_ALWAYS = {"argocd.argoproj.io/ignore-restart-policy": "true"}


def deployment(
    updated: int = 3, total: int = 3, available: int = 3, *, paused: bool = False, **status: Any
) -> Any:
    counts = {"updatedReplicas": updated, "replicas": total, "availableReplicas": available}
    return live("Deployment", {"replicas": 3, "paused": paused}, {**counts, **status})


TOO_LATE = with_conditions(condition("Progressing", "False", reason="ProgressDeadlineExceeded"))


def replicas(wanted: int, *conditions: Any, **status: Any) -> Any:
    return live("ReplicaSet", {"replicas": wanted}, with_conditions(*conditions, **status))


def stateful(strategy: Any = None, **status: Any) -> Any:
    return live(
        "StatefulSet", {"replicas": 3, "updateStrategy": strategy or {}}, {"readyReplicas": 3, **status}
    )


MOVING = {"updateRevision": "b", "currentRevision": "a"}
PARTITION = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}


def daemon(spec: Any = None, updated: int = 3, available: int = 3, **status: Any) -> Any:
    counts = {"desiredNumberScheduled": 3, "updatedNumberScheduled": updated, "numberAvailable": available}
    return live("DaemonSet", spec, {**counts, **status})


def pod(
    phase: str,
    restarts: str = "Always",
    *,
    waiting: str = "",
    crashed: bool = False,
    ready: bool = False,
    **more: Any,
) -> Any:
    container = {
        "name": "c", "state": {"waiting": {"reason": waiting}} if waiting else {},
        "lastState": {"terminated": {"exitCode": 1}} if crashed else {},
    }  # fmt: skip
    conditions = [condition("Ready")] if ready else []
    status = {"phase": phase, "containerStatuses": [container], "conditions": conditions}
    return live("Pod", {"restartPolicy": restarts}, status, **more)


def scaler(kind: str, reason: str = "", status: str = "True") -> Any:
    return live("HorizontalPodAutoscaler", None, with_conditions(condition(kind, status, reason=reason)))


ADDRESS = {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}
REFERS = {"workloadRef": {"name": "w"}}
OLD = {"lastScheduleTime": "2026-01-02T00:00:00Z", "lastSuccessfulTime": "2026-01-01T00:00:00Z"}
GOOD = {"lastScheduleTime": "2026-01-01T00:00:00Z", "lastSuccessfulTime": "2026-01-02T00:00:00Z"}
SCALE = ("FailedGetScale", "FailedUpdateScale")
METRICS = (
    "FailedGetResourceMetric", "FailedGetObjectMetric", "FailedGetPodsMetric", "FailedGetExternalMetric",
    "FailedComputeMetricsReplicas", "InvalidSelector",
)  # fmt: skip
NAMES, ESTABLISHED = condition("NamesAccepted"), condition("Established")

KINDS = cases(
    ("health.deployment-paused", deployment(1, paused=True, **STALE, **TOO_LATE), SUSPENDED),
    ("health.deployment-unseen", deployment(**STALE, **TOO_LATE), PROGRESSING),
    ("health.deployment-deadline", deployment(1, **TOO_LATE), DEGRADED),
    ("health.deployment-updated", deployment(updated=2), PROGRESSING),
    ("health.deployment-old", deployment(total=4), PROGRESSING),
    ("health.deployment-available", deployment(available=2), PROGRESSING),
    ("health.deployment", deployment(), HEALTHY),
    ("health.replica-set-unseen", replicas(0, **STALE), PROGRESSING),
    ("health.replica-set-failure", replicas(0, condition("ReplicaFailure")), DEGRADED),
    ("health.replica-set-failure", replicas(0, condition("ReplicaFailure", "False")), HEALTHY),
    ("health.replica-set-available", replicas(2, availableReplicas=1), PROGRESSING),
    ("health.replica-set-available", replicas(2, availableReplicas=2), HEALTHY),
    ("health.stateful-unseen", stateful(**STALE), PROGRESSING),
    ("health.stateful-unseen", stateful(observedGeneration=0), PROGRESSING),
    ("health.stateful-ready", stateful({"type": "OnDelete"}, readyReplicas=2), PROGRESSING),
    ("health.stateful-partition", stateful(PARTITION, updatedReplicas=1), PROGRESSING),
    ("health.stateful-partition", stateful(PARTITION, updatedReplicas=2, **MOVING), HEALTHY),
    ("health.stateful-on-delete", stateful({"type": "OnDelete"}, updateRevision="b", currentRevision="a"), HEALTHY),
    ("health.stateful-revisions", stateful(updateRevision="b", currentRevision="a"), PROGRESSING),
    ("health.stateful-revisions", stateful(updateRevision="a", currentRevision="a"), HEALTHY),
    ("health.daemon-unseen", daemon(ON_DELETE, **STALE), PROGRESSING),
    ("health.daemon-on-delete", daemon(ON_DELETE, 0, 0), HEALTHY),
    ("health.daemon-updated", daemon(updated=2), PROGRESSING),
    ("health.daemon-available", daemon(available=2), PROGRESSING),
    ("health.daemon-available", daemon(), HEALTHY),
    *(("health.pod-waiting", pod("Running", waiting=reason, ready=True), DEGRADED)
      for reason in ("ErrImagePull", "CreateContainerError", "CrashLoopBackOff")),
    ("health.pod-waiting", pod("Pending", waiting="ContainerCreating"), PROGRESSING),
    ("health.pod-waiting", pod("Pending", "Never", waiting="ErrImagePull"), PROGRESSING),
    ("health.pod-pending", pod("Pending"), PROGRESSING),
    ("health.pod-succeeded", pod("Succeeded", "Never"), HEALTHY),
    ("health.pod-failed", pod("Failed", "Never"), DEGRADED),
    ("health.pod-ready", pod("Running", ready=True, crashed=True), HEALTHY),
    ("health.pod-crashed", pod("Running", crashed=True), DEGRADED),
    ("health.pod-unready", pod("Running"), PROGRESSING),
    ("health.pod-ends", pod("Running", "Never", ready=True), PROGRESSING),
    ("health.pod-ends", pod("Running", "OnFailure", ready=True, crashed=True), PROGRESSING),
    ("health.pod-as-always", pod("Running", "Never", ready=True, annotations=AS_ALWAYS), HEALTHY),
    ("health.job-failed", told("Job", condition("Complete"), condition("Failed")), DEGRADED),
    ("health.job-complete", told("Job", condition("Suspended"), condition("Complete")), HEALTHY),
    ("health.job-suspended", told("Job", condition("Suspended")), SUSPENDED),
    ("health.job-suspended", told("Job", condition("Suspended", "False")), PROGRESSING),
    ("health.job-running", live("Job"), PROGRESSING),
    ("health.cron-suspended", live("CronJob", {"suspend": True}, OLD), HEALTHY),
    ("health.cron-active", live("CronJob", None, {**OLD, "active": [{"name": "j"}]}), HEALTHY),
    ("health.cron-active", live("CronJob", None, {"lastScheduleTime": OLD["lastScheduleTime"]}), HEALTHY),
    ("health.cron-failed", live("CronJob", None, OLD), DEGRADED),
    ("health.cron-failed", live("CronJob", None, GOOD), HEALTHY),
    ("health.service-address", live("Service", {"type": "LoadBalancer"}), PROGRESSING),
    ("health.service-address", live("Service", {"type": "LoadBalancer"}, ADDRESS), HEALTHY),
    ("health.service-others", live("Service", {"type": "NodePort"}), HEALTHY),
    ("health.service-others", live("Service", {"type": "ExternalName"}), HEALTHY),
    ("health.ingress", live("Ingress"), PROGRESSING),
    ("health.ingress", live("Ingress", None, ADDRESS), HEALTHY),
    ("health.claim-bound", live("PersistentVolumeClaim", None, {"phase": "Bound"}), HEALTHY),
    ("health.claim-pending", live("PersistentVolumeClaim", None, {"phase": "Pending"}), PROGRESSING),
    ("health.claim-lost", live("PersistentVolumeClaim", None, {"phase": "Lost"}), DEGRADED),
    ("health.claim-other", live("PersistentVolumeClaim", None, {"phase": "Odd"}), UNKNOWN),
    ("health.claim-other", live("PersistentVolumeClaim"), UNKNOWN),
    *(("health.scaler-scale", scaler("AbleToScale", reason), DEGRADED) for reason in SCALE),
    *(("health.scaler-metrics", scaler("ScalingActive", reason), DEGRADED) for reason in METRICS),
    ("health.scaler-any-status", scaler("ScalingActive", METRICS[0], "False"), DEGRADED),
    ("health.scaler-metrics", scaler("AbleToScale", METRICS[0]), HEALTHY),
    ("health.scaler-able", scaler("AbleToScale", "ReadyForNewScale"), HEALTHY),
    ("health.scaler-able", scaler("ScalingLimited", "TooManyReplicas"), HEALTHY),
    ("health.scaler-waits", scaler("AbleToScale", "", "False"), PROGRESSING),
    ("health.scaler-waits", live("HorizontalPodAutoscaler"), PROGRESSING),
    ("health.api-service", told("APIService", condition("Available")), HEALTHY),
    ("health.api-service", told("APIService", condition("Available", "False")), PROGRESSING),
    ("health.api-service", live("APIService"), PROGRESSING),
    ("health.crd-terminating", crd(condition("Terminating"), ESTABLISHED), PROGRESSING),
    ("health.crd-names", crd(condition("NamesAccepted", "False"), ESTABLISHED), DEGRADED),
    ("health.crd-schema", crd(condition("NonStructuralSchema"), ESTABLISHED), DEGRADED),
    ("health.crd-established", crd(NAMES, ESTABLISHED), HEALTHY),
    ("health.crd-installing", crd(condition("Established", "False", reason="Installing")), PROGRESSING),
    ("health.crd-not-established", crd(condition("Established", "False", reason="Other")), DEGRADED),
    ("health.rollout-unseen", live("Rollout", None, {"observedGeneration": "1", "phase": "Healthy"}), PROGRESSING),
    ("health.rollout-workload", live("Rollout", REFERS, {"phase": "Healthy", "workloadObservedGeneration": "1"},
     annotations={"rollout.argoproj.io/workload-generation": "2"}), PROGRESSING),
    ("health.rollout-workload", live("Rollout", REFERS, {"phase": "Healthy", "workloadObservedGeneration": "2"},
     annotations={"rollout.argoproj.io/workload-generation": "2"}), HEALTHY),
    ("health.rollout-paused", live("Rollout", None, {"phase": "Paused"}), SUSPENDED),
    *(("health.rollout-phase", live("Rollout", None, {"phase": phase}), phase)
      for phase in (HEALTHY, PROGRESSING, DEGRADED)),
    *(("health.analysis", live("AnalysisRun", None, {"phase": phase}), found) for phase, found in (
        ("Pending", PROGRESSING), ("Running", PROGRESSING), ("Successful", HEALTHY), ("Failed", DEGRADED),
        ("Error", DEGRADED), ("Inconclusive", UNKNOWN))),
    ("health.sealed", told("SealedSecret", condition("Synced")), HEALTHY),
    ("health.sealed", told("SealedSecret", condition("Synced", "False")), DEGRADED),
    ("health.sealed", live("SealedSecret"), PROGRESSING),
    *(("health.none", live(kind, None, with_conditions(condition("Ready", "False"))), HEALTHY)
      for kind in ("ConfigMap", "Secret", "Namespace", "ServiceAccount")),
    ("health.none", live("Role", None, api="rbac.authorization.k8s.io/v1"), HEALTHY),
    ("health.none", live("Deployment", None, STALE, api="example.test/v1"), HEALTHY),
    ("health.deleting", live("ConfigMap", deletionTimestamp="2026-01-01T00:00:00Z"), PROGRESSING),
    ("health.deleting", {**deployment(), "metadata": DELETION}, PROGRESSING),
    ("health.deleting-hook", {**told("Job", condition("Complete")),
     "metadata": {**DELETION, "finalizers": ["argocd.argoproj.io/hook-finalizer"]}}, HEALTHY),
)  # fmt: skip


@pytest.mark.parametrize(("item", "expected"), KINDS)
def test_the_health_of_a_kind(item: dict[str, Any], expected: Status) -> None:
    assert health(item).status == expected


@rule("health.order")
def test_statuses_from_the_best_to_the_worst() -> None:
    names = ["Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"]
    for index, name in enumerate(names):
        others = [Health(Status(other)) for other in reversed(names[: index + 1])]
        assert worst(others).status == name


def of_application(*documents: str, **statuses: Any) -> Any:
    """The state of an application whose objects live with these statuses by name; None lives not at all."""
    plan = of_one(*documents).plan
    alive = {
        item.manifest.key: {**item.manifest.body, "status": statuses.get(item.manifest.key.name, {})}
        for item in plan.objects
        if statuses.get(item.manifest.key.name, {}) is not None
    }
    [state] = application_states(plan, alive, APPLICATION_LABEL)
    return state


CLAIMS = [document("PersistentVolumeClaim", name) for name in "ab"]


@rule("health.application")
def test_an_application_is_as_well_as_the_worst_of_its_objects() -> None:
    assert of_application(*CLAIMS, a={"phase": "Bound"}, b={"phase": "Lost"}).health.status is DEGRADED
    assert of_application(*CLAIMS, a={"phase": "Pending"}, b={"phase": "Bound"}).health.status is PROGRESSING
    assert of_application(*CLAIMS, a={"phase": "Bound"}, b={"phase": "Bound"}).health.status is HEALTHY


@rule("health.hooks")
def test_hooks_do_not_count() -> None:
    assert (
        of_application(CLAIMS[0], job("h", **{HOOK: "PreSync"}), a={"phase": "Bound"}).health.status
        is HEALTHY
    )


@rule("health.missing")
def test_an_application_is_missing_when_nothing_of_it_lives() -> None:
    assert of_application(*CLAIMS, a={"phase": "Bound"}, b=None).health.status is HEALTHY
    assert of_application(*CLAIMS, a=None, b={"phase": "Bound"}).health.status is HEALTHY
    assert of_application(*CLAIMS, a=None, b=None).health.status is MISSING


@rule("health.children")
@pytest.mark.parametrize(
    ("told", "expected"), [("Missing", HEALTHY), ("Unknown", HEALTHY), ("Degraded", DEGRADED)]
)
def test_children_that_are_missing_or_unknown_do_not_count(told: str, expected: Status) -> None:
    """A child that is still an object in a cluster, beside an object of its parent's own."""
    key_of = of_one(document("ConfigMap")).plan.objects[0]
    child = live("Application", None, {"health": {"status": told}})
    planned = replace(key_of, manifest=replace(key_of.manifest, body={**child, "status": {}}))
    plan = of_one(document("ConfigMap")).plan
    found = replace(plan, steps=(*plan.steps, planned))
    alive = {key_of.manifest.key: key_of.manifest.body, planned.manifest.key: child}
    [state] = application_states(found, alive, APPLICATION_LABEL)
    assert state.health.status is expected


@rule("health.applications")
def test_an_application_has_the_health_it_tells() -> None:
    assert health(live("Application", None, {"health": {"status": "Degraded"}})).status is DEGRADED
    assert health(live("Application")).status is PROGRESSING


@rule("health.ignored")
def test_an_object_may_be_left_out_of_health() -> None:
    item = document("PersistentVolumeClaim", "a", of={IGNORE_ANNOTATION: "true"})
    assert of_application(item, a={"phase": "Lost"}).health.status is HEALTHY
