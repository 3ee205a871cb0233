"""A stack with a canary that live tests follow: its repository, and each next version of it."""

from contextlib import contextmanager

from tests.git_repository import GitRepository
from tests.live.rollouts import rollout, service, success_rate, virtual_service
from tests.live.stack_project import StackProject, config_map

WEB, OTHER = "k8s/02-apps/web", "k8s/02-apps/other"
STOPPED = ({"setWeight": 20}, {"pause": {}})


class Delivery:
    """A stack with a canary, and the repository that it follows."""

    def __init__(self, stack, repository, prometheus):
        self.stack, self.repository, self.prometheus = stack, repository, prometheus
        self.version = 1

    def change(self, *steps):
        """Commit another image, with these steps."""
        self.version += 1
        self.repository.write(f"{WEB}/rollout.yaml", rollout(f"1.{self.version}", *steps))
        self.repository.commit(f"web 1.{self.version}")
        return self

    def up(self):
        done = self.stack.up()
        assert done.code == 0, done.text[-3000:]
        return done

    def sync(self):
        return self.stack.gitops("stack", "sync", "--stack", self.stack.stack, "--quiet")

    def web(self):
        return self.stack.live("rollout", "web", "web")

    def settle(self):
        """Let a paused Rollout go through to its end."""
        self.change({"setWeight": 50})
        self.up()
        assert self.web()["status"]["phase"] == "Healthy"


@contextmanager
def delivered(folder, sandbox, prometheus, stack="rollouts"):
    """The first version is deployed; at the end nothing is left."""
    repository = GitRepository(folder / "repository")
    repository.write(f"{WEB}/services.yaml", service("web-stable", "web") + service("web-canary", "web"))
    repository.write(f"{WEB}/routes.yaml", virtual_service())
    repository.write(f"{WEB}/analysis.yaml", success_rate(prometheus))
    repository.write(f"{WEB}/config.yaml", config_map("settings", a="0"))
    repository.write(f"{OTHER}/config.yaml", config_map("settings", a="0"))
    repository.write(f"{WEB}/rollout.yaml", rollout("1.1"))
    repository.write(f"{WEB}/gitops.yaml", "timeouts: {rollout: 60s}\n")
    repository.commit("Start")
    repository.git("config", "receive.denyCurrentBranch", "updateInstead")
    project = StackProject(
        folder / "project", sandbox, stack=stack, context="staging", repository=repository.url
    )
    found = Delivery(project, repository, prometheus)
    found.up()
    yield found
    assert project.destroy().code == 0
