"""Health of what serves workloads: addresses, storage, scaling, and the API's own extensions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.cluster.health.status import (
    HEALTHY,
    Health,
    Status,
    condition,
    conditions,
    degraded,
    progressing,
    reason,
)

if TYPE_CHECKING:
    from gitops.cluster.client import Object

_OLD_CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"
_SCALING_FAILURES = frozenset(
    (
        *(("AbleToScale", name) for name in ("FailedGetScale", "FailedUpdateScale")),
        *(
            ("ScalingActive", name)
            for name in "FailedGetResourceMetric FailedGetObjectMetric FailedGetPodsMetric"
            " FailedGetExternalMetric FailedComputeMetricsReplicas InvalidSelector".split()
        ),
    )
)


def claim(_: Object, status: Object, __: Object) -> Health:
    """A PersistentVolumeClaim: bound."""
    match status.get("phase"):
        case "Bound":
            return HEALTHY
        case "Pending":
            return progressing("not bound yet")
        case "Lost":
            return degraded("its volume is lost")
        case phase:
            return Health(Status.UNKNOWN, f"phase {str(phase or '')!r}")


def service(spec: Object, status: Object, live: Object) -> Health:
    """A Service: only one of type LoadBalancer has to wait for anything."""
    return ingress(spec, status, live) if spec.get("type") == "LoadBalancer" else HEALTHY


def ingress(_: Object, status: Object, __: Object) -> Health:
    """An Ingress: it has an address."""
    return HEALTHY if (status.get("loadBalancer") or {}).get("ingress") else progressing("has no address yet")


def autoscaler(_: Object, status: Object, live: Object) -> Health:
    """A HorizontalPodAutoscaler: able to scale, and no metric fails, whatever the condition's status is."""
    found = conditions(status) or _told_by_annotation(live)
    for item in found:
        if (item.get("type"), item.get("reason")) in _SCALING_FAILURES:
            return degraded(reason(item, "can't scale"))
    able = [i for i in found if i.get("type") in {"AbleToScale", "ScalingLimited"} and i["status"] == "True"]
    return HEALTHY if able else progressing("not yet seen by its controller")


def _told_by_annotation(live: Object) -> list[Any]:
    """Conditions as `autoscaling/v1` tells them."""
    text = (live["metadata"].get("annotations") or {}).get(_OLD_CONDITIONS)
    return list(json.loads(text)) if text else []


def definition(_: Object, status: Object, __: Object) -> Health:
    """A CustomResourceDefinition: established, with its names accepted and a schema that is structural."""
    if not conditions(status):
        return progressing("not established yet")
    if condition(status, "Terminating").get("status") == "True":
        return progressing(reason(condition(status, "Terminating"), "being deleted"))
    for kind, bad, words in (
        ("NamesAccepted", "False", "its names are taken"),
        ("NonStructuralSchema", "True", "its schema is not structural"),
    ):
        found = condition(status, kind)
        if found.get("status") == bad:
            return degraded(f"{words}: {found['message']}" if found.get("message") else words)
    established = condition(status, "Established")
    if established.get("status") == "True":
        return HEALTHY
    if established.get("reason") == "Installing":
        return progressing("not established yet")
    return degraded(reason(established, "not established"))


def api_service(_: Object, status: Object, __: Object) -> Health:
    """An APIService: available; until then its server may still be starting."""
    available = condition(status, "Available")
    if available.get("status") == "True":
        return HEALTHY
    return progressing(reason(available, "not available yet"))
