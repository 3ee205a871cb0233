"""Every command in a real shell, on real clusters, with the real engine: its examples and its failures."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.git_repository import GitRepository
from tests.live.examples import STORY, World
from tests.live.failures import FAILURES
from tests.live.kubelet import kubelets
from tests.live.stack_project import config_map, deployed, deployment, elsewhere

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def world(tmp_path_factory, sandbox):
    """Two stacks with a history of their own, in a project that is a Git repository."""
    folder = tmp_path_factory.mktemp("examples")
    project, state, home = (folder / name for name in ("project", "state", "home"))
    state.mkdir()
    (home / ".config/fish/completions").mkdir(parents=True)
    own = elsewhere(
        sandbox,
        HOME=str(home),
        PULUMI_BACKEND_URL=state.as_uri(),
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{sandbox.environment()['PATH']}",
    )
    repository = repository_of(folder / "repository")
    checks = [{"name": "smoke", "command": ["true"]}]
    with ExitStack() as stacks:
        staging, prod = (
            stacks.enter_context(
                deployed(
                    project,
                    own,
                    stack=stack,
                    context=stack,
                    repository=repository.url,
                    verification=checks,
                    bring_up=lambda made: made.run("version"),
                    **more,
                )
            )
            for stack, more in (("staging", {}), ("prod", {"promotesFrom": "staging"}))
        )
        for command in (
            ("init", "--quiet"),
            ("config", "user.name", "Ada"),
            ("config", "user.email", "ada@example.org"),
            ("add", "Pulumi.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml"),
            ("commit", "--quiet", "-m", "Start"),
            ("remote", "add", "origin", "https://git.example.org/stacks.git"),
        ):
            subprocess.run(["git", *command], cwd=project, check=True)
        stacks.enter_context(kubelets(sandbox, staging, prod))
        yield World(repository, staging, prod, stacks)


def repository_of(folder):
    repository = GitRepository(folder)
    repository.git("config", "receive.denyCurrentBranch", "updateInstead")
    for name in ("api", "shop", "web"):
        repository.write(f"k8s/02-apps/{name}/settings.yaml", config_map("settings", a="1"))
    repository.write("k8s/02-apps/web/web.yaml", deployment("web")).commit("Start")
    repository.tag("v1.3.0").write("k8s/02-apps/web/settings.yaml", config_map("settings", a="2"))
    repository.commit("Set 2")
    return repository.tag("v1.4.0")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Shell:
    """A line in a shell, in the project's folder, that is told `y` when it asks."""

    def __init__(self, world, line):
        self.told = ""
        self.process = subprocess.Popen(
            # what runs in the background of a shell inherits that it does not hear Ctrl-C
            ["env", "--default-signal=INT", "bash", "-c", f"set -o pipefail; {line}"],
            cwd=world.staging.folder,
            env=world.staging.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def until(self, text):
        """Read on until it has said that."""
        while text not in self.told and (line := self.process.stdout.readline()):
            self.told += line
        return self

    def interrupt(self):
        """As Ctrl-C does."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self

    def ended(self):
        """How it ended, and all that it said."""
        with self.process:
            self.told += self.process.communicate("y\n", timeout=120)[0]
        assert "Traceback" not in self.told
        return self.process.returncode, self.told


@pytest.mark.parametrize("example", [*STORY, *FAILURES], ids=lambda example: example.line)
def test_a_command_ends_as_it_should_and_says_what_it_should(world, example):
    if example.before:
        example.before(world)
    line = example.line.replace("9797", str(free_port()))
    shell = Shell(world, f"{line}; code=$?; {example.then or ':'}; exit $code")
    if example.endless:
        shell.until(example.told).interrupt()
    code, told = shell.ended()
    assert example.told in told, told[-3000:]
    assert code in ({0, 130} if example.endless else {example.code}), told[-3000:]


def run(world, line, code=0):
    ended, told = Shell(world, line).ended()
    assert ended == code, told[-3000:]
    return told


def test_an_application_that_is_paused_is_left_alone_until_it_is_not(world):
    world.staging.configure(paused=["web"])
    before = world.staging.live("deployment", "web", "web")["spec"]["replicas"]
    assert "it is paused" in run(world, "gitops app sync web --stack staging", code=5)
    assert "1 held, and as it was" in run(world, "gitops stack sync --stack staging --quiet", code=5)
    assert (before, world.staging.live("deployment", "web", "web")["spec"]["replicas"]) == (3, 3)
    world.staging.configure(paused=[])
    run(world, "gitops app sync web --stack staging")
    assert world.staging.live("deployment", "web", "web")["spec"]["replicas"] == 1


def test_an_application_goes_back_alone_and_the_stack_goes_on_following_its_branch(world):
    world.sync_staging("good")
    world.repository.write("k8s/02-apps/api/settings.yaml", config_map("settings", a="new"))
    world.sync_staging("bad")
    assert "-  a: bad\n+  a: good" in run(world, "gitops app rollback web --stack staging --yes")
    run(world, "gitops stack sync --stack staging")
    live = {name: world.staging.live("configmap", name, "settings")["data"] for name in ("api", "web")}
    assert live == {"api": {"a": "new"}, "web": {"a": "good"}}
    assert "as it was" in run(world, "gitops app rollback web --stack staging --to main --yes")


def test_what_is_shown_is_shown_again_when_it_changes(world):
    shells = [
        Shell(world, line).until("Synced")
        for line in ("gitops app get web --stack staging --watch", "gitops stack list --watch")
    ]
    world.scale()
    try:
        for shell in shells:
            assert "OutOfSync" in shell.until("OutOfSync").told
    finally:
        for shell in shells:
            assert shell.interrupt().ended()[0] == 130
    run(world, "gitops app sync web --stack staging --wait")


def test_deleting_much_is_refused_by_command_and_loop_until_the_word_is_given(world):
    many = [f"k8s/02-apps/api/many-{index}.yaml" for index in range(12)]
    for index, file in enumerate(many):
        world.repository.write(file, config_map(f"many-{index}"))
    world.sync_staging("many")
    for file in many:
        world.repository.remove(file)
    world.commit("few")
    world.staging.configure(deleteLimit=20)

    refused = run(world, "gitops app sync api --stack staging --prune", code=5)
    [word] = set(re.findall(r"GITOPS_ALLOW_DELETES=([0-9a-f]{12})", refused))
    loop = Shell(world, "gitops watch --stack staging").until(word)
    assert word in loop.told
    for told in (refused, loop.told):
        assert "gitops:deleteLimit" in told
        assert "ConfigMap api/many-0" in told
    assert len(world.staging.live("configmap", "api")["items"]) > len(many)

    run(world, f"gitops stack sync --stack staging --quiet --allow-deletes {word}")
    assert "many-0" not in str(world.staging.live("configmap", "api"))
    world.commit("later")
    loop.until("sync ended")
    assert loop.interrupt().ended()[0] == 0
    assert world.staging.live("configmap", "web", "settings")["data"] == {"a": "later"}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("gitops app get --stack staging ", "api shop web"),
        ("gitops app sync --stack staging web ", "api shop"),
        ("gitops stack get --stack ", "away prod staging"),
        ("gitops stack diff p", "prod"),
        ("gitops stack d", "diff drift"),
    ],
)
def test_names_complete_in_bash(world, words, offered):
    typed = words.split(" ")
    line = " ".join(f"'{word}'" for word in typed)
    told = run(
        world,
        f'eval "$(gitops completion bash)"; COMP_WORDS=({line}); COMP_CWORD={len(typed) - 1}\n'
        '_gitops_completion gitops; printf "%s\\n" "${COMPREPLY[@]}"',
    )
    assert sorted(told.split()) == offered.split()
