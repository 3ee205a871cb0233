"""A project: what the applications that name it may use, as Argo CD's AppProject says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class AllowedDestination:
    """Where applications may go; each field is a glob, and one that begins with `!` forbids."""

    server: str = ""
    name: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class KindPattern:
    """Kinds of objects, by globs over group, kind and name; "" as name is any."""

    group: str
    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SyncWindow:
    """When syncs are allowed or denied.

    Attributes:
        kind: which of the two.
        schedule: when it opens, as five fields of cron.
        duration: how long it stays open, in seconds.
        time_zone: of the schedule, as `Europe/Berlin`.
        applications: globs over names; any of the three lists is enough, unless `all_of` says otherwise.
        namespaces: globs over destinations' namespaces.
        clusters: globs over destinations' names and servers.
        all_of: whether each list that is stated has to match.
        manual: whether a sync that a person asks for may pass all the same.
        overrun: whether a sync that runs when it closes may end.
    """

    kind: Literal["allow", "deny"]
    schedule: str
    duration: float
    time_zone: str = "UTC"
    applications: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    all_of: bool = False
    manual: bool = False
    overrun: bool = False


@dataclass(frozen=True, slots=True)
class OrphanRule:
    """Whether objects of no application are told of in the project's namespaces, and which are passed over."""

    warn: bool = True
    ignored: tuple[KindPattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """Rules for the applications of one project.

    Attributes:
        name: as applications name it.
        namespace: where the project object lives, which is Argo CD's own namespace; "" when it does not say.
        sources: globs over repositories; one that begins with `!` forbids.
        destinations: clusters and namespaces.
        cluster_allowed: kinds without a namespace that are allowed; none when it is empty.
        cluster_denied: of those, what is forbidden all the same.
        namespaced_allowed: kinds with a namespace that are allowed; None allows all.
        namespaced_denied: of those, what is forbidden all the same.
        source_namespaces: globs over namespaces besides the project's own that Application objects may live in.
        orphans: what is told of objects of no application; None tells nothing.
        windows: when syncs are allowed.
    """

    name: str
    namespace: str = ""
    sources: tuple[str, ...] = ()
    destinations: tuple[AllowedDestination, ...] = ()
    cluster_allowed: tuple[KindPattern, ...] = ()
    cluster_denied: tuple[KindPattern, ...] = ()
    namespaced_allowed: tuple[KindPattern, ...] | None = None
    namespaced_denied: tuple[KindPattern, ...] = ()
    source_namespaces: tuple[str, ...] = ()
    orphans: OrphanRule | None = None
    windows: tuple[SyncWindow, ...] = ()


_ANYTHING = (KindPattern("*", "*"),)
DEFAULT_PROJECT = Project(
    "default",
    sources=("*",),
    destinations=(AllowedDestination("*", "*", "*"),),
    cluster_allowed=_ANYTHING,
)
