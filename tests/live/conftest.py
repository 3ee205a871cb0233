"""The sandbox of the live suite: two clusters of its own, beside any demo that runs."""

import os
from pathlib import Path

import pytest
import yaml

from gitops.manifests.cache import Cache
from gitops.manifests.program import Program
from gitops.manifests.rendering import Rendering
from sandbox.console import Console
from sandbox.controlplane.clusters import stop
from sandbox.controlplane.layout import Home
from sandbox.crds import MODULES, definitions
from sandbox.demo import bring_up
from sandbox.toolchain import golang
from sandbox.toolchain.build import build
from sandbox.toolchain.cache import cache_folder
from sandbox.toolchain.modules import Modules
from sandbox.toolchain.recipes import HELM, KUBESEAL, KUSTOMIZE, REGISTRY, SEALED_SECRETS
from tests.git_repository import GitRepository
from tests.live.bench import Bench
from tests.live.rollouts import Traffic, at_work
from tests.live.sealing import ClusterController, Kubeseal


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """Clusters `staging` and `prod`; GITOPS_TEST_SANDBOX=<folder> keeps them running between runs."""
    kept = os.environ.get("GITOPS_TEST_SANDBOX")
    home = Home.at(Path(kept) if kept else tmp_path_factory.mktemp("sandbox"))
    try:
        running = bring_up(home, Console())
        home.state.mkdir(parents=True, exist_ok=True)
        yield running
    finally:
        if not kept:
            stop(home)


@pytest.fixture(scope="session")
def homelab(sandbox):
    """The demo's repository."""
    return sandbox.home.repository


@pytest.fixture(scope="session")
def tools():
    """The programs that render and a registry, by name, built where that was never done before."""
    cache = cache_folder()
    go = golang.find(cache)
    modules = Modules(cache, lambda: go)
    wanted = (HELM, KUSTOMIZE, REGISTRY, KUBESEAL, SEALED_SECRETS)
    return {r.name: str(build(r, go, modules, Console()) / r.name) for r in wanted}


@pytest.fixture(scope="session")
def kubeseal(tools):
    """The real `kubeseal`."""
    return Kubeseal(tools["kubeseal"])


@pytest.fixture(scope="session")
def sealed_secrets(tools, sandbox, tmp_path_factory):
    """The real controller of Sealed Secrets, at work in `staging`."""
    controller = ClusterController(
        tools["sealed-secrets-controller"], tmp_path_factory.mktemp("controller"), sandbox, "staging"
    )
    for _, text in definitions(Modules(cache_folder(), lambda: golang.find(cache_folder())).folders(MODULES)):
        if b"sealedsecrets.bitnami.com" in text:
            (definition,) = yaml.safe_load_all(text)
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition['metadata']['name']}"
            controller.client.apply(path, definition, field_manager="test", force=True)
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def bench(tmp_path, tools):
    """An empty repository, the way the project renders it, and the reference tools."""
    rendering = Rendering(
        Cache(tmp_path / "cache"),
        Program((tools["helm"],), "helm"),
        Program((tools["kustomize"], "build"), "kustomize"),
    )
    (tmp_path / "home").mkdir()
    return Bench(GitRepository(tmp_path / "repository"), rendering, tools, tmp_path / "home")


@pytest.fixture(scope="module")
def rollouts_controller(sandbox, tmp_path_factory):
    """The real controller of Rollouts, at work in `staging`."""
    with at_work(tmp_path_factory.mktemp("controller"), sandbox, "staging") as controller:
        yield controller


@pytest.fixture(scope="module")
def traffic(sandbox):
    """Requests to `web`, split as its VirtualService says; tests say how many fail."""
    traffic = Traffic(sandbox, "staging", "web", "web")
    traffic.start()
    yield traffic
    traffic.stop()
