"""Every example of every command's help but those of `gitops secret`, in an order in which one follows from another.

A story of two stacks: what an example prints and how it ends depends on what the ones before it did.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.live.stack_project import config_map
from tests.prometheus_stub import Stub, serving

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Example:
    """One example.

    Attributes:
        line: as the help has it.
        told: what it has to print, among other things.
        code: how it has to end.
        then: a command of the shell that shows what the example did.
        endless: it goes on until it is interrupted, which happens as soon as it has printed `told`.
        before: what happens first; it is given the world of the test.
    """

    line: str
    told: str
    code: int = 0
    then: str = ""
    endless: bool = False
    before: Callable[[World], object] | None = None


class World:
    """What examples need: the repository, both stacks of one project, and an ExitStack for what they open."""

    def __init__(self, repository, staging, prod, open_):
        self.repository, self.staging, self.prod, self.open = repository, staging, prod, open_

    def commit(self, value):
        """Give application `web` another value."""
        self.repository.write("k8s/02-apps/web/settings.yaml", config_map("settings", a=value))
        return self.repository.commit(f"Set {value}")

    def scale(self):
        """Change `web` by hand, in both clusters."""
        for stack in (self.staging, self.prod):
            stack.kubectl("-n", "web", "scale", "deployment/web", "--replicas=3")

    def own(self):
        """Let objects of `prod` live before it is deployed, as kubectl makes them."""
        for name in ("shop", "web"):
            self.prod.kubectl("create", "namespace", name)
            self.prod.kubectl(
                "-n", name, "apply", "-f", "-", stdin=config_map("settings", a="1" if name == "shop" else "2")
            )

    def begin(self):
        """A promotion to `prod` that is killed as soon as it has begun."""
        self.sync_staging("8")
        assert "prod follows" in self.prod.killed("prod follows", "promote", "prod", "--yes")[-1]

    def propose_canary(self):
        """A branch that makes `web` a canary, and a Prometheus that has measured its past."""
        stub = Stub(lambda _: 0)
        self.open.enter_context(serving(stub))
        analysis = "analysis: {checks: [restart-rate]}, steps: [{setWeight: 50}, {pause: {duration: 10m}}]"
        section = f"prometheus: '{stub.url}', canary: {{{analysis}}}"
        main = self.repository.git("rev-parse", "--abbrev-ref", "HEAD")
        self.repository.git("switch", "-q", "-c", "canary")
        self.repository.write("k8s/02-apps/web/gitops.yaml", f"rollout: {{{section}}}\n").commit("Canary")
        self.repository.git("switch", "-q", main)

    def keep_keys(self):
        """A backup of the keys that open the secrets of `prod`."""
        ring = self.prod.values["keyRing"].removeprefix("file:")
        shutil.copy(ring, self.prod.folder / "prod-keys.pem")

    def settle(self, repository=""):
        """Where both stacks have their repository; without one it is where it was."""
        for stack in (self.staging, self.prod):
            stack.configure(repository=repository or self.repository.url)

    def sync_staging(self, value):
        """A commit, deployed in `staging`."""
        self.commit(value)
        done = self.staging.gitops("stack", "sync", "--stack", "staging", "--quiet")
        assert done.code == 0, done.text


STORY = (
    Example("gitops version", "pulumi-kubernetes"),
    Example("gitops version -o json", '"python": '),
    Example('eval "$(gitops completion bash)"', "_gitops_completion gitops", then="complete -p gitops"),
    Example(
        "gitops completion fish > ~/.config/fish/completions/gitops.fish",
        "complete --no-files --command gitops",
        then="cat ~/.config/fish/completions/gitops.fish",
    ),
    Example("gitops doctor --stack staging", "ok       rights"),
    Example("gitops doctor --stack prod -o json", '"verdict": "ok"'),
    Example("gitops render web --stack staging", "kind: Deployment"),
    Example("gitops render --stack prod --revision v1.4.0 -o name", "deployment.apps/web"),
    Example("gitops render --stack prod --compare v1.3.0..v1.4.0", "+  a: '2'", code=1),
    Example("gitops stack sync --stack staging", "3 applications synced"),
    Example("gitops adopt --stack prod", "ConfigMap shop/settings", code=1, before=World.own),
    Example("gitops adopt --stack prod --yes --sync", "objects handed over"),
    Example("gitops adopt --stack prod shop --undo", "objects given back"),
    Example("gitops adopt --stack prod --confirm --remove-owner", "are the stack's for good"),
    Example("gitops stack sync --stack prod --refresh", "3 applications synced"),
    Example("gitops stack sync --stack prod --retry --quiet", "3 applications synced"),
    Example(
        "gitops stack sync --stack prod -o json | jq '.applications[] | select(.result != \"Synced\")'",
        "context prod",
    ),
    Example("gitops app list --stack staging", "Synced  Healthy"),
    Example("gitops app list --stack staging --watch", "Synced  Healthy", endless=True),
    Example("gitops app list --stack prod -o json", '"sync": "Synced"'),
    Example("gitops app get web --stack staging", "differs in spec.replicas", before=World.scale),
    Example("gitops app get web --stack prod -o json", '"path": "spec.replicas"'),
    Example("gitops app get web --stack staging --hard-refresh", "differs in spec.replicas"),
    Example(
        "gitops app list --stack prod -o json | jq '.applications[] | select(.sync != \"Synced\").name'",
        '"web"',
    ),
    Example("gitops app list --stack prod --exit-code", "OutOfSync", code=1),
    Example("gitops app diff web --stack staging", "spec.replicas: is 3, Git says 1 (kubectl", code=1),
    Example("gitops app diff --stack prod -o json", '"live": 3', code=1),
    Example("gitops stack drift --stack prod", "spec.replicas: is 3, Git says 1 (kubectl", code=1),
    Example(
        "gitops stack drift --stack prod -o markdown > drift.md",
        "| web | Deployment web/web | spec.replicas | 1 | 3 |",
        code=1,
        then="cat drift.md",
    ),
    Example("gitops stack drift --stack prod --strict --unmanaged", "in no stack: ", code=1),
    Example("gitops app sync web --stack prod --resource Deployment:web --dry-run", "spec.replicas"),
    Example("gitops app sync web --stack staging", "1 application synced"),
    Example("gitops app sync web api --stack prod --prune --wait --timeout 10m", "2 applications synced"),
    Example("gitops app wait web --stack staging", "web is Synced and Healthy"),
    Example("gitops app wait --stack prod --health --timeout 10m", "shop is Synced and Healthy"),
    Example("gitops app manifests web --stack staging", "kind: Deployment"),
    Example("gitops app manifests web --stack prod --revision v1.4.0 -o name", "deployment.apps/web"),
    Example("gitops app manifests web --stack prod --live", "kind: Deployment"),
    Example("gitops app resources web --stack staging", "└ Pod:web/web-"),
    Example(
        "gitops app resources web --stack prod -o json | jq '.resources[] | select(.health.status == \"Degraded\")'",
        "",
    ),
    Example("gitops app events web --stack staging", "SuccessfulCreate"),
    Example("gitops app events web --stack prod -o json | jq '.events[] | select(.type == \"Warning\")'", ""),
    Example("gitops app logs web --stack staging --tail 100", "main | line 2"),
    Example("gitops app logs web --stack prod --follow --since 10m --container main", "line 3", endless=True),
    Example(
        "gitops watch --stack staging", "sync ended", endless=True, before=lambda world: world.commit("3")
    ),
    Example(
        "SYNC_INTERVAL=30s gitops watch --stack prod --log-format json",
        '"message": "sync ended"',
        endless=True,
    ),
    Example("gitops watch --stack prod --listen 127.0.0.1:9797", "watching", endless=True),
    Example("gitops watch --stack prod --install systemd", "[Service]"),
    Example(
        "gitops watch --stack prod --install deployment --image registry.example/gitops:1", "kind: Deployment"
    ),
    Example("gitops app history web --stack staging", "Succeeded"),
    Example("gitops app history web --stack prod -o json | jq -r '.deployments[0].revision'", ""),
    Example("gitops stack history --stack staging", "web"),
    Example(
        "gitops stack history --stack prod -o json | jq '.deployments[] | select(.outcome == \"Failed\").reason'",
        "",
    ),
    Example("gitops stack list", "Synced"),
    Example("gitops stack list -o json | jq '.stacks[] | select(.sync != \"Synced\").name'", ""),
    Example("gitops stack list -o wide --watch", "OVERLAY", endless=True),
    Example("gitops stack get --stack staging", "Synced (3 Synced)"),
    Example("gitops stack get --stack prod -o yaml", "sync: Synced"),
    Example(
        "gitops rollout simulate web --stack staging --revision canary --since 24h",
        "restart-rate  passed",
        before=World.propose_canary,
    ),
    Example(
        "gitops rollout simulate --stack prod --revision canary -o json"
        " | jq '.metrics[] | select(.passed != true).name'",
        "",
    ),
    Example("gitops verify --stack staging", "passed"),
    Example("gitops verify --stack prod -o json", '"result": "passed"'),
    Example("gitops approve staging prod", "approved", before=lambda world: world.sync_staging("4")),
    Example("gitops approve prod --app web --yes", "approved"),
    Example("gitops promote staging prod --dry-run", "+  a: '4'"),
    Example("gitops promote staging prod --app web --app api", "prod follows"),
    Example("gitops promote prod --yes", "+  a: '5'", before=lambda world: world.sync_staging("5")),
    Example(
        "gitops promote staging prod --yes --parallel 8 -o json",
        '"promoted": true',
        before=lambda world: world.sync_staging("6"),
    ),
    Example(
        "gitops promote prod --watch",
        "1 of 1 promoted",
        endless=True,
        before=lambda world: world.sync_staging("7"),
    ),
    Example("gitops promote prod --abort", "aborted by", before=World.begin),
    Example("gitops rebuild prod", "Rebuild prod there?"),
    Example("gitops rebuild prod --keys prod-keys.pem --yes", "keys are in", before=World.keep_keys),
    Example("gitops rebuild prod --partial --ignore-holds --timeout 30m -o json", '"proven": true'),
    Example("gitops stack diff staging prod", "-  a: '8'", code=1),
    Example("gitops stack diff staging prod -o name", "changed ConfigMap web/settings", code=1),
    Example(
        'gitops promote prod --hotfix v1.4.1 --reason "login is down, staging is broken"',
        "+  a: '8'",
        before=lambda world: world.repository.tag("v1.4.1"),
    ),
    Example("gitops app rollback web --stack staging", "pushed"),
    Example("gitops app rollback web --stack prod --to 1 --branch back-to-1", "to back-to-1"),
    Example("gitops app rollback web --stack prod --to v1.3.0 --pin --yes", "stack prod follows"),
    Example("gitops stack rollback --stack staging", "pushed", before=lambda world: world.sync_staging("9")),
    Example("gitops stack rollback --stack prod --to 1 --pin", "stack prod follows"),
    Example(
        "gitops fleet export --backend s3://states > stacks.yaml",
        "kind: Stack",
        then="cat stacks.yaml",
        before=lambda world: world.settle("https://git.example.org/homelab.git"),
    ),
    Example(
        "gitops fleet export staging prod --backend https://api.pulumi.com --organization acme -o json",
        '"kind": "Stack"',
    ),
)
"""All of them, in the order in which they are run."""
