"""The doctor against a real API server: what a user may and may not do there."""

import json
import subprocess
import sys

import pytest

from tests.live.stack_project import StackProject

pytestmark = pytest.mark.live

MEASURED = {"prometheus": "http://prometheus.prometheus.svc:9090"}
"""The demo's repository has analyses that name no address."""


def doctor(project: StackProject, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gitops.cli.main", "--project", str(project.folder), "doctor"]
    return subprocess.run(
        [*command, "--stack", project.stack, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=project.environment,
    )


def test_an_administrator_is_told_that_all_is_well(sandbox, homelab, tmp_path):
    project = StackProject(
        tmp_path, sandbox, stack="doctor", context="staging", repository=str(homelab), **MEASURED
    )

    done = doctor(project, "-o", "json")

    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0, done.stdout
    assert checks["rights"]["verdict"] == checks["clock"]["verdict"] == "ok"


def test_a_viewer_is_told_which_rights_are_missing(sandbox, homelab, tmp_path):
    viewer = next(c.viewer_kubeconfig for c in sandbox.clusters if c.name == "staging")
    project = StackProject(
        tmp_path, sandbox, stack="doctor2", context="staging", repository=str(homelab), **MEASURED
    )
    project.configure(kubeconfig=str(viewer))

    done = doctor(project)

    assert done.returncode == 3
    assert "create, patch, delete deployments.apps in" in done.stdout
    assert "grant them" in done.stdout
