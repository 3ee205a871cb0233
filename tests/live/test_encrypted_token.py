"""An encrypted token in the stack's file, opened by the engine for commands that run without it."""

import pytest

from gitops.cli.options import stack_settings
from gitops.model.errors import GitOpsError
from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map

pytestmark = pytest.mark.live


def test_an_encrypted_token_reaches_the_settings_and_no_passphrase_is_told(tmp_path, sandbox, monkeypatch):
    repository = GitRepository(tmp_path / "repository")
    repository.write("k8s/02-apps/web/config.yaml", config_map("settings")).commit("Start")
    stack = StackProject(
        tmp_path / "project", sandbox, stack="token", context="staging", repository=repository.url
    )
    told = stack.run("config", "set", "--secret", "gitops:repositoryToken", "hush-hush", "--stack", "token")
    assert told.code == 0, told.text
    assert "hush-hush" not in (stack.folder / "Pulumi.token.yaml").read_text()
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    assert stack_settings("token", stack.folder).repository.token == "hush-hush"
    assert stack.gitops("app", "list", "--stack", "token").code == 0

    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    with pytest.raises(GitOpsError, match="can't open gitops:repositoryToken: ") as caught:
        stack_settings("token", stack.folder)
    assert "hush-hush" not in str(caught.value)
    assert caught.value.problems[0].next_step
    stack.run("stack", "rm", "--yes", "--stack", "token")
