"""Applications found through Argo CD's objects, to any depth, and the waves they end in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitops.manifests.build import renderers
from gitops.manifests.cache import Cache
from gitops.model.capabilities import WITHOUT_CLUSTER
from gitops.model.errors import AccessError, Problems
from gitops.model.health_rule import HealthRule
from gitops.model.settings import ApplicationGlob, FleetCluster
from gitops.stated import DEPTH, Stated, find_stated
from tests import given

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitops.source.commit import Commit

URL = "https://git.example.test/platform.git"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
FLEET = (FleetCluster("other"), FleetCluster("test"))

Find = Callable[..., tuple[Stated, Problems]]


def application(
    name: str, path: str, wave: int | None = None, server: str = "https://kubernetes.default.svc"
) -> str:
    annotations = "" if wave is None else f"annotations: {{argocd.argoproj.io/sync-wave: '{wave}'}}"
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  {annotations}
spec:
  project: default
  source: {{repoURL: {URL}, targetRevision: HEAD, path: {path}}}
  destination: {{server: "{server}", namespace: {name}}}
  syncPolicy: {{automated: {{prune: true}}}}
"""


@pytest.fixture
def find(tmp_path: Path) -> Find:
    def found(files: Mapping[str, str], **changes: object) -> tuple[Stated, Problems]:
        plain = given.settings(argocd=("argocd",), applications=(), fleet=FLEET)
        settings = replace(plain, repository=replace(plain.repository, url=URL), **changes)  # type: ignore[arg-type]
        problems = Problems()
        rendering = renderers(settings, Cache(tmp_path), WITHOUT_CLUSTER)
        return find_stated(given.commit(files), settings, rendering, _out_of_reach, problems), problems

    return found


def _out_of_reach(url: str, revision: str) -> Commit:
    raise AccessError(f"{url}@{revision} is out of reach")


def waves(stated: Stated) -> dict[str, int]:
    return {item.name: item.wave for item in stated.applications}


def needs(stated: Stated) -> dict[str, tuple[str, ...]]:
    return {item.name: item.depends_on for item in stated.applications}


def test_applications_in_a_folder_have_the_waves_they_state(find: Find) -> None:
    stated, problems = find(
        {
            "argocd/a.yaml": application("a", "apps/a", -3),
            "argocd/deeper/b.yaml": application("b", "apps/b"),
            "apps/a/x.yaml": CONFIG_MAP,
            "apps/b/x.yaml": CONFIG_MAP,
        }
    )

    assert not problems.found
    assert waves(stated) == {"a": -3, "b": 0}
    assert stated.argo


def test_a_single_file_may_be_named(find: Find) -> None:
    files = {
        "argocd/a.yaml": application("a", "apps/a"),
        "argocd/b.yaml": "{{ no yaml",
        "apps/a/x.yaml": CONFIG_MAP,
    }

    stated, problems = find(files, argocd=("argocd/a.yaml",))

    assert not problems.found
    assert waves(stated) == {"a": 0}


def test_a_root_that_is_a_list_of_applications_is_no_application_itself(find: Find) -> None:
    stated, problems = find(
        {
            "argocd/root.yaml": application("root", "children", 50),
            "children/a.yaml": application("a", "apps/a", 1),
            "apps/a/x.yaml": CONFIG_MAP,
        }
    )

    assert not problems.found
    assert waves(stated) == {"a": 1}
    assert stated.containers == {"root"}


def test_a_child_of_a_child_keeps_its_parents_wave_and_comes_after_its_earlier_siblings(find: Find) -> None:
    stated, problems = find(
        {
            "argocd/root.yaml": application("root", "children"),
            "children/more.yaml": application("more", "grandchildren", 7),
            "grandchildren/first.yaml": application("first", "apps/first", -1),
            "grandchildren/second.yaml": application("second", "apps/second", 2),
            "apps/first/x.yaml": CONFIG_MAP,
            "apps/second/x.yaml": CONFIG_MAP,
        }
    )

    assert not problems.found
    assert waves(stated) == {"first": 7, "second": 7}
    assert needs(stated) == {"first": (), "second": ("first",)}


def test_what_comes_after_a_list_of_applications_comes_after_all_of_them(find: Find) -> None:
    stated, _ = find(
        {
            "argocd/root.yaml": application("root", "one"),
            "one/mid.yaml": application("mid", "two"),
            "two/list.yaml": application("list", "three", 0),
            "two/last.yaml": application("last", "apps/last", 1),
            "three/a.yaml": application("a", "apps/a"),
            "three/b.yaml": application("b", "apps/b"),
            **{f"apps/{name}/x.yaml": CONFIG_MAP for name in ("last", "a", "b")},
        }
    )

    assert needs(stated)["last"] == ("a", "b")


