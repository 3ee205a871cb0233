"""Sources of Applications: whose repository it is, and every field of the tools that render it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from gitops.model.sources import Directory, Helm, HelmParameter, Jsonnet, Kustomize, Source
from gitops.source.argo.repository import same_repository
from tests.source.argo.argo_given import REPOSITORY, application, plain


def source(**fields: Any) -> Source:
    return plain({"source": {"repoURL": REPOSITORY, "path": "apps/web", **fields}}).sources[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.test/team/platform",
        "https://git.example.test/team/platform/",
        "https://GIT.example.test/team/platform.git",
        "git@git.example.test:team/platform.git",
        "ssh://git@git.example.test/team/platform",
        "ssh://git@git.example.test:22/team/platform.git",
    ],
)
def test_the_stack_s_own_repository_is_known_in_every_form(url: str) -> None:
    assert source(repoURL=url, targetRevision="HEAD").repository == ""


@pytest.mark.parametrize("revision", ["", "HEAD", "main"])
def test_the_revision_that_the_stack_follows_is_its_own(revision: str) -> None:
    assert source(targetRevision=revision).revision == ""


def test_another_revision_of_the_own_repository_is_kept() -> None:
    found = source(targetRevision="v1.2.3")
    assert (found.repository, found.revision) == ("", "v1.2.3")


def test_another_repository_is_kept_with_its_default_branch() -> None:
    found = source(repoURL="https://git.example.test/team/other.git")
    assert (found.repository, found.revision) == ("https://git.example.test/team/other.git", "HEAD")


def test_a_constraint_on_tags_is_kept() -> None:
    assert source(targetRevision=">=1.2 <2.0").revision == ">=1.2 <2.0"


@for_any(st.text(), st.text())
def test_comparing_repositories_never_fails(one: str, other: str) -> None:
    assert same_repository(one, one)
    assert same_repository(one, other) == same_repository(other, one)


def test_a_chart_needs_a_version_and_keeps_its_repository() -> None:
    chart = {"repoURL": "https://charts.example.test", "chart": "redis", "path": ""}
    assert source(**chart, targetRevision="1.2.*") == Source(
        "https://charts.example.test", "1.2.*", chart="redis"
    )
    read = application({"source": chart})
    assert "targetRevision is missing" in read.problems[0]


def test_an_oci_registry_without_a_scheme_is_a_chart_repository() -> None:
    assert (
        source(repoURL="registry.example.test/charts", chart="redis", targetRevision="1.0.0").chart == "redis"
    )


def test_every_field_of_helm_is_read() -> None:
    stated = {
        "releaseName": "r", "namespace": "n", "valueFiles": ["a.yaml", "$values/b.yaml"], "values": "x: 1",
        "valuesObject": {"a": {"b": None}}, "parameters": [{"name": "p", "value": "1", "forceString": True}],
        "fileParameters": [{"name": "f", "path": "files/x"}], "ignoreMissingValueFiles": True, "skipCrds": True,
        "skipTests": True, "skipSchemaValidation": True, "passCredentials": True, "kubeVersion": "1.30.0",
        "apiVersions": ["a/v1"], "version": "v3",
    }  # fmt: skip
    assert source(helm=stated).tool == Helm(
        release_name="r",
        namespace="n",
        value_files=("a.yaml", "$values/b.yaml"),
        ignore_missing_value_files=True,
        values="x: 1",
        values_object={"a": {"b": None}},
        parameters=(HelmParameter("p", "1", force_string=True),),
        file_parameters=(("f", "files/x"),),
        skip_crds=True,
        skip_tests=True,
        skip_schema_validation=True,
        pass_credentials=True,
        kube_version="1.30.0",
        api_versions=("a/v1",),
    )


def test_every_field_of_kustomize_is_read() -> None:
    stated = {
        "images": ["a=b:1"], "namePrefix": "p-", "nameSuffix": "-s", "namespace": "n", "commonLabels": {"l": "1"},
        "commonAnnotations": {"a": "1"}, "commonAnnotationsEnvsubst": True, "forceCommonLabels": True,
        "forceCommonAnnotations": True, "labelWithoutSelector": True, "labelIncludeTemplates": True,
        "replicas": [{"name": "d", "count": "3"}, {"name": "e", "count": 2}], "patches": [{"patch": "x"}],
        "components": ["../c"], "ignoreMissingComponents": True, "kubeVersion": "1.30.0", "apiVersions": ["a/v1"],
    }  # fmt: skip
    assert source(kustomize=stated).tool == Kustomize(
        images=("a=b:1",),
        name_prefix="p-",
        name_suffix="-s",
        namespace="n",
        common_labels=(("l", "1"),),
        common_annotations=(("a", "1"),),
        label_without_selector=True,
        label_include_templates=True,
        force_common_labels=True,
        force_common_annotations=True,
        annotation_env_substitute=True,
        replicas=(("d", 3), ("e", 2)),
        patches=({"patch": "x"},),
        components=("../c",),
        ignore_missing_components=True,
        kube_version="1.30.0",
        api_versions=("a/v1",),
    )


def test_every_field_of_directory_is_read() -> None:
    jsonnet = {
        "extVars": [{"name": "e", "value": "1"}],
        "tlas": [{"name": "t", "value": "2", "code": True}],
        "libs": ["lib"],
    }
    stated = {"recurse": True, "include": "{a,b}.yaml", "exclude": "c*", "jsonnet": jsonnet}
    assert source(directory=stated).tool == Directory(
        recurse=True,
        include="{a,b}.yaml",
        exclude="c*",
        jsonnet=Jsonnet((("e", "1", False),), (("t", "2", True),), ("lib",)),
    )


def test_an_empty_tool_is_none_so_that_files_decide() -> None:
    assert source(directory={}, helm={}, kustomize={}).tool is None


def test_two_tools_are_one_too_many() -> None:
    read = application({"source": {"repoURL": REPOSITORY, "path": "x", "helm": {"releaseName": "a"}, "kustomize":
                                   {"namePrefix": "b"}}})  # fmt: skip
    assert "several tools: helm, kustomize" in read.problems[0]


def test_several_sources_win_over_one_and_a_ref_needs_no_path() -> None:
    values = {"repoURL": REPOSITORY, "ref": "values"}
    chart = {"repoURL": "https://charts.example.test", "chart": "redis", "targetRevision": "1.0.0"}
    found = plain({"sources": [chart, values]})
    assert [(item.chart, item.ref) for item in found.sources] == [("redis", ""), ("", "values")]
