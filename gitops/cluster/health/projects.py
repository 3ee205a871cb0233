"""Health of kinds that come with well-known projects: Argo, cert-manager, Sealed Secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.cluster.health.status import (
    HEALTHY,
    Health,
    Status,
    condition,
    degraded,
    progressing,
    reason,
)

if TYPE_CHECKING:
    from gitops.cluster.client import Object
    from gitops.cluster.health.status import Rule


def by_condition(kind: str) -> Rule:
    """The rule of kinds that sum themselves up in one condition: True, False or not there yet."""

    def rule(_: Object, status: Object, __: Object) -> Health:
        found = condition(status, kind)
        message = reason(found, f"not {kind}")
        match found.get("status"):
            case "True":
                return HEALTHY
            case "False":
                return degraded(message)
            case _:
                return progressing(message)

    return rule


def certificate(spec: Object, status: Object, live: Object) -> Health:
    """A cert-manager Certificate: ready; while one is being issued it is on its way, ready or not."""
    issuing = condition(status, "Issuing")
    if issuing.get("status") == "True":
        return progressing(reason(issuing, "being issued"))
    return _READY(spec, status, live)


_READY = by_condition("Ready")


def application(_: Object, status: Object, __: Object) -> Health:
    """A child Application of Argo CD: the health that it tells itself."""
    told = status.get("health") or {}
    name, message = told.get("status"), str(told.get("message") or "")
    if not name:
        return progressing("not yet seen by its controller")
    if name not in set(Status):
        return Health(Status.UNKNOWN, f"health {name!r}")
    return Health(Status(name), message)


def by_phase(_: Object, status: Object, __: Object) -> Health:
    """An Argo Workflow or AnalysisRun: what its phase says; an inconclusive analysis is for a person."""
    phase, message = status.get("phase"), str(status.get("message") or "")
    match phase:
        case "Succeeded" | "Successful":
            return HEALTHY
        case "Failed" | "Error":
            return degraded(message or f"ended as {phase}")
        case "Inconclusive":
            return Health(Status.UNKNOWN, message or "inconclusive")
        case None | "" | "Pending" | "Running":
            return progressing(message or str(phase or "not started").lower())
        case _:
            return Health(Status.UNKNOWN, f"phase {phase!r}")
