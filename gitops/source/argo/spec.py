"""The fields of an Application, as its CustomResourceDefinition has them (Argo CD 3.1).

Source: `manifests/crds/application-crd.yaml` of Argo CD; a field that is not here is refused.
"""

from __future__ import annotations

from typing import Any

import msgspec

from gitops.source.argo.objects import Metadata  # noqa: TC001 - msgspec reads the annotation
from gitops.source.differences import Ignored  # noqa: TC001 - msgspec reads the annotation


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A mapping whose keys are all known."""


class Variable(Fields, frozen=True):
    """A Jsonnet variable."""

    name: str
    value: str = ""
    code: bool = False


class Jsonnet(Fields, frozen=True):
    """`directory.jsonnet`."""

    ext_vars: tuple[Variable, ...] = ()
    tlas: tuple[Variable, ...] = ()
    libs: tuple[str, ...] = ()


class Directory(Fields, frozen=True):
    """`source.directory`."""

    recurse: bool = False
    include: str = ""
    exclude: str = ""
    jsonnet: Jsonnet = Jsonnet()


class Parameter(Fields, frozen=True):
    """`helm.parameters[]`."""

    name: str = ""
    value: str = ""
    force_string: bool = False


class FileParameter(Fields, frozen=True):
    """`helm.fileParameters[]`."""

    name: str = ""
    path: str = ""


class Helm(Fields, frozen=True):
    """`source.helm`."""

    release_name: str = ""
    namespace: str = ""
    value_files: tuple[str, ...] = ()
    ignore_missing_value_files: bool = False
    values: str = ""
    values_object: dict[str, Any] | None = None
    parameters: tuple[Parameter, ...] = ()
    file_parameters: tuple[FileParameter, ...] = ()
    skip_crds: bool = False
    skip_tests: bool = False
    skip_schema_validation: bool = False
    pass_credentials: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    version: str = ""


class Replica(Fields, frozen=True):
    """`kustomize.replicas[]`."""

    name: str
    count: int | str


class Kustomize(Fields, frozen=True):
    """`source.kustomize`."""

    images: tuple[str, ...] = ()
    name_prefix: str = ""
    name_suffix: str = ""
    namespace: str = ""
    common_labels: dict[str, str] = {}
    common_annotations: dict[str, str] = {}
    common_annotations_envsubst: bool = False
    force_common_labels: bool = False
    force_common_annotations: bool = False
    label_without_selector: bool = False
    label_include_templates: bool = False
    replicas: tuple[Replica, ...] = ()
    patches: tuple[dict[str, Any], ...] = ()
    components: tuple[str, ...] = ()
    ignore_missing_components: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    version: str = ""


class Source(Fields, frozen=True):
    """`spec.source`, and one of `spec.sources`."""

    repository: str = msgspec.field(name="repoURL", default="")
    path: str = ""
    target_revision: str = ""
    chart: str = ""
    ref: str = ""
    name: str = ""
    directory: Directory | None = None
    helm: Helm | None = None
    kustomize: Kustomize | None = None
    plugin: dict[str, Any] | None = None


class Destination(Fields, frozen=True):
    """`spec.destination`."""

    server: str = ""
    name: str = ""
    namespace: str = ""


class Automated(Fields, frozen=True):
    """`syncPolicy.automated`."""

    enabled: bool = True
    prune: bool = False
    self_heal: bool = False
    allow_empty: bool = False


class Backoff(Fields, frozen=True):
    """`retry.backoff`; a duration without a unit is in seconds."""

    duration: str = "5s"
    factor: int = 2
    max_duration: str = "3m"


class Retry(Fields, frozen=True):
    """`syncPolicy.retry`."""

    limit: int = 0
    backoff: Backoff = Backoff()
    refresh: bool = False


class NamespaceMetadata(Fields, frozen=True):
    """`syncPolicy.managedNamespaceMetadata`."""

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class SyncPolicy(Fields, frozen=True):
    """`spec.syncPolicy`."""

    automated: Automated | None = None
    sync_options: tuple[str, ...] = ()
    retry: Retry | None = None
    managed_namespace_metadata: NamespaceMetadata | None = None


class Info(Fields, frozen=True):
    """`spec.info[]`."""

    name: str
    value: str


class ApplicationSpec(Fields, frozen=True):
    """`spec` of an Application."""

    destination: Destination
    project: str = "default"
    source: Source | None = None
    sources: tuple[Source, ...] = ()
    source_hydrator: dict[str, Any] | None = None
    sync_policy: SyncPolicy = SyncPolicy()
    ignore_differences: tuple[Ignored, ...] = ()
    info: tuple[Info, ...] = ()
    revision_history_limit: int = 10


class ApplicationObject(Fields, frozen=True):
    """A whole Application; `status` and `operation` are what its controller writes and are not looked at."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: ApplicationSpec
    status: Any = None
    operation: Any = None
