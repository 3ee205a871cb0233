"""Repositories as people bring them from Argo CD, unchanged, to a live cluster."""

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.git_repository import GitRepository
from tests.live import argo_shapes as shapes
from tests.live.stack_project import StackProject, config_map

pytestmark = pytest.mark.live


@pytest.fixture
def deployed(tmp_path, sandbox):
    """Brings a repository up as a stack of its own, and takes it down at the end."""
    projects = []

    def up(name, write, *, argocd, context="staging", others=(), **config):
        repository = GitRepository(tmp_path / "repository")
        write(repository)
        repository.commit("Start")
        project = StackProject(
            tmp_path / name,
            sandbox,
            stack=name,
            context=context,
            repository=repository.url,
            argocd=[argocd],
            **config,
        )
        projects.append(project)
        for other in others:
            (project.folder / f"Pulumi.{other}.yaml").write_text("config: {}\n")
        result = project.up()
        assert result.code == 0, result.text[-3000:]
        return project, repository

    yield up
    for project in projects:
        assert project.destroy().code == 0
        assert project.labeled() == set()


def listed(project):
    """Each application with its sync status and health."""
    result = project.gitops("app", "list", "--stack", project.stack, "-o", "json")
    assert result.code == 0, result.text
    document = json.loads(result.text)
    return {app["name"]: (app["sync"], app["health"]["status"]) for app in document["applications"]}


def all_well(project, *names):
    """Exactly these applications, all Synced and Healthy."""
    assert listed(project) == dict.fromkeys(sorted(names), ("Synced", "Healthy"))


def created(project, namespace, name):
    return datetime.fromisoformat(
        project.live("deployment", namespace, name)["metadata"]["creationTimestamp"]
    )


def test_app_of_apps_to_any_depth_in_the_order_of_their_waves(deployed):
    project, _ = deployed("aoa", lambda r: shapes.app_of_apps(r, "aoa"), argocd="bootstrap")

    all_well(project, "aoa-base", "aoa-first", "aoa-second", "aoa-web")
    waves = {app["name"]: app["wave"] for app in project.outputs()["applications"]}
    assert waves["aoa-base"] == -5
    assert waves["aoa-web"] == 10
    assert created(project, "aoa-first", "first") <= created(project, "aoa-second", "second")
    assert created(project, "aoa-second", "second") <= created(project, "aoa-web", "web")


def test_the_applications_themselves_are_read_and_never_applied(deployed):
    project, _ = deployed("aoa", lambda r: shapes.app_of_apps(r, "aoa"), argocd="bootstrap")

    assert not any(name.startswith("Application ") for name in project.labeled())


def test_an_application_set_over_directories(deployed):
    project, repository = deployed("dirs", lambda r: shapes.directories(r, "dirs"), argocd="argocd")
    all_well(project, "dirs-alpha", "dirs-beta")

    repository.write("services/gamma/x.yaml", shapes.deployment("gamma")).remove("services/alpha").commit()
    result = project.up()

    assert result.code == 0, result.text[-3000:]
    all_well(project, "dirs-beta", "dirs-gamma")


def test_a_matrix_of_clusters_and_files(deployed):
    project, _ = deployed(
        "gold",
        lambda r: shapes.clusters_times_files(r, "mx"),
        argocd="argocd",
        clusterLabels={"tier": "gold"},
    )

    assert set(listed(project)) == {"mx-shop-gold", "mx-wiki-gold"}
    all_well(project, "mx-shop-gold", "mx-wiki-gold")


def test_a_chart_with_values_for_each_cluster(deployed, tools, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(tools['helm']).parent}{os.pathsep}{os.environ['PATH']}")

    def write(repository):
        shapes.chart_with_values(repository, "helm", stacks=("chart", "other"))

    project, _ = deployed("chart", write, argocd="argocd", others=["other"])

    all_well(project, "helm-chart")
    live = project.live("deployment", "helm-chart", "helm-chart")
    assert live["spec"]["replicas"] == 2
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.28"
    assert project.live("configmap", "helm-chart", "helm-chart")["data"] == {
        "greeting": "from chart",
        "namespace": "helm-chart",
    }


def test_waves_with_negative_numbers(deployed):
    project, _ = deployed("neg", lambda r: shapes.negative_waves(r, "neg"), argocd="argocd")

    all_well(project, "neg-waves")
    early, middle, late = (created(project, "neg-waves", name) for name in ("early", "middle", "late"))
    assert early <= middle <= late


def test_a_mono_repository_of_two_hundred_applications(deployed):
    project, repository = deployed("many", lambda r: shapes.many(r, "many", 200), argocd="argocd")
    assert set(listed(project).values()) == {("Synced", "Healthy")}
    assert len(listed(project)) == 200

    repository.write(
        "many/many-007/config.yaml", shapes.config_map("settings-007", number="changed")
    ).commit()
    result = project.up()

    assert result.code == 0, result.text[-3000:]
    assert set(result.objects()) == {"ConfigMap:many/settings-007"}


def test_what_nobody_states_is_told_where_a_project_asks(deployed):
    def write(repository):
        anything = "[{group: '*', kind: '*'}]"
        rules = "sourceRepos: ['*'], destinations: [{server: '*', namespace: '*'}]"
        repository.write(
            "argocd/project.yaml",
            f"""
            apiVersion: argoproj.io/v1alpha1
            kind: AppProject
            metadata: {{name: team}}
            spec:
              {{{rules}, clusterResourceWhitelist: {anything},
              orphanedResources: {{warn: true, ignore: [{{kind: Secret}}]}}}}
            """,
        )
        stated = shapes.application("strange", "apps/strange", repository=repository.url)
        repository.write("argocd/strange.yaml", stated.replace("project: default", "project: team"))
        repository.write("apps/strange/config.yaml", config_map("settings", a="1"))

    project, _ = deployed("strange", write, argocd="argocd")
    for kind in (["configmap"], ["secret", "generic"]):
        project.kubectl("-n", "strange", "create", *kind, "stray")
    result = project.gitops("app", "list", "--stack", "strange", "-o", "json")
    [found] = json.loads(result.text)["applications"]
    assert (found["sync"], found["unowned"]) == ("Synced", ["ConfigMap:strange/stray"])
