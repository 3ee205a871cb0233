"""How one object of the plan is treated: what is waited for, what is left alone, what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.manifests.options import object_options
from gitops.model.plan import PlannedObject
from gitops.waves.readiness import readiness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.application import Application
    from gitops.model.manifest import Manifest
    from gitops.model.sync import IgnoreDifference, SyncOptions


def planned_object(
    manifest: Manifest, application: Application, wave: int, after: Iterable[str]
) -> PlannedObject:
    """The object as a step after those that are named."""
    options, _ = object_options(manifest.annotations, application.options)
    return PlannedObject(
        manifest,
        wave,
        readiness(manifest, application),
        tuple(sorted(set(after))),
        options,
        _ignored(manifest, application, options),
    )


def _ignored(manifest: Manifest, application: Application, options: SyncOptions) -> tuple[str, ...]:
    """The ignored differences of an object that a sync is told to respect."""
    if not options.respect_ignore_differences:
        return ()
    rules = (rule for rule in application.ignore_differences if _is_about(rule, manifest))
    return tuple(sorted({pointer for rule in rules for pointer in rule.json_pointers}))


def _is_about(rule: IgnoreDifference, manifest: Manifest) -> bool:
    key = manifest.key
    return (
        rule.group in {"*", key.group}
        and rule.kind in {"*", key.kind}
        and rule.name in {"", key.name}
        and rule.namespace in {"", key.namespace}
    )
