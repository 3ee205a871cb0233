from __future__ import annotations

import json
import random
import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.manifests.cache import Cache
from gitops.manifests.kustomize import reach
from gitops.manifests.objects import checked
from gitops.model.errors import Problems
from gitops.model.sources import Source
from gitops.model.sync import SyncOptions
from gitops.source.layout import find_applications
from gitops.waves.plan import make_plan
from tests import given
from tests.manifests.building import build

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.model.manifest import Manifest

APPS = "k8s/02-apps"


def obj(kind: str, name: str, api: str = "v1", **more: Any) -> str:
    return json.dumps({"apiVersion": api, "kind": kind, "metadata": {"name": name, **more}})


def built(files: dict[str, str], cache: Path, **live: bool) -> tuple[tuple[Manifest, ...], list[str]]:
    problems, commit, settings = Problems(), given.commit(files), given.settings()
    applications = find_applications(commit, settings, problems)
    scopes = {("x.io", kind): namespaced for kind, namespaced in live.items()}
    found = build(commit, applications, settings, scopes, cache=Cache(cache), problems=problems)
    return found, [str(problem) for problem in problems]


def names(files: dict[str, str], cache: Path, **live: bool) -> list[str]:
    found, told = built(files, cache, **live)
    assert told == []
    return [item.key.resource_name for item in found]


def test_objects_land_in_their_application_s_namespace_which_is_made_once(tmp_path: Path) -> None:
    files = {
        f"{APPS}/web/a.yaml": obj("ConfigMap", "a"),
        f"{APPS}/web/b.yaml": obj("Secret", "b", namespace="b"),
    }
    assert names(files, tmp_path) == ["Namespace:web", "ConfigMap:web/a", "Secret:b/b"]


def test_a_mistake_elsewhere_at_the_same_moment_is_no_mistake_of_a_kustomization(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, told_of_bad = threading.Event(), threading.Event()

    def check(document: Any, application: str, problems: Problems) -> Any:
        assert reached.wait(20)
        found = list(checked(document, application, problems))
        told_of_bad.set()
        return found

    def reach_later(*arguments: Any, **options: Any) -> Any:
        reached.set()
        assert told_of_bad.wait(20)
        return reach(*arguments, **options)

    monkeypatch.setattr("gitops.manifests.build.checked", check)
    monkeypatch.setattr("gitops.manifests.kustomize.reach", reach_later)
    monkeypatch.setattr("gitops.manifests.build.find_kustomize", lambda: None)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    files = {f"{APPS}/sound/kustomization.yaml": "resources: []", f"{APPS}/bad/x.yaml": "{a: 1}"}
    _, told = built(files, tmp_path)
    assert [text for text in told if "apps/sound" in text and "needs kustomize" in text]
    assert not [text for text in told if "no objects at all" in text]


def test_a_namespace_that_two_applications_share_is_made_by_the_first(tmp_path: Path) -> None:
    files = {
        f"{APPS}/a/gitops.yaml": "namespace: shop\n", f"{APPS}/a/x.yaml": obj("ConfigMap", "a"),
        f"{APPS}/5-b/gitops.yaml": "namespace: shop\n", f"{APPS}/5-b/x.yaml": obj("ConfigMap", "b"),
    }  # fmt: skip
    found, told = built(files, tmp_path)
    assert told == []
    assert [(item.key.resource_name, item.application) for item in found if item.kind == "Namespace"] == [
        ("Namespace:shop", "b")
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"gitops.yaml": "namespace: kube-system\n", "x.yaml": obj("ConfigMap", "a")},
        {"gitops.yaml": "namespace: default\n", "x.yaml": obj("ConfigMap", "a")},
        {"gitops.yaml": "createNamespace: false\n", "x.yaml": obj("ConfigMap", "a")},
        {"x.yaml": obj("ClusterRole", "a", "rbac.authorization.k8s.io/v1")},
        {"x.yaml": obj("ConfigMap", "a", namespace="elsewhere")},
    ],
)
def test_no_namespace_is_made_where_none_is_needed_or_wanted(tmp_path: Path, files: dict[str, str]) -> None:
    assert len(names({f"{APPS}/web/{name}": text for name, text in files.items()}, tmp_path)) == 1


