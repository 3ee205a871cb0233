"""The fields of an ApplicationSet, as its CustomResourceDefinition has them (Argo CD 3.1).

Source: `manifests/crds/applicationset-crd.yaml` of Argo CD; a field that is not here is refused.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from gitops.source.argo.objects import Metadata  # noqa: TC001 - msgspec reads the annotation
from gitops.source.argo.selector import Expression, Selector
from gitops.source.argo.spec import Fields

JsonObject = dict[str, Any]


class ListGenerator(Fields, frozen=True):
    """`list`."""

    elements: tuple[JsonObject, ...] = ()
    elements_yaml: str = ""
    template: JsonObject = msgspec.field(default_factory=dict)


class ClusterGenerator(Fields, frozen=True):
    """`clusters`."""

    selector: Selector = Selector()
    values: dict[str, str] = msgspec.field(default_factory=dict)
    flat_list: bool = False
    template: JsonObject = msgspec.field(default_factory=dict)


class PathItem(Fields, frozen=True):
    """One of `git.directories` or `git.files`."""

    path: str
    exclude: bool = False


class GitGenerator(Fields, frozen=True):
    """`git`."""

    repository: str = msgspec.field(name="repoURL")
    revision: str = ""
    directories: tuple[PathItem, ...] = ()
    files: tuple[PathItem, ...] = ()
    path_param_prefix: str = ""
    values: dict[str, str] = msgspec.field(default_factory=dict)
    requeue_after_seconds: int | None = None
    template: JsonObject = msgspec.field(default_factory=dict)


class MatrixGenerator(Fields, frozen=True):
    """`matrix`."""

    generators: tuple[JsonObject, ...]
    template: JsonObject = msgspec.field(default_factory=dict)


class MergeGenerator(Fields, frozen=True):
    """`merge`."""

    generators: tuple[JsonObject, ...]
    merge_keys: tuple[str, ...] = ()
    template: JsonObject = msgspec.field(default_factory=dict)


class SetSyncPolicy(Fields, frozen=True):
    """`spec.syncPolicy`."""

    preserve_resources_on_deletion: bool = False
    applications_sync: Literal["", "sync", "create-only", "create-update", "create-delete"] = ""


class Step(Fields, frozen=True):
    """One of `strategy.rollingSync.steps`."""

    match_expressions: tuple[Expression, ...] = ()
    max_update: int | str | None = None


class RollingSync(Fields, frozen=True):
    """`strategy.rollingSync`."""

    steps: tuple[Step, ...] = ()


class Strategy(Fields, frozen=True):
    """`spec.strategy`."""

    type: Literal["", "AllAtOnce", "RollingSync"] = ""
    rolling_sync: RollingSync = RollingSync()
    deletion_order: Literal["", "AllAtOnce", "Reverse"] = ""


class SetSpec(Fields, frozen=True):
    """`spec` of an ApplicationSet."""

    generators: tuple[JsonObject, ...]
    template: JsonObject
    go_template: bool = False
    go_template_options: tuple[str, ...] = ()
    template_patch: str | None = None
    sync_policy: SetSyncPolicy = SetSyncPolicy()
    strategy: Strategy = Strategy()
    apply_nested_selectors: bool = True
    preserved_fields: Any = None
    ignore_application_differences: Any = None


class SetObject(Fields, frozen=True):
    """A whole ApplicationSet; `status` is what its controller writes and is not looked at."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: SetSpec
    status: Any = None