def test_a_parent_with_objects_of_its_own_comes_before_its_children(find: Find) -> None:
    stated, _ = find(
        {
            "argocd/parent.yaml": application("parent", "parent", 4),
            "parent/x.yaml": CONFIG_MAP,
            "parent/child.yaml": application("child", "apps/child", -9),
            "apps/child/x.yaml": CONFIG_MAP,
        }
    )

    assert waves(stated) == {"parent": 4, "child": 4}
    assert needs(stated)["child"] == ("parent",)
    assert [raw.body["kind"] for raw in stated.documents[stated.applications[1]]] == ["ConfigMap"]


def test_a_root_that_states_itself_is_found_once(find: Find) -> None:
    stated, problems = find(
        {
            "argocd/root.yaml": application("root", "argocd"),
            "argocd/a.yaml": application("a", "apps/a"),
            "apps/a/x.yaml": CONFIG_MAP,
        }
    )

    assert not problems.found
    assert waves(stated) == {"a": 0}


def test_two_applications_of_one_name_are_a_problem_of_both(find: Find) -> None:
    _, problems = find(
        {
            "argocd/a.yaml": application("a", "apps/a"),
            "argocd/b.yaml": application("a", "apps/b"),
            "apps/a/x.yaml": CONFIG_MAP,
            "apps/b/x.yaml": CONFIG_MAP,
        }
    )

    (problem,) = problems.found
    assert "already stated at argocd/a.yaml" in problem.what
    assert str(problem.where).startswith("argocd/b.yaml")


def test_applications_for_other_clusters_are_not_ours(find: Find) -> None:
    stated, problems = find(
        {
            "argocd/a.yaml": application("a", "apps/a", server="https://other.gitops.internal"),
            "argocd/b.yaml": application("b", "apps/b"),
            "apps/b/x.yaml": CONFIG_MAP,
        }
    )

    assert not problems.found
    assert waves(stated) == {"b": 0}


def test_the_layout_and_argo_cds_objects_go_together(find: Find) -> None:
    stated, problems = find(
        {
            "argocd/a.yaml": application("a", "apps/a"),
            "apps/a/x.yaml": CONFIG_MAP,
            "own/web/x.yaml": CONFIG_MAP,
            "own/web/child.yaml": application("child", "apps/child", 1),
            "apps/child/x.yaml": CONFIG_MAP,
        },
        applications=(ApplicationGlob("own/*", wave=20),),
    )

    assert not problems.found
    assert waves(stated) == {"a": 0, "child": 20, "web": 20}


def test_a_broken_application_set_is_noted_under_a_name_that_no_application_has(find: Find) -> None:
    _, problems = find(
        {
            "argocd/set.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\n"
            "spec: {generators: [{scmProvider: {}}], template: {metadata: {name: x}, spec: {}}}\n",
            "argocd/a.yaml": application("a", "apps/a"),
            "apps/a/x.yaml": CONFIG_MAP,
        }
    )

    assert {problem.application for problem in problems} == {"ApplicationSet a"}


def test_applications_that_state_each_other_without_end_are_stopped(find: Find) -> None:
    files = {f"level-{n}/next.yaml": application(f"a{n}", f"level-{n + 1}") for n in range(DEPTH + 3)}

    _, problems = find({**files, f"level-{DEPTH + 3}/x.yaml": CONFIG_MAP}, argocd=("level-0",))

    assert any(f"more than {DEPTH} deep" in problem.what for problem in problems)


def test_equal_files_give_equal_trees_and_a_changed_values_file_another_one(find: Find) -> None:
    app = application("a", "chart").replace(
        "path: chart}", "path: chart, helm: {valueFiles: [/values.yaml]}}"
    )
    files = {
        "argocd/a.yaml": app,
        "chart/x.yaml": CONFIG_MAP,
        "values.yaml": "a: 1\n",
        "elsewhere.txt": "1",
    }

    def tree(**changes: str) -> str:
        changed = {**files, **{name.replace("_", "."): text for name, text in changes.items()}}
        stated, _ = find(changed)
        return next(item.tree for item in (*stated.applications, *stated.documents))

    assert tree() == tree(elsewhere_txt="2")
    assert tree() != tree(values_yaml="a: 2\n")


PROJECT = """
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: team}
spec:
  sourceRepos: ["*"]
  destinations: [{server: "*", namespace: "team-*"}]
"""


def in_project(name: str) -> str:
    return application("a", "apps/a").replace("project: default", f"project: {name}")


