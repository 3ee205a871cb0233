"""Resources taken out of a stack's state, without a word to the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi import automation

from gitops.engine.stacks import exported, opened, translated
from gitops.model.partial import APPLICATION

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

_TYPE = "kubernetes:"


def forget(stack: str, project: Path, names: Collection[str]) -> int:
    """How many resources with these names the stack no longer has.

    Raises:
        ConflictError: another run holds the stack's lock.
        GitOpsError: the engine can't read or write the state.
    """
    return _forget(stack, project, lambda resources: without(resources, names))


def forget_applications(stack: str, project: Path, names: Collection[str]) -> int:
    """The same for all that the stack has of applications: objects, hooks, checks of health and gates.

    Raises as `forget`.
    """
    return _forget(stack, project, lambda resources: without_applications(resources, names))


def forget_urns(stack: str, project: Path, urns: Collection[str]) -> int:
    """The same for single resources of any type.

    Raises as `forget`.
    """
    return _forget(stack, project, lambda resources: without_urns(resources, urns))


def _forget(
    stack: str, project: Path, kept_of: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> int:
    with translated(stack, "did not forget what it should", "check that `pulumi stack` works here"):
        handle = opened(stack, project)
        found = exported(handle)
        state = dict(found.deployment or {})
        resources: list[dict[str, Any]] = state.get("resources") or []
        kept = kept_of(resources)
        if len(kept) != len(resources):
            handle.import_stack(automation.Deployment(found.version, {**state, "resources": kept}))
    return len(resources) - len(kept)


def without(resources: list[dict[str, Any]], names: Collection[str]) -> list[dict[str, Any]]:
    """A state's resources but for the Kubernetes objects of these names, and no reference to one of those."""
    gone = {
        r["urn"] for r in resources if r["type"].startswith(_TYPE) and r["urn"].rpartition("::")[2] in names
    }
    return without_urns(resources, gone)


def without_applications(resources: list[dict[str, Any]], names: Collection[str]) -> list[dict[str, Any]]:
    """A state's resources but for these applications and what is below them."""
    groups = {
        r["urn"] for r in resources if r["type"] == APPLICATION and r["urn"].rpartition("::")[2] in names
    }
    return without_urns(resources, groups | {r["urn"] for r in resources if r.get("parent") in groups})


def without_urns(resources: list[dict[str, Any]], gone: Collection[str]) -> list[dict[str, Any]]:
    """A state's resources but for these, and no reference to one of those."""
    return [_unlinked(r, gone) for r in resources if r["urn"] not in gone]


def _unlinked(resource: dict[str, Any], gone: Collection[str]) -> dict[str, Any]:
    result = dict(resource)
    if "dependencies" in result:
        result["dependencies"] = [urn for urn in result["dependencies"] if urn not in gone]
    if "propertyDependencies" in result:
        properties = result["propertyDependencies"] or {}
        result["propertyDependencies"] = {
            key: [urn for urn in urns or () if urn not in gone] for key, urns in properties.items()
        }
    if result.get("deletedWith") in gone:
        del result["deletedWith"]
    return result