def test_a_namespace_that_is_stated_is_not_made_again(tmp_path: Path) -> None:
    files = {f"{APPS}/a/n.yaml": obj("Namespace", "web"), f"{APPS}/web/x.yaml": obj("ConfigMap", "a")}
    found, told = built(files, tmp_path)
    assert told == []
    assert [item.application for item in found if item.kind == "Namespace"] == ["a"]


def test_an_empty_application_is_a_mistake_and_never_a_wish_to_delete(tmp_path: Path) -> None:
    _, [told] = built({f"{APPS}/web/README.md": ""}, tmp_path)
    assert told.startswith(f"{APPS}/web: states no objects at all")


def test_a_broken_application_is_not_called_empty_as_well(tmp_path: Path) -> None:
    _, [told] = built({f"{APPS}/web/a.yaml": "a: ["}, tmp_path)
    assert "can't be read" in told


def test_two_statements_of_one_object_name_both_places(tmp_path: Path) -> None:
    files = {
        f"{APPS}/a/x.yaml": obj("ConfigMap", "c", namespace="n"),
        f"{APPS}/b/y.yaml": "# head\n" + obj("ConfigMap", "c", namespace="n"),
    }
    _, [told] = built(files, tmp_path)
    assert told.startswith(f"{APPS}/b/y.yaml:2: ConfigMap n/c is already stated at {APPS}/a/x.yaml:1")


def test_an_object_in_two_api_versions_is_one_object_stated_twice(tmp_path: Path) -> None:
    files = {
        f"{APPS}/a/x.yaml": obj("CronJob", "c", "batch/v1"),
        f"{APPS}/a/y.yaml": obj("CronJob", "c", "batch/v1beta1"),
    }
    assert "CronJob a/c is already stated" in built(files, tmp_path)[1][0]


def test_an_unknown_kind_is_told_and_one_the_cluster_or_git_defines_is_not(tmp_path: Path) -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gits.x.io"},
        "spec": {"group": "x.io", "names": {"kind": "Git"}, "scope": "Cluster"},
    }  # fmt: skip
    files = {
        f"{APPS}/a/x.yaml": f"{obj('Live', 'l', 'x.io/v1')}\n---\n{obj('Git', 'g', 'x.io/v1')}",
        f"{APPS}/b/x.yaml": json.dumps(definition),
    }
    assert "x.io/Live:a/l" in names(files, tmp_path, Live=True)
    assert "x.io/Git:g" in names(files, tmp_path, Live=True)
    _, [told] = built(files, tmp_path)
    assert told.startswith(f"{APPS}/a/x.yaml:1: kind Live of x.io/v1 is unknown")


def test_a_kustomization_beside_a_chart_wins(tmp_path: Path) -> None:
    both = {f"{APPS}/web/Chart.yaml": "name: x", f"{APPS}/web/kustomization.yaml": "resources: [gone]"}
    assert "'gone' does not exist" in built(both, tmp_path)[1][0]


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    files = {
        f"{APPS}/a/x.yaml": "a: [", f"{APPS}/b/gitops.yaml": "wvae: 1", f"{APPS}/c/x.md": "",
        f"{APPS}/d/x.yaml": "kind: A", f"{APPS}/e/Chart.yaml": "", f"{APPS}/Bad/x.yaml": "",
        f"{APPS}/f/kustomization.yaml": "resources: [https://x/y]",
        f"{APPS}/g/x.yaml": obj("Foo", "a", "y.io/v1"),
    }  # fmt: skip
    _, told = built(files, tmp_path)
    broken = {text.split(": ")[0].removeprefix(f"{APPS}/").split("/")[0] for text in told}
    assert broken == {"Bad", "a", "b", "c", "d", "e", "f", "g"}