def forbidden(found: tuple[Stated, Problems]) -> list[str]:
    stated, problems = found
    assert not problems.found
    return [problem.what for problem in stated.forbidden([given.manifest("ConfigMap", of="a")])]


def test_what_a_project_does_not_permit_is_named_with_its_rule(find: Find) -> None:
    files = {"argocd/p.yaml": PROJECT, "argocd/a.yaml": in_project("team"), "apps/a/x.yaml": CONFIG_MAP}

    (what,) = forbidden(find(files))

    assert "project 'team' does not permit namespace 'a'" in what
    assert "destinations" in what


def test_a_project_that_nobody_states_is_named_but_the_default_one_permits_everything(find: Find) -> None:
    files = {"argocd/a.yaml": in_project("team"), "apps/a/x.yaml": CONFIG_MAP}

    assert forbidden(find(files)) == ["project 'team' is stated nowhere"]
    assert forbidden(find({**files, "argocd/a.yaml": in_project("default")})) == []


def test_a_broken_project_stops_its_applications_and_no_others(find: Find) -> None:
    stated, problems = find(
        {
            "argocd/p.yaml": PROJECT.replace("sourceRepos", "sourceRepo"),
            "argocd/a.yaml": in_project("team"),
            "argocd/b.yaml": application("b", "apps/b"),
            "apps/a/x.yaml": CONFIG_MAP,
            "apps/b/x.yaml": CONFIG_MAP,
        }
    )

    manifests = [given.manifest("ConfigMap", of=name) for name in ("a", "b")]
    assert {problem.application for problem in problems} == {"AppProject team"}
    assert [p.application for p in stated.forbidden(manifests)] == ["a"]


def test_a_directory_overrides_how_its_source_is_rendered(find: Find) -> None:
    stated, problems = find(
        {
            "argocd/a.yaml": application("a", "apps/a"),
            "apps/a/x.yaml": CONFIG_MAP,
            "apps/a/deeper/z.yaml": CONFIG_MAP.replace("name: x", "name: z"),
            "apps/a/.argocd-source-a.yaml": "directory: {recurse: true}\n",
        }
    )

    assert not problems.found
    (items,) = stated.documents.values()
    assert sorted(raw.body["metadata"]["name"] for raw in items) == ["x", "z"]


def test_an_override_that_can_not_be_read_is_its_applications_problem(find: Find) -> None:
    _, problems = find(
        {
            "argocd/a.yaml": application("a", "apps/a"),
            "apps/a/x.yaml": CONFIG_MAP,
            "apps/a/.argocd-source.yaml": "directory: [recurse]\n",
        }
    )

    (problem,) = problems.found
    assert problem.application == "a"
    assert str(problem.where).startswith("apps/a/.argocd-source.yaml")


CUSTOMIZED = """
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm}
data:
  resource.customizations.ignoreDifferences.apps_Deployment: |
    jsonPointers: [/spec/replicas]
  resource.customizations.health.example.test_Thing: |
    hs = {}
"""


def test_argo_cds_own_configuration_counts_for_its_applications_and_lua_is_named(find: Find) -> None:
    stated, problems = find(
        {
            "argocd/cm.yaml": CUSTOMIZED,
            "argocd/a.yaml": application("a", "apps/a"),
            "apps/a/x.yaml": CONFIG_MAP,
            "own/web/x.yaml": CONFIG_MAP,
        },
        applications=(ApplicationGlob("own/*", wave=20),),
        hooks="every-sync",
    )

    by_name = {item.name: item for item in stated.applications}
    assert not problems.found
    assert [rule.json_pointers for rule in by_name["a"].ignore_differences] == [("/spec/replicas",)]
    assert by_name["a"].hooks_every_sync
    assert by_name["web"].ignore_differences == ()
    (note,) = stated.notes
    assert "health.example.test_Thing" in note.what
    assert str(note.where).startswith("argocd/cm.yaml")


def test_the_stack_s_rules_of_health_come_after_each_application_s_own(find: Find) -> None:
    own = "healthRules: [{apiVersion: v1, kind: ConfigMap, current: 'true'}]\n"
    files = {"apps/web/x.yaml": CONFIG_MAP, "apps/api/x.yaml": CONFIG_MAP, "apps/api/gitops.yaml": own}
    rule = HealthRule("v1", "ConfigMap", current="false")
    globs = (ApplicationGlob("apps/*", 20),)
    stated, problems = find(files, argocd=(), applications=globs, health_rules=(rule,))
    assert not list(problems)
    assert {item.name: [one.current for one in item.health_rules] for item in stated.applications} == {
        "web": ["false"],
        "api": ["true", "false"],
    }
