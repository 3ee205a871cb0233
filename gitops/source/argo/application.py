"""An Application becomes one of the model's, when it is for this stack's cluster."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gitops.model import compare_options
from gitops.model.application import Application
from gitops.model.duration import parse_duration
from gitops.model.keys import ROLLBACK_ANNOTATION
from gitops.model.origin import Origin
from gitops.model.sync import IgnoreDifference, Retry
from gitops.source.argo.fleet import IN_CLUSTER, IN_CLUSTER_SERVER, Fleet, find_cluster, name_of, server_of
from gitops.source.argo.objects import (
    FINALIZER,
    OPTIONS_ANNOTATION,
    WAVE_ANNOTATION,
    RawLike,
    read_strictly,
)
from gitops.source.argo.sources import Reading, pairs, read_sources
from gitops.source.argo.spec import ApplicationObject
from gitops.source.argo.syncoptions import annotated_options, read_sync_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.model.errors import Problems
    from gitops.model.settings import FleetCluster
    from gitops.source.argo.spec import ApplicationSpec, Backoff, Destination, SyncPolicy

# A name is a label's value too, which ends at 63 characters.
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?")
_WAVE = re.compile(r"[+-]?[0-9]{1,9}")
_SECONDS = re.compile(r"[0-9]+")


def read_application(raw: RawLike, fleet: Fleet, problems: Problems) -> Application | None:
    """The application that an Application object states, or None when it is wrong or for another stack's cluster.

    Its `tree` is "": what its sources hold is not looked at here.
    """
    stated = read_strictly(raw, ApplicationObject, problems)
    if stated is None:
        return None
    metadata, spec, before = stated.metadata, stated.spec, len(problems)

    def object_to(what: str, next_step: str) -> None:
        problems.add(what, raw.where, next_step, metadata.name)

    if not _NAME.fullmatch(metadata.name):
        object_to(
            f"{metadata.name!r} can't be an application's name",
            "use lower-case letters, digits, dots and dashes, 63 at most",
        )
    cluster = _cluster(spec.destination, fleet, object_to)
    if cluster is None or cluster.stack != fleet.stack:
        return None
    sources = read_sources(spec, Reading(fleet, object_to))
    policy = spec.sync_policy
    automated = policy.automated if policy.automated and policy.automated.enabled else None
    application = Application(
        name=metadata.name,
        path=sources[0].path if sources and not sources[0].repository else "",
        tree="",
        namespace=spec.destination.namespace,
        wave=read_wave(metadata.annotations, object_to),
        prune=bool(automated and automated.prune),
        self_heal=bool(automated and automated.self_heal),
        project=spec.project or "default",
        sources=sources,
        ignore_differences=_ignored(spec, object_to),
        retry=_retry(policy, object_to),
        automated=automated is not None,
        rollback_on_failure=_goes_back(metadata.annotations, object_to),
        allow_empty=bool(automated and automated.allow_empty),
        cascade=_cascades(metadata.finalizers, metadata.annotations, object_to),
        stated=raw.where,
        origin=Origin(
            namespace=metadata.namespace,
            labels=pairs(metadata.labels),
            **_called(spec.destination, cluster, fleet),
            repositories=tuple(
                source.repository for source in spec.sources or (spec.source,) if source is not None
            ),
            history_limit=spec.revision_history_limit,
            info=tuple((item.name, item.value) for item in spec.info),
            compare_options=tuple(
                text.strip()
                for text in metadata.annotations.get(compare_options.ANNOTATION, "").split(",")
                if text
            ),
        ),
    )
    application = _with_options(application, policy, object_to)
    return application if len(problems) == before else None


def read_wave(annotations: dict[str, str], object_to: Callable[[str, str], None]) -> int:
    """The sync wave that annotations state, 0 without one."""
    text = annotations.get(WAVE_ANNOTATION, "0")
    if _WAVE.fullmatch(text):
        return int(text)
    object_to(f"annotation {WAVE_ANNOTATION} is {text!r}, not a whole number", "mend it")
    return 0


def _cluster(
    destination: Destination, fleet: Fleet, object_to: Callable[[str, str], None]
) -> FleetCluster | None:
    name, server = destination.name, destination.server
    if bool(name) == bool(server):
        what = "states both server and name" if name else "states neither server nor name"
        object_to(f"spec.destination {what}", "state the one or the other")
        return None
    cluster = find_cluster(fleet, name, server)
    if cluster is None:
        known = ", ".join(sorted(name_of(item) for item in fleet.clusters))
        object_to(
            f"spec.destination {name or server!r} is no cluster of this project",
            f"the clusters are {known}; give gitops:destinations of one this name or address",
        )
    return cluster


def _called(destination: Destination, cluster: FleetCluster, fleet: Fleet) -> dict[str, str]:
    """Both the name and the address of the destination, of which an Application states one."""
    own = destination.name == IN_CLUSTER or destination.server == IN_CLUSTER_SERVER
    name, server = (IN_CLUSTER, IN_CLUSTER_SERVER) if own else (name_of(cluster), server_of(cluster, fleet))
    return {
        "destination_name": destination.name or name,
        "destination_server": destination.server or server,
    }


def _with_options(
    application: Application, policy: SyncPolicy, object_to: Callable[[str, str], None]
) -> Application:
    options, complaints = read_sync_options(policy.sync_options)
    for complaint in complaints:
        object_to(complaint, "mend spec.syncPolicy.syncOptions")
    managed = policy.managed_namespace_metadata
    if managed:
        options = replace(
            options,
            namespace_labels=pairs(managed.labels),
            namespace_annotations=pairs(managed.annotations),
        )
    if not application.cascade and options.delete == "true":
        options = replace(options, delete="false")
    return replace(
        application,
        options=options,
        create_namespace=options.create_namespace,
        prune=application.prune and options.prune != "false",
    )


def _ignored(spec: ApplicationSpec, object_to: Callable[[str, str], None]) -> tuple[IgnoreDifference, ...]:
    for index, item in enumerate(spec.ignore_differences):
        if not (item.json_pointers or item.jq_path_expressions or item.managed_fields_managers):
            object_to(
                f"spec.ignoreDifferences[{index}] names no fields",
                "state jsonPointers, jqPathExpressions or managedFieldsManagers",
            )
    return tuple(item.rule for item in spec.ignore_differences)


def _retry(policy: SyncPolicy, object_to: Callable[[str, str], None]) -> Retry:
    """Stating `retry` replaces the whole default; without it only automated syncs are tried again."""
    if policy.retry is None:
        return Retry() if policy.automated and policy.automated.enabled else Retry(limit=0)
    backoff: Backoff = policy.retry.backoff
    return Retry(
        limit=policy.retry.limit,
        first=_seconds(backoff.duration, "duration", object_to),
        factor=float(backoff.factor),
        most=_seconds(backoff.max_duration, "maxDuration", object_to),
    )


def _seconds(text: str, name: str, object_to: Callable[[str, str], None]) -> float:
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        return parse_duration(text)
    except ValueError as error:
        object_to(f"spec.syncPolicy.retry.backoff.{name}: {error}", "mend it")
        return 0.0


def _goes_back(annotations: dict[str, str], object_to: Callable[[str, str], None]) -> bool:
    text = annotations.get(ROLLBACK_ANNOTATION, "false")
    if text not in {"true", "false"}:
        object_to(f"annotation {ROLLBACK_ANNOTATION} is {text!r}", 'write "true" or "false"')
    return text == "true"


def _cascades(
    finalizers: tuple[str, ...], annotations: dict[str, str], object_to: Callable[[str, str], None]
) -> bool:
    """Whether the objects go with the Application: it has the finalizer, and no option that keeps it."""
    options, complaints = annotated_options(annotations.get(OPTIONS_ANNOTATION, ""))
    for complaint in complaints:
        object_to(complaint, f"mend annotation {OPTIONS_ANNOTATION}")
    kept = "false" in {options.prune, options.delete}
    return not kept and any(item.partition("/")[0] == FINALIZER for item in finalizers)
