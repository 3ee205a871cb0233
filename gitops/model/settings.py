"""What a stack is told: which repository, which cluster, which applications."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from gitops.model.health_rule import HealthRule
    from gitops.model.project import SyncWindow
    from gitops.model.verification import Check


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the wanted state is kept.

    Attributes:
        url: https, ssh or file URL, already checked and absolute.
        revision: branch, tag or commit id.
        token: for https; "" for a public repository.
        key_file: private key for ssh; "" for the agent's or the user's default.
    """

    url: str
    revision: str
    token: str = field(default="", repr=False)
    key_file: str = ""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which cluster to make match: "" means kubectl's own default for either."""

    kubeconfig: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationGlob:
    """Directories that are applications.

    Attributes:
        path: a Go `path.Match` pattern over directories, relative to the repository's root.
        wave: the wave of applications that state none themselves.
        exclude: patterns of directories to leave out; they win.
    """

    path: str
    wave: int
    exclude: tuple[str, ...] = ()


DEFAULT_GLOBS = (
    ApplicationGlob("k8s/01-infrastructure/*", wave=10),
    ApplicationGlob("k8s/02-apps/*", wave=20),
)


@dataclass(frozen=True, slots=True)
class FleetCluster:
    """A stack's cluster, as Argo CD's objects call it.

    Attributes:
        stack: the stack's name, which is also the cluster's.
        destinations: other names and API server addresses by which a destination may call it.
        labels: what the selectors of ApplicationSets' cluster generators look at.
        annotations: what their templates may ask for besides.
    """

    stack: str
    destinations: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Secrets:
    """How SealedSecrets reach the cluster.

    Attributes:
        opened: whether the program opens them; else the controller in the cluster does.
        key_ring: the private keys that open them: `file:PATH`, `kubernetes:NAMESPACE[/NAME]`, or their text.
        certificate: a file or URL with the certificate to seal for; "" to ask the controller.
        digest_key: makes digests by which unchanged values are known; "" for no digests.
        refuse_plain: whether a Secret in clear in the repository is an error.
        plain: globs of files that may hold one all the same.
    """

    opened: bool = False
    key_ring: str = field(default="", repr=False)
    certificate: str = ""
    digest_key: str = field(default="", repr=False)
    refuse_plain: bool = False
    plain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Leave to sync in spite of closed windows.

    Attributes:
        reason: why, for whoever reads it later.
        until: when it ends by itself.
        applications: globs over names.
    """

    reason: str
    until: datetime
    applications: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class Loop:
    """What the loop, and syncs beside it, are told.

    Attributes:
        interval: seconds between two looks at the repository.
        windows: when syncs are allowed, beside what projects say.
        break_glass: leave to sync in spite of them.
        paused: globs over names of applications that nobody may touch.
    """

    interval: float = 180.0
    windows: tuple[SyncWindow, ...] = ()
    break_glass: BreakGlass | None = None
    paused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Promotion:
    """A stack's place in the fleet, and how it takes over what another one has proven.

    Attributes:
        source: the stack that proves it, "" for none.
        soak: seconds that it has to run there.
        approval: whether somebody has to have approved exactly what the stack gets.
        stage: what it is among the stacks, such as `prod`; many stacks may be one stage. "" for none.
        group: its place in a promotion to the whole stage; groups go up, one after the other.
        max_unavailable: how many stacks of its group may fail before others are left alone; a number, or per
            cent of the group as `25%`; "" where it does not say.
    """

    source: str = ""
    soak: float = 0.0
    approval: bool = False
    stage: str = ""
    group: int = 0
    max_unavailable: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a stack's configuration says.

    Attributes:
        stack: the stack's name.
        overlay: name of the Kustomize overlay that this stack takes where an application has it.
        health_timeout: seconds an object may take to become healthy when its application says nothing.
        delete_limit: per cent of the stack's live objects that one run may delete without being told to.
        health_rules: rules of health for all applications.
        hooks: `on-change`, or `every-sync` for hooks that run in each sync as Argo CD's do.
        enable_helm: whether kustomizations may hold charts.
        argocd: files and folders of the repository that state Argo CD's own objects.
        fleet: every stack of the project as Argo CD's objects know clusters; this one among them.
        secrets: how SealedSecrets reach the cluster.
        promotion: where its changes come from.
        verification: what has to be well after a deployment before it counts as good.
        loop: how often the loop looks, and when syncs are allowed.
        prometheus: the address that analyses of rollouts ask, as the cluster reaches it.
    """

    stack: str
    repository: Repository
    cluster: Cluster
    applications: tuple[ApplicationGlob, ...] = DEFAULT_GLOBS
    overlay: str = ""
    health_timeout: float = 300.0
    delete_limit: int = 50
    health_rules: tuple[HealthRule, ...] = ()
    hooks: str = "on-change"
    enable_helm: bool = False
    argocd: tuple[str, ...] = ()
    fleet: tuple[FleetCluster, ...] = ()
    secrets: Secrets = Secrets()
    verification: tuple[Check, ...] = ()
    loop: Loop = Loop()
    promotion: Promotion = Promotion()
    prometheus: str = ""

    def at(self, revision: str) -> Settings:
        """The same, following another revision."""
        return replace(self, repository=replace(self.repository, revision=revision))
