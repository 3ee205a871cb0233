"""`prune: false` keeps objects that leave Git, whoever cleans up."""

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map

pytestmark = pytest.mark.live


def test_what_is_to_be_kept_survives_up_sync_and_the_end_of_its_application(tmp_path, sandbox):
    repository = GitRepository(tmp_path / "repository")
    repository.write("k8s/02-apps/keeper/gitops.yaml", "prune: false\n")
    repository.write("k8s/02-apps/keeper/stays.yaml", config_map("stays"))
    repository.write("k8s/02-apps/keeper/leaves-git.yaml", config_map("leaves-git"))
    repository.write("k8s/02-apps/other/config.yaml", config_map("other"))
    repository.write("k8s/02-apps/other/late.yaml", config_map("late")).commit("Start")
    stack = StackProject(
        tmp_path / "project", sandbox, stack="keeping", context="staging", repository=repository.url
    )
    assert stack.up().code == 0
    # an object of the stack that no state knows, as a killed run leaves it
    stack.kubectl("-n", "other", "create", "configmap", "forgotten")
    stack.kubectl("-n", "other", "label", "configmap", "forgotten", "gitops.internal/stack=keeping")

    repository.remove("k8s/02-apps/keeper/leaves-git.yaml").remove("k8s/02-apps/other/late.yaml")
    repository.commit("Let one of each go")
    synced = stack.gitops("stack", "sync", "--stack", "keeping", "--quiet")
    assert synced.code == 0, synced.text
    live = {name for name in stack.labeled() if name.startswith("ConfigMap")}
    assert live == {"ConfigMap keeper/stays", "ConfigMap keeper/leaves-git", "ConfigMap other/other"}

    repository.remove("k8s/02-apps/keeper").commit("Remove the application that keeps its objects")
    synced = stack.gitops("stack", "sync", "--stack", "keeping", "--quiet")
    assert synced.code == 0, synced.text
    assert "ConfigMap keeper/leaves-git" in stack.labeled()

    assert stack.destroy().code == 0
    assert "ConfigMap keeper/stays" in stack.labeled()
    stack.kubectl("delete", "namespace", "keeper")
