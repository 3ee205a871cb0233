"""`gitops stack drift` and `gitops app get` on a live cluster: who changed what, and when."""

import json

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map, deployment

pytestmark = pytest.mark.live


def test_drift_names_the_field_and_who_changed_it_and_healing_ends_it(tmp_path, sandbox):
    repository = GitRepository(tmp_path / "repository")
    repository.write("k8s/02-apps/drifting/web.yaml", deployment("web", replicas=1))
    repository.write("k8s/02-apps/drifting/gone.yaml", config_map("gone", a="1"))
    repository.commit()
    project = StackProject(
        tmp_path / "p", sandbox, stack="drift", context="staging", repository=repository.url
    )
    assert project.up().code == 0
    try:
        clean = project.gitops("stack", "drift", "--stack", "drift")
        assert (clean.code, clean.text) == (0, "no drift\n"), clean.text

        project.kubectl("-n", "drifting", "set", "image", "deployment/web", "main=nginx:1.0")
        project.kubectl("-n", "drifting", "delete", "configmap", "gone")
        found = project.gitops("stack", "drift", "--stack", "drift", "-o", "json")

        assert found.code == 1, found.text
        by_kind = {finding["kind"]: finding for finding in json.loads(found.text)["findings"]}
        assert set(by_kind) == {"missing", "changed"}
        assert by_kind["missing"]["object"] == "ConfigMap:drifting/gone"
        assert by_kind["changed"]["by"]["manager"].startswith("kubectl")
        assert by_kind["changed"]["by"]["time"]
        assert "nginx:1.0" in json.dumps(by_kind["changed"]["live"])
        shown = project.gitops("app", "get", "drifting", "--stack", "drift")
        assert "apps/Deployment:drifting/web  OutOfSync" in shown.text

        assert project.up("--refresh").code == 0
        assert project.gitops("stack", "drift", "--stack", "drift").code == 0
    finally:
        assert project.destroy().code == 0
