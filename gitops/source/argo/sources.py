"""An Application's sources become the model's, checked before any tool sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.model import sources as model
from gitops.source.argo.repository import complaint, inside, same_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitops.source.argo import spec
    from gitops.source.argo.fleet import Fleet


@dataclass(frozen=True, slots=True)
class Reading:
    """Where an objection goes, and whose repository is whose."""

    fleet: Fleet
    object_to: Callable[[str, str], None]


def read_sources(stated: spec.ApplicationSpec, reading: Reading) -> tuple[model.Source, ...]:
    """The sources in their order; `sources` wins over `source`, as in Argo CD."""
    if stated.source_hydrator is not None:
        reading.object_to(
            "spec.sourceHydrator is not supported", "state the hydrated branch and path as source"
        )
        return ()
    if stated.sources:
        numbered = [(f"spec.sources[{index}]", source) for index, source in enumerate(stated.sources)]
    else:
        numbered = [("spec.source", stated.source)] if stated.source else []
    if not numbered:
        reading.object_to("spec.source is missing", "state repoURL and path or chart")
    found = (_source(source, place, reading, several=bool(stated.sources)) for place, source in numbered)
    return tuple(source for source in found if source is not None)


def _source(source: spec.Source, place: str, reading: Reading, *, several: bool) -> model.Source | None:
    if not source.repository or not (source.path or source.chart or (several and source.ref)):
        reading.object_to(f"{place} needs repoURL and either path or chart", "state them")
        return None
    if source.plugin:
        plugin = source.plugin.get("name") or "of its own choice"
        reading.object_to(
            f"{place} is rendered by a config management plugin ({plugin}), which is not supported",
            "commit what the plugin renders, or use Helm, Kustomize, Jsonnet or plain files",
        )
        return None
    if source.chart and not source.target_revision:
        reading.object_to(f"{place}.targetRevision is missing, and a chart needs one", "state the version")
    wrong = complaint(source.repository, source.target_revision, chart=bool(source.chart))
    path = inside(source.path)
    if wrong or path is None:
        reading.object_to(
            f"{place}: {wrong}" if wrong else f"{place}.path {source.path!r} leaves the repository",
            "mend the source",
        )
        return None
    own = not source.chart and same_repository(source.repository, reading.fleet.repository)
    followed = own and source.target_revision in {"", "HEAD", reading.fleet.revision}
    return model.Source(
        repository="" if own else source.repository,
        revision="" if followed else (source.target_revision or "HEAD"),
        path=path,
        chart=source.chart,
        ref=source.ref,
        tool=read_tool(source, place, reading.object_to),
    )


def read_tool(source: spec.Source, place: str, object_to: Callable[[str, str], None]) -> model.Tool | None:
    """The tool that is stated; an empty statement is none, and two are one too many."""
    stated: list[tuple[str, model.Tool]] = []
    if source.directory:
        stated.append(("directory", _directory(source.directory)))
    if source.helm:
        stated.append(("helm", _helm(source.helm)))
    if source.kustomize:
        stated.append(("kustomize", _kustomize(source.kustomize, place, object_to)))
    told = [(name, tool) for name, tool in stated if tool != type(tool)()]
    if len(told) > 1:
        object_to(f"{place} states several tools: {', '.join(name for name, _ in told)}", "keep the one")
    for name, version in (
        ("helm", source.helm.version if source.helm else ""),
        ("kustomize", source.kustomize.version if source.kustomize else ""),
    ):
        if version and version != "v3":
            object_to(
                f"{place}.{name}.version {version!r} can't be chosen; one exact version renders everything",
                "take the field out",
            )
    return told[0][1] if told else None


def _directory(stated: spec.Directory) -> model.Directory:
    jsonnet = stated.jsonnet
    return model.Directory(
        recurse=stated.recurse,
        include=stated.include,
        exclude=stated.exclude,
        jsonnet=model.Jsonnet(
            ext_vars=tuple((item.name, item.value, item.code) for item in jsonnet.ext_vars),
            top_level=tuple((item.name, item.value, item.code) for item in jsonnet.tlas),
            libraries=jsonnet.libs,
        ),
    )


def _helm(stated: spec.Helm) -> model.Helm:
    return model.Helm(
        release_name=stated.release_name,
        namespace=stated.namespace,
        value_files=stated.value_files,
        ignore_missing_value_files=stated.ignore_missing_value_files,
        values=stated.values,
        values_object=stated.values_object,
        parameters=tuple(
            model.HelmParameter(item.name, item.value, item.force_string) for item in stated.parameters
        ),
        file_parameters=tuple((item.name, item.path) for item in stated.file_parameters),
        skip_crds=stated.skip_crds,
        skip_tests=stated.skip_tests,
        skip_schema_validation=stated.skip_schema_validation,
        pass_credentials=stated.pass_credentials,
        kube_version=stated.kube_version,
        api_versions=stated.api_versions,
    )


def _kustomize(stated: spec.Kustomize, place: str, object_to: Callable[[str, str], None]) -> model.Kustomize:
    replicas = []
    for item in stated.replicas:
        try:
            replicas.append((item.name, int(item.count)))
        except ValueError:
            object_to(f"{place}.kustomize.replicas of {item.name!r}: {item.count!r} is no number", "mend it")
    return model.Kustomize(
        images=stated.images,
        name_prefix=stated.name_prefix,
        name_suffix=stated.name_suffix,
        namespace=stated.namespace,
        common_labels=pairs(stated.common_labels),
        common_annotations=pairs(stated.common_annotations),
        label_without_selector=stated.label_without_selector,
        label_include_templates=stated.label_include_templates,
        force_common_labels=stated.force_common_labels,
        force_common_annotations=stated.force_common_annotations,
        annotation_env_substitute=stated.common_annotations_envsubst,
        replicas=tuple(replicas),
        patches=stated.patches,
        components=stated.components,
        ignore_missing_components=stated.ignore_missing_components,
        kube_version=stated.kube_version,
        api_versions=stated.api_versions,
    )


def pairs(mapping: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """A mapping as the model holds it: sorted."""
    return tuple(sorted(mapping.items()))
