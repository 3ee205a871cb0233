"""The fields of an AppProject, as its CustomResourceDefinition has them (Argo CD 3.1).

Source: `manifests/crds/appproject-crd.yaml` of Argo CD; a field that is not here is refused.
"""

from __future__ import annotations

from typing import Any, Literal

from gitops.source.argo.objects import Metadata  # noqa: TC001 - msgspec reads the annotation
from gitops.source.argo.spec import Fields


class Destination(Fields, frozen=True):
    """`spec.destinations[]`."""

    server: str = ""
    name: str = ""
    namespace: str = ""


class Kind(Fields, frozen=True):
    """An item of the lists of kinds."""

    group: str = ""
    kind: str = ""
    name: str = ""


class Orphans(Fields, frozen=True):
    """`spec.orphanedResources`."""

    warn: bool = True
    ignore: tuple[Kind, ...] = ()


class OwnWindow(Fields, frozen=True):
    """A window of whatever states it."""

    kind: Literal["allow", "deny"]
    schedule: str
    duration: str
    time_zone: str = "UTC"
    manual_sync: bool = False
    sync_overrun: bool = False
    description: str = ""


class Window(OwnWindow, frozen=True, kw_only=True):
    """`spec.syncWindows[]`, which says whom it is for."""

    applications: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    and_operator: bool = False


class ProjectSpec(Fields, frozen=True):
    """`spec` of an AppProject; roles and tokens are for Argo CD's own server and are not looked at."""

    description: str = ""
    source_repos: tuple[str, ...] = ()
    destinations: tuple[Destination, ...] = ()
    cluster_resource_whitelist: tuple[Kind, ...] = ()
    cluster_resource_blacklist: tuple[Kind, ...] = ()
    namespace_resource_whitelist: tuple[Kind, ...] | None = None
    namespace_resource_blacklist: tuple[Kind, ...] = ()
    source_namespaces: tuple[str, ...] = ()
    orphaned_resources: Orphans | None = None
    sync_windows: tuple[Window, ...] = ()
    permit_only_project_scoped_clusters: bool = False
    signature_keys: tuple[Any, ...] = ()
    source_integrity: Any = None
    destination_service_accounts: tuple[Any, ...] = ()
    roles: Any = None


class ProjectObject(Fields, frozen=True):
    """A whole AppProject; `status` is what its controller writes and is not looked at."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: ProjectSpec = ProjectSpec()
    status: Any = None
