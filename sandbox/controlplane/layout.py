"""Where everything of one sandbox lies; the only place that spells its paths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one sandbox; it can be deleted as a whole once the sandbox is down."""

    root: Path

    @classmethod
    def at(cls, path: Path | str) -> Home:
        """Take any spelling of a path; every path derived from it is absolute."""
        return cls(Path(path).expanduser().resolve())

    @property
    def bin(self) -> Path:
        """Links to the tools, first on the sandbox's PATH."""
        return self.root / "bin"

    @property
    def kubeconfig(self) -> Path:
        """One context per cluster, named like the cluster."""
        return self.root / "kubeconfig"

    @property
    def state(self) -> Path:
        """The engine's state files."""
        return self.root / "state"

    @property
    def pulumi_home(self) -> Path:
        """The engine's own settings and plugins."""
        return self.root / "pulumi"

    @property
    def repository(self) -> Path:
        """The demo repository, bare."""
        return self.root / "homelab.git"

    def key_ring(self, stack: str) -> Path:
        """The private key that opens the demo's secrets in one stack."""
        return self.root / "keys" / f"{stack}.pem"

    @property
    def sealed(self) -> Path:
        """The demo's secrets, sealed, by their place in its repository."""
        return self.root / "keys" / "sealed.json"

    def deployment_log(self, stack: str) -> Path:
        """What the engine said when a stack was last deployed."""
        return self.root / "logs" / f"{stack}.jsonl"

    @property
    def lock(self) -> Path:
        """Held while clusters are started or stopped."""
        return self.root / "lock"

    def cluster(self, name: str) -> ClusterHome:
        """Give the folder of one cluster."""
        return ClusterHome(self.root / "clusters" / name)

    def cluster_names(self) -> tuple[str, ...]:
        """Name the clusters that were ever started here, sorted."""
        return tuple(sorted(folder.name for folder in self.root.glob("clusters/*/")))


@dataclass(frozen=True, slots=True)
class ClusterHome:
    """The folder of one cluster."""

    root: Path

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.root.name

    @property
    def record(self) -> Path:
        """Ports and processes, see `records`."""
        return self.root / "cluster.json"

    @property
    def pki(self) -> Path:
        """Certificates and keys, see `pki`."""
        return self.root / "pki"

    @property
    def data(self) -> Path:
        """What etcd keeps."""
        return self.root / "etcd"

    @property
    def stages(self) -> Path:
        """What kwok does with pods, nodes, services and claims."""
        return self.root / "stages.yaml"

    @property
    def scraping(self) -> Path:
        """What Prometheus scrapes."""
        return self.root / "prometheus.yml"

    @property
    def metrics(self) -> Path:
        """What Prometheus keeps."""
        return self.root / "metrics"

    @property
    def tokens(self) -> Path:
        """Static tokens; there is one, of a user who may only look."""
        return self.root / "tokens.csv"

    @property
    def audit_policy(self) -> Path:
        """What the API server keeps in its audit log; without this file it keeps none."""
        return self.root / "audit.yaml"

    @property
    def audit_log(self) -> Path:
        """The requests that the API server has answered, one a line."""
        return self.root / "logs" / "audit.jsonl"

    def log(self, part: str) -> Path:
        """The log of one process."""
        return self.root / "logs" / f"{part}.log"

    def part_kubeconfig(self, user: str) -> Path:
        """The kubeconfig of one component or of the user `viewer`."""
        return self.root / f"{user}.kubeconfig"
