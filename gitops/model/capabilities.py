"""What the cluster that manifests are rendered for can do, as charts ask for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Helm's `.Capabilities`.

    Attributes:
        kube_version: the server's version, such as `1.36.3`.
        api_versions: what the server serves besides Kubernetes' own groups, as `group/version` and
            `group/version/Kind`.
    """

    kube_version: str = "1.36.0"
    api_versions: tuple[str, ...] = ()


WITHOUT_CLUSTER = Capabilities()
"""What charts are told where there is no cluster to ask."""
