"""Overrides of sources: a directory's own word about the tool that renders it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.model.errors import ConfigError
from gitops.model.sources import Directory, Helm, HelmParameter, Jsonnet, Kustomize, Source
from gitops.source.argo.override import overridden, overridden_source
from tests import given
from tests.source.argo.argo_given import REPOSITORY, plain

if TYPE_CHECKING:
    from gitops.model.application import Application

KUSTOMIZE = Kustomize(
    images=("a=b:1",), name_prefix="p-", common_labels=(("x", "1"), ("y", "2")), replicas=(("web", 2),),
    annotation_env_substitute=True, patches=({"patch": "z"},),
)  # fmt: skip
HELM = Helm(
    release_name="r", values_object={"a": {"b": 1, "c": 2}}, parameters=(HelmParameter("p", "1", force_string=True),),
    file_parameters=(("f", "x"),), value_files=("v.yaml",),
)  # fmt: skip
DIRECTORY = Directory(recurse=True, jsonnet=Jsonnet((("e", "1", False),), (("t", "2", True),), ("lib",)))


def patched(tool: Any, text: str, name: str = ".argocd-source.yaml") -> Any:
    commit = given.commit({f"apps/web/{name}": text, "apps/web/a.yaml": ""})
    return overridden_source(Source(path="apps/web", tool=tool), "web", commit).tool


@pytest.mark.parametrize("tool", [KUSTOMIZE, HELM, DIRECTORY, None])
def test_an_empty_override_changes_nothing(tool: Any) -> None:
    assert patched(tool, "") == tool


def test_a_list_replaces_a_list_and_a_mapping_is_merged() -> None:
    found = patched(KUSTOMIZE, "kustomize: {images: [c=d:2], commonLabels: {x: null, z: '3'}}")
    assert found == replace(KUSTOMIZE, images=("c=d:2",), common_labels=(("y", "2"), ("z", "3")))


def test_values_are_merged_and_null_takes_one_away() -> None:
    found = patched(HELM, "helm: {valuesObject: {a: {b: null, d: 3}}, parameters: [{name: q, value: '2'}]}")
    assert found == replace(
        HELM, values_object={"a": {"c": 2, "d": 3}}, parameters=(HelmParameter("q", "2"),)
    )


def test_a_tool_can_be_stated_where_there_was_none() -> None:
    assert patched(None, "kustomize: {namePrefix: x-}") == Kustomize(name_prefix="x-")


def test_the_application_s_own_file_comes_last() -> None:
    files = {
        "apps/web/.argocd-source.yaml": "kustomize: {namePrefix: all-, nameSuffix: -s}",
        "apps/web/.argocd-source-web.yaml": "kustomize: {namePrefix: web-}",
        "apps/web/.argocd-source-other.yaml": "kustomize: {namePrefix: other-}",
    }
    found = overridden_source(Source(path="apps/web"), "web", given.commit(files))
    assert found.tool == Kustomize(name_prefix="web-", name_suffix="-s")


def test_repository_path_chart_and_revision_can_t_be_changed() -> None:
    text = "repoURL: https://evil.test/x\npath: ../..\nchart: x\ntargetRevision: y\nhelm: {releaseName: r}"
    commit = given.commit({"apps/web/.argocd-source.yaml": text})
    before = Source(path="apps/web", revision="")
    assert overridden_source(before, "web", commit) == replace(before, tool=Helm(release_name="r"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a", "an override is an object"),
        ("helm: [", "apps/web/.argocd-source.yaml:2: "),
        ("helm: {valueFile: x}", "`helm.valueFile` is not a known field"),
        ("kustomize: {namePrefix: x}\nhelm: {releaseName: x}", "several tools: helm, kustomize"),
        ("kustomize: {replicas: [{name: a, count: x}]}", "'x' is no number"),
        ("kustomize: {version: v4}", "can't be chosen"),
    ],
)
def test_an_override_that_can_t_be_honored_is_refused_with_its_file(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        patched(None, text)
    assert said in str(caught.value)
    assert "apps/web/.argocd-source.yaml" in str(caught.value)


def test_an_application_s_own_sources_are_overridden_and_others_are_not() -> None:
    commit = given.commit({"apps/web/.argocd-source.yaml": "kustomize: {namePrefix: x-}"})
    other = {"repoURL": "https://git.example.test/other", "path": "apps/web"}
    application: Application = plain({"sources": [{"repoURL": REPOSITORY, "path": "apps/web"}, other]})
    found = overridden(application, lambda source: None if source.repository else commit)
    tools = [source.tool for source in found.sources]
    assert tools == [Kustomize(name_prefix="x-"), None]


def test_a_link_is_not_followed() -> None:
    commit = given.commit({"a/.argocd-source.yaml": "../secret"}, {"a/.argocd-source.yaml": "120000"})
    assert overridden_source(Source(path="a"), "web", commit) == Source(path="a")


def test_an_application_without_overrides_is_the_same() -> None:
    application = plain({})
    assert overridden(application, lambda _: given.commit({"x": ""})) is application
