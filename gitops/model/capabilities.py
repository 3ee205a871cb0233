"""What the cluster that manifests are rendered for can do, as charts ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


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


@dataclass(frozen=True, slots=True)
class Served:
    """What a cluster serves, as far as manifests depend on it.

    Attributes:
        scopes: whether each kind is namespaced, by group and kind; None where there is no cluster to ask.
        capabilities: what charts are told.
    """

    scopes: Mapping[tuple[str, str], bool] | None = None
    capabilities: Capabilities = field(default=WITHOUT_CLUSTER)
