"""`.argocd-source.yaml`: how a directory overrides the tool's part of an Application's source.

Source: "Parameter Overrides" in Argo CD's manual, and `mergeSourceParameters` in its repository server.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from posixpath import join
from typing import TYPE_CHECKING, Any

import msgspec

from gitops.model import sources as model
from gitops.model.errors import ConfigError, Location
from gitops.source.argo import spec
from gitops.source.argo.objects import without_nulls
from gitops.source.argo.patch import merge_patch
from gitops.source.argo.sources import read_tool
from gitops.source.commit import EXECUTABLE, FILE
from gitops.source.shaped import shaped
from gitops.source.strict import objection
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.model.application import Application
    from gitops.source.commit import Commit

_FIXED = ("repoURL", "path", "chart", "targetRevision", "ref", "name")
_TOOLS: dict[type[Any], tuple[str, type[msgspec.Struct]]] = {
    model.Directory: ("directory", spec.Directory),
    model.Helm: ("helm", spec.Helm),
    model.Kustomize: ("kustomize", spec.Kustomize),
}


def overridden(application: Application, commit_of: Callable[[model.Source], Commit | None]) -> Application:
    """The application with the overrides that the directories of its sources hold.

    A source stays as it is when `commit_of` gives no commit for it.

    Raises:
        ConfigError: an override can't be read, or says what can't be honored.
    """
    found = [(source, commit_of(source)) for source in application.sources]
    sources = tuple(
        overridden_source(source, application.name, commit) if commit else source for source, commit in found
    )
    return application if sources == application.sources else replace(application, sources=sources)


def overridden_source(source: model.Source, application: str, commit: Commit) -> model.Source:
    """A source with the overrides that its directory holds for all applications, then for this one.

    They are JSON merge patches onto the source; what it says of repository, path, chart and revision does not
    count.

    Raises:
        ConfigError: an override can't be read, or says what can't be honored.
    """
    if source.chart:
        return source
    for name in (".argocd-source.yaml", f".argocd-source-{application}.yaml"):
        file = join(source.path, name)
        entry = commit.entries.get(file)
        if entry is not None and entry.mode in {FILE, EXECUTABLE}:
            source = replace(source, tool=_patched(source.tool, commit.read(file), file))
    return source


def _patched(tool: model.Tool | None, content: bytes, file: str) -> model.Tool | None:
    where = Location(file)
    try:
        documents = read_documents(content)
    except YamlError as error:
        raise ConfigError(str(error), where=Location(file, error.line), next_step="mend the YAML") from error
    patch = documents[0].body if documents else {}
    if not isinstance(patch, dict):
        raise ConfigError("an override is an object", where=where, next_step="mend the file")
    stated = merge_patch(_stated(tool), {key: value for key, value in patch.items() if key not in _FIXED})
    try:
        source = shaped(without_nulls(stated), spec.Source)
    except msgspec.ValidationError as error:
        raise ConfigError(str(objection(error)), where=where, next_step="mend the field") from error

    def refuse(what: str, next_step: str) -> None:
        raise ConfigError(what, where=where, next_step=next_step)

    return read_tool(source, "the source", refuse)


def _stated(tool: model.Tool | None) -> dict[str, Any]:
    """A tool as an Application states it."""
    if tool is None:
        return {}
    name, shape = _TOOLS[type(tool)]
    fields = {field.name: field.encode_name for field in msgspec.structs.fields(shape)}
    return {name: {fields[key]: value for key, value in _values(tool).items() if key in fields and value}}


def _values(tool: model.Tool) -> dict[str, Any]:
    values = asdict(tool)
    if isinstance(tool, model.Helm):
        values["parameters"] = [
            {"name": item.name, "value": item.value, "forceString": item.force_string}
            for item in tool.parameters
        ]
        values["file_parameters"] = [{"name": name, "path": path} for name, path in tool.file_parameters]
    elif isinstance(tool, model.Kustomize):
        values["common_labels"] = dict(tool.common_labels)
        values["common_annotations"] = dict(tool.common_annotations)
        values["common_annotations_envsubst"] = tool.annotation_env_substitute
        values["replicas"] = [{"name": name, "count": count} for name, count in tool.replicas]
    else:
        values["jsonnet"] = {
            "extVars": [_variable(*item) for item in tool.jsonnet.ext_vars],
            "tlas": [_variable(*item) for item in tool.jsonnet.top_level],
            "libs": tool.jsonnet.libraries,
        }
    return values


def _variable(name: str, value: str, code: bool) -> dict[str, Any]:
    return {"name": name, "value": value, "code": code}
