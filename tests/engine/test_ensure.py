"""A stack that is made again keeps who encrypts its secrets."""

from types import SimpleNamespace

import pytest
from pulumi import automation

from gitops.engine import stacks
from gitops.model.errors import GitOpsError, NotFoundError

FILE = "config:\n  gitops:repository: x.git\n"


@pytest.fixture
def made(monkeypatch):
    """The secrets provider of each stack that was made; `error` is what the backend answers with."""
    found = SimpleNamespace(providers=[], error=None)

    class Workspace:
        def __init__(self, **words):
            self.words = words

        def create_stack(self, _):
            if found.error:
                raise found.error
            found.providers.append(self.words["secrets_provider"])

    monkeypatch.setattr(stacks.automation, "LocalWorkspace", Workspace)
    return found


def answer(stderr):
    return automation.errors.create_command_error(automation.CommandResult("", stderr, 255))


def test_a_stack_is_made_with_the_provider_of_its_file(tmp_path, made):
    file = tmp_path / "Pulumi.prod.yaml"
    for head, provider in (("", None), ("secretsprovider: awskms://alias/x\n", "awskms://alias/x")):
        file.write_text(head + FILE)
        assert stacks.ensure("prod", tmp_path) is True
        assert made.providers.pop() == provider


@pytest.mark.parametrize(
    "told",
    [
        "error: stack 'organization/gitops/prod' already exists",
        "error: the stack is currently locked by 1 lock(s)",
    ],
)
def test_one_that_exists_is_left_as_it_is(tmp_path, made, told):
    (tmp_path / "Pulumi.prod.yaml").write_text(FILE)
    made.error = answer(told)
    assert stacks.ensure("prod", tmp_path) is False


def test_a_wrong_passphrase_is_told_and_a_stack_without_a_file_is_not_made(tmp_path, made):
    with pytest.raises(NotFoundError, match="there is no stack 'prod'"):
        stacks.ensure("prod", tmp_path)
    (tmp_path / "Pulumi.prod.yaml").write_text(FILE)
    made.error = answer("error: incorrect passphrase")
    with pytest.raises(GitOpsError, match="can't be made: incorrect passphrase"):
        stacks.ensure("prod", tmp_path)
    assert made.providers == []
