"""The objects of an application that its section is about: the Deployment, and the Service that leads to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.keys import ObjectKey
from gitops.model.manifest import as_mapping
from gitops.rollouts.fault import Fault
from gitops.rollouts.pods import pod_labels, selects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops.model.manifest import JsonObject
    from gitops.model.rollout.section import RolloutSection

_DEPLOYMENT = ("apps", "Deployment")


def find_deployment(
    section: RolloutSection, objects: Iterable[JsonObject], faults: list[Fault]
) -> JsonObject | None:
    """The workload of a section."""
    all_of_them = [body for body in objects if _kind(body) == _DEPLOYMENT]
    found = [body for body in all_of_them if section.workload in {"", named(body)}]
    names = ", ".join(sorted(map(named, all_of_them))) or "none"
    if len(found) != 1:
        what = f"the application has no Deployment {section.workload}" if section.workload else ""
        what = what or f"the application has {len(found) or 'no'} Deployments, so which one is not clear"
        faults.append(Fault("workload", what, f"name one with workload: its Deployments are: {names}"))
        return None
    if as_mapping(as_mapping(found[0].get("spec")).get("strategy")).get("type") == "Recreate":
        what = (
            f"Deployment {named(found[0])} has the strategy Recreate: no two of its versions may run at once"
        )
        faults.append(Fault("workload", what, "take the strategy out of the Deployment, or the section away"))
    return found[0]


def find_service(
    section: RolloutSection, deployment: JsonObject, objects: Iterable[JsonObject], faults: list[Fault]
) -> JsonObject | None:
    """The Service that leads to the stable version; None where the strategy needs none."""
    canary, green = section.canary, section.blue_green
    path = "blueGreen.activeService" if green else "canary.stableService"
    asked = green.active_service if green else canary.stable_service if canary else ""
    if canary and not (canary.istio or asked or canary.canary_service):
        return None
    other = green.preview_service if green else canary.canary_service if canary else ""
    services = [body for body in objects if body["kind"] == "Service" and space(body) == space(deployment)]
    found = [body for body in services if named(body) == asked]
    if not asked:
        labels = pod_labels(deployment)
        found = [body for body in services if selects(_selector(body), labels) and named(body) != other]
    if len(found) != 1:
        names = ", ".join(sorted(map(named, services))) or "none"
        what = f"the application has no Service {asked}" if asked else ""
        what = what or f"{len(found) or 'no'} Services lead to the pods of Deployment {named(deployment)}"
        faults.append(Fault(path, what, f"name one with {path}: the application's Services are: {names}"))
        return None
    return found[0]


def _selector(service: JsonObject) -> Mapping[str, str]:
    return as_mapping(as_mapping(service.get("spec")).get("selector"))


def _kind(body: JsonObject) -> tuple[str, str]:
    key = ObjectKey.of_body(body)
    return key.group, key.kind


def named(body: JsonObject) -> str:
    """An object's name."""
    return str(body["metadata"].get("name") or "")


def space(body: JsonObject) -> str:
    """An object's namespace, "" for none."""
    return str(body["metadata"].get("namespace") or "")
