"""The sandbox of the live suite: two clusters of its own, beside any demo that runs."""

import os
from pathlib import Path

import pytest

from sandbox.console import Console
from sandbox.controlplane.clusters import stop
from sandbox.controlplane.layout import Home
from sandbox.demo import bring_up


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