def test_every_object_says_whose_it_is(tmp_path: Path) -> None:
    commit = given.commit({f"{APPS}/web/x.yaml": obj("ConfigMap", "a")})
    found, _ = built({f"{APPS}/web/x.yaml": obj("ConfigMap", "a")}, tmp_path)
    for item in found:
        assert item.body["metadata"]["labels"] == {
            "gitops.internal/stack": "test",
            "gitops.internal/application": "web",
        }
        assert item.body["metadata"]["annotations"] == {
            "gitops.internal/object": item.key.resource_name,
            "gitops.internal/tree": commit.entries[f"{APPS}/web"].id,
        }


def test_equal_commits_give_equal_plans_whatever_the_cache_and_the_order_of_files(tmp_path: Path) -> None:
    files = {
        f"{APPS}/{app}/{kind}-{number}.yaml": obj(kind, f"{kind.lower()}-{number}", api)
        for app in ("a", "b", "30-c")
        for kind, api in (("ConfigMap", "v1"), ("Secret", "v1"), ("Deployment", "apps/v1"))
        for number in range(4)
    }
    plans = set()
    for number in range(4):
        shuffled = list(files.items())
        random.Random(number).shuffle(shuffled)  # noqa: S311 - an order, not a secret
        problems, settings, commit = Problems(), given.settings(), given.commit(dict(shuffled))
        applications = find_applications(commit, settings, problems)
        cache = Cache(tmp_path / str(number % 2))
        manifests = list(build(commit, applications, settings, {}, cache=cache, problems=problems))
        random.Random(number).shuffle(manifests)  # noqa: S311 - an order, not a secret
        plan = make_plan("test", commit.sha, applications, manifests, problems)
        assert not problems.found
        plans.add(json.dumps(asdict(plan)))
    assert len(plans) == 1


def test_a_later_source_wins_over_an_earlier_one_and_that_is_noted(tmp_path: Path) -> None:
    commit = given.commit(
        {"one/a.yaml": obj("ConfigMap", "a", labels={"of": "one"}), "one/b.yaml": obj("Secret", "b")}
    )
    other = given.commit({"a.yaml": obj("ConfigMap", "a", namespace="web", labels={"of": "two"})})
    application = given.application(
        sources=(Source(path="one"), Source("https://x/y", "v1")), create_namespace=False
    )
    problems, notes, fetched = Problems(), Problems(), []

    def fetch(url: str, revision: str) -> Any:
        fetched.append((url, revision))
        return other

    twins = [
        application,
        replace(application, name="twin", namespace="twin", sources=application.sources[1:]),
    ]
    found = build(
        commit,
        twins[:1],
        given.settings(),
        {},
        cache=Cache(tmp_path),
        problems=problems,
        fetch=fetch,
        notes=notes,
    )
    assert [(item.key.resource_name, item.where.file) for item in found] == [
        ("Secret:web/b", "one/b.yaml"),
        ("ConfigMap:web/a", "https://x/y@v1:a.yaml"),
    ]
    assert found[1].body["metadata"]["labels"]["of"] == "two"
    assert not problems.found
    [note] = map(str, notes)
    assert note.startswith("https://x/y@v1:a.yaml:1: ConfigMap web/a replaces the one at one/a.yaml:1")
    build(commit, twins, given.settings(), {}, cache=Cache(tmp_path), problems=problems, fetch=fetch)
    assert fetched == [("https://x/y", "v1")] * 2


def test_one_source_that_states_an_object_twice_is_wrong(tmp_path: Path) -> None:
    text = f"{obj('ConfigMap', 'a')}\n---\n{obj('ConfigMap', 'a')}"
    assert "is already stated" in built({f"{APPS}/web/a.yaml": text}, tmp_path)[1][0]


