"""How one object of the plan is treated: what is waited for, what is left alone, what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.expressions import ExpressionError, paths
from gitops.manifests.options import object_options
from gitops.model.paths import pointer_to
from gitops.model.plan import HealthCheck, PlannedObject
from gitops.rollouts.naming import is_rollout
from gitops.waves.phases import trigger
from gitops.waves.readiness import is_waited_for, own_rule, readiness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.application import Application
    from gitops.model.manifest import Manifest
    from gitops.model.steering import Steering
    from gitops.model.sync import IgnoreDifference


def planned_object(
    manifest: Manifest,
    application: Application,
    wave: int,
    after: Iterable[str],
    steered: Iterable[IgnoreDifference] = (),
    steering: Steering | None = None,
) -> PlannedObject:
    """The object as a step after those that are named.

    `steered` are the rules by which others own parts of it, `steering` says which part of its lists is a Rollout's.
    Such parts are not among what is left alone: that depends on what lives.
    """
    options, _ = object_options(manifest.annotations, application.options)
    respected = application.ignore_differences if options.respect_ignore_differences else ()
    return PlannedObject(
        manifest,
        wave,
        readiness(manifest, application),
        tuple(sorted(set(after))),
        options,
        _ignored(manifest, (*respected, *(() if steering else steered))),
        steering,
    )


def health_check(
    planned: PlannedObject,
    application: Application,
    workload: Manifest | None = None,
    group: tuple[Manifest, ...] = (),
) -> HealthCheck | None:
    """The point where an object is waited for by a rule that the provider does not know; None without one.

    `workload` is what a Rollout takes the pods of over, and so comes before the point; `group` are those that go on
    together with it.
    """
    manifest = planned.manifest
    rule = own_rule(manifest, application)
    if rule is None and not is_waited_for(manifest):
        return None
    words = (rule.current, rule.in_progress, rule.failed) if rule else ()
    told = " ".join([trigger([manifest, *([workload] if workload else [])]), *words]).strip()
    timeout = application.rollout_timeout if is_rollout(manifest.key) else planned.readiness.timeout
    after = (planned.name, *([workload.key.resource_name] if workload else []))
    return HealthCheck(manifest, planned.wave, after, rule, timeout, told, group)


def _ignored(manifest: Manifest, rules: Iterable[IgnoreDifference]) -> tuple[str, ...]:
    """JSON pointers to what of an object a sync leaves alone.

    A jq expression that can't be evaluated leaves nothing alone; the comparison tells about it.
    """
    found: set[str] = set()
    for rule in rules:
        if rule.is_about(manifest.key):
            found.update(rule.json_pointers)
            for expression in rule.jq_expressions:
                found.update(_pointers(expression, manifest))
    return tuple(sorted(found))


def _pointers(expression: str, manifest: Manifest) -> list[str]:
    try:
        places = paths(expression, manifest.body)
    except ExpressionError:
        return []
    return [pointer_to(place) for place in places]
