"""Where an application's manifests come from, and how the tool that renders them is told to.

The fields are those of an Argo CD Application's `source` (`argoproj.io/v1alpha1`), so that one can be read
without loss; a directory of this project's own layout is the same thing with nothing but a path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

JsonValue = Any


@dataclass(frozen=True, slots=True)
class Jsonnet:
    """Arguments of Jsonnet files; `code` says that the value is an expression, not text."""

    ext_vars: tuple[tuple[str, str, bool], ...] = ()
    top_level: tuple[tuple[str, str, bool], ...] = ()
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """Plain files.

    Attributes:
        recurse: whether files of folders below count.
        include: a glob, or `{a,b}` of several; "" takes every file.
        exclude: the same, for files to leave out; it wins.
    """

    recurse: bool = False
    include: str = ""
    exclude: str = ""
    jsonnet: Jsonnet = field(default=Jsonnet())


@dataclass(frozen=True, slots=True)
class HelmParameter:
    """One `--set`; `force_string` makes it `--set-string`."""

    name: str
    value: str
    force_string: bool = False


@dataclass(frozen=True, slots=True)
class Helm:
    """How `helm template` is called.

    Attributes:
        release_name: "" for the application's name.
        namespace: "" for the application's.
        value_files: relative to the chart, to the repository's root (`/…`), or `$ref/…` of another source.
        ignore_missing_value_files: whether a value file that does not exist is left out.
        values: inline values as YAML text; they win over files.
        values_object: inline values as an object; with them, `values` count for nothing.
        parameters: they win over all values.
        file_parameters: name and path of `--set-file`; they win over everything.
        skip_crds: whether the chart's `crds/` is left out.
        skip_tests: whether test hooks are left out of what is read; they are never applied.
        skip_schema_validation: whether values are not held against the chart's schema.
        pass_credentials: whether the repository's credentials go to other hosts too.
        kube_version: "" for the cluster's own.
        api_versions: what `.Capabilities.APIVersions` holds instead of the cluster's own.
    """

    release_name: str = ""
    namespace: str = ""
    value_files: tuple[str, ...] = ()
    ignore_missing_value_files: bool = False
    values: str = ""
    values_object: JsonValue = field(default=None, hash=False)
    parameters: tuple[HelmParameter, ...] = ()
    file_parameters: tuple[tuple[str, str], ...] = ()
    skip_crds: bool = False
    skip_tests: bool = False
    skip_schema_validation: bool = False
    pass_credentials: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kustomize:
    """What is added to a kustomization before it is built.

    Attributes:
        images: in the form of `kustomize edit set image`.
        replicas: name and count.
        patches: entries of a kustomization's `patches`.
    """

    images: tuple[str, ...] = ()
    name_prefix: str = ""
    name_suffix: str = ""
    namespace: str = ""
    common_labels: tuple[tuple[str, str], ...] = ()
    common_annotations: tuple[tuple[str, str], ...] = ()
    label_without_selector: bool = False
    label_include_templates: bool = False
    force_common_labels: bool = False
    force_common_annotations: bool = False
    annotation_env_substitute: bool = False
    replicas: tuple[tuple[str, int], ...] = ()
    patches: tuple[JsonValue, ...] = field(default=(), hash=False)
    components: tuple[str, ...] = ()
    ignore_missing_components: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


Tool = Directory | Helm | Kustomize


@dataclass(frozen=True, slots=True)
class Source:
    """One place that an application's manifests come from.

    Attributes:
        repository: URL of a Git repository, or of a chart repository when `chart` is given; "" for the stack's own.
        revision: branch, tag, commit or, of a chart, a version or constraint; "" for the stack's own revision.
        path: the directory, relative to the root; "" is the root.
        chart: a chart's name in a chart repository, else "".
        ref: the name under which other sources reach this one's files (`$ref/…`); such a source may render nothing.
        tool: what renders it; None to find out by the files that are there.
    """

    repository: str = ""
    revision: str = ""
    path: str = ""
    chart: str = ""
    ref: str = ""
    tool: Tool | None = None
