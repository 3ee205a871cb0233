"""An application: a directory of the repository and how its descriptor wants it treated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitops.model.origin import Origin
from gitops.model.sync import Retry, SyncOptions

if TYPE_CHECKING:
    from gitops.model.errors import Location
    from gitops.model.health_rule import HealthRule
    from gitops.model.project import OrphanRule, SyncWindow
    from gitops.model.rollout.section import RolloutSection
    from gitops.model.sources import Source
    from gitops.model.sync import IgnoreDifference

DEFAULT_HEALTH_TIMEOUT = 300.0
DEFAULT_ROLLOUT_TIMEOUT = 1800.0


@dataclass(frozen=True, slots=True)
class Application:
    """One application of a stack.

    Attributes:
        name: the directory's base name without a numeric prefix.
        path: the directory, relative to the repository's root.
        tree: Git tree id of that directory; equal trees mean equal files.
        namespace: where its namespaced objects go unless they say otherwise.
        wave: the order among applications; a wave starts when the one before is healthy.
        create_namespace: whether a missing Namespace object is added.
        depends_on: names of applications of the same or an earlier wave that must be healthy first.
        critical: whether drift in it is worth waking somebody.
        prune: whether objects that leave Git leave the cluster.
        self_heal: whether a change by hand is reverted by itself.
        rollback_on_failure: whether it goes back by itself to what it last ran well when a new revision fails.
        revert_on_failure: whether a commit then says in Git too that it went back.
        health_timeout: seconds that one of its objects may take to become healthy.
        rollout_timeout: seconds that one of its Rollouts may take from the first step to the last.
        project: a free name to group applications by.
        sources: where its manifests come from; none means its own directory, in the way its files tell.
        options: Argo CD's sync options; `create_namespace` and `prune` above are already made from them.
        ignore_differences: fields that are no drift.
        health_rules: rules of health for its own objects, its own before those of the stack.
        retry: how often a failed sync is tried again.
        hooks_every_sync: whether hooks run in every sync, not only when something of the application changed.
        automated: whether a new revision is applied without being asked for.
        allow_empty: whether a sync may prune everything that it has.
        cascade: whether its objects leave the cluster when it is no longer stated.
        stated: the file that states it when that is not its directory's descriptor, and the line.
        origin: what an Argo CD Application says of itself besides.
        windows: when it or its project allows syncs.
        orphans: what its project wants to be told of objects of nobody.
        rollout: how new versions of its workload reach their users, when not all at once.
    """

    name: str
    path: str
    tree: str
    namespace: str
    wave: int
    create_namespace: bool = True
    depends_on: tuple[str, ...] = field(default=())
    critical: bool = False
    prune: bool = True
    self_heal: bool = True
    health_timeout: float = DEFAULT_HEALTH_TIMEOUT
    rollout_timeout: float = DEFAULT_ROLLOUT_TIMEOUT
    project: str = "default"
    sources: tuple[Source, ...] = ()
    options: SyncOptions = field(default=SyncOptions())
    ignore_differences: tuple[IgnoreDifference, ...] = ()
    health_rules: tuple[HealthRule, ...] = ()
    retry: Retry = field(default=Retry())
    hooks_every_sync: bool = False
    automated: bool = True
    allow_empty: bool = False
    cascade: bool = True
    stated: Location | None = None
    origin: Origin = field(default=Origin())
    windows: tuple[SyncWindow, ...] = ()
    orphans: OrphanRule | None = None
    rollout: RolloutSection | None = field(default=None, hash=False)
    rollback_on_failure: bool = False
    revert_on_failure: bool = False