def test_a_repository_that_nobody_fetches_is_told(tmp_path: Path) -> None:
    problems = Problems()
    application = given.application(sources=(Source("https://x/y", "v1"),))
    build(given.commit({}), [application], given.settings(), {}, cache=Cache(tmp_path), problems=problems)
    assert "https://x/y@v1 is out of reach here" in str(problems.found[0])


def test_a_change_of_one_application_renders_one_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in calls of the programs that render."""
    log, tools = tmp_path / "runs", tmp_path / "bin"
    tools.mkdir()
    for name in ("helm", "kustomize"):
        note = f"echo {name} $* >> {log}"
        (tools / name).write_text(f"#!/bin/sh\n{note}\necho '{obj('ConfigMap', 'a')}'\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    files = {"shared/values.yaml": ""}
    for index in range(12):
        files[f"{APPS}/h{index}/Chart.yaml"] = f"name: h{index}"
        files[f"{APPS}/k{index}/kustomization.yaml"] = "resources: [../../base]"
    files["k8s/base/kustomization.yaml"] = ""
    assert built(files, tmp_path / "cache")[1] == []
    assert len(log.read_text().splitlines()) == 24
    log.unlink()
    for change in ({f"{APPS}/h7/values.yaml": "a: 1"}, {f"{APPS}/k7/x.yaml": ""}):
        files |= change
        assert built(files, tmp_path / "cache")[1] == []
    first, second = log.read_text().splitlines()
    assert first.startswith(f"helm template h7 {APPS}/h7 ")
    assert second.startswith(f"kustomize build {APPS}/k7")
    log.unlink()
    built({**files, "k8s/base/kustomization.yaml": "namePrefix: b-"}, tmp_path / "cache")
    assert len(log.read_text().splitlines()) == 12


def test_an_unknown_kind_is_accepted_where_its_object_says_that_it_comes_later(tmp_path: Path) -> None:
    later = {"argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true"}
    file = obj("Foo", "f", "x.io/v1", annotations=later)
    assert names({f"{APPS}/a/x.json": file}, tmp_path) == ["Namespace:a", "x.io/Foo:a/f"]


def test_a_sync_option_that_is_none_is_told_with_its_place(tmp_path: Path) -> None:
    typo = {"argocd.argoproj.io/sync-options": "Prunee=false"}
    _, told = built({f"{APPS}/a/x.json": obj("ConfigMap", "x", annotations=typo)}, tmp_path)
    assert len(told) == 1
    assert told[0].startswith(f"{APPS}/a/x.json:1: sync option 'Prunee' is not known")


def test_a_namespace_that_is_made_gets_what_its_application_states_for_it(tmp_path: Path) -> None:
    problems, settings = Problems(), given.settings()
    commit = given.commit({f"{APPS}/a/x.json": obj("ConfigMap", "x")})
    options = SyncOptions(namespace_labels=(("team", "x"),), namespace_annotations=(("a/b", "c"),))
    applications = [replace(a, options=options) for a in find_applications(commit, settings, problems)]
    made, _ = build(commit, applications, settings, {}, cache=Cache(tmp_path), problems=problems)
    assert made.body["metadata"]["labels"].items() >= {"team": "x", "gitops.internal/stack": "test"}.items()
    assert made.annotations["a/b"] == "c"


def test_only_a_hook_may_have_a_generated_name(tmp_path: Path) -> None:
    def told(**annotations: str) -> list[str]:
        text = json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"generateName": "x-", "annotations": annotations},
            }
        )
        return built({f"{APPS}/a/x.json": text}, tmp_path)[1]

    assert told(**{"argocd.argoproj.io/hook": "PreSync"}) == []
    assert told(**{"helm.sh/hook": "pre-install"}) == []
    [problem] = told()
    assert "would be another object every time" in problem
