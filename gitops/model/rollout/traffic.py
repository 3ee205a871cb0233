"""How Istio splits traffic between the stable version and the new one."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops.model.rollout.analysis import NAME


@dataclass(frozen=True, slots=True)
class VirtualService:
    """The VirtualService whose weights the controller writes: one in Git, or one that is made.

    Attributes:
        name: "" for the workload's.
        routes: names of its HTTP routes to split; none where it has just one.
        hosts: of one that is made; none for the stable Service.
        gateways: of one that is made; none for the mesh alone.
    """

    name: str = ""
    routes: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DestinationRule:
    """Splitting between two subsets of one Service, by a DestinationRule in Git or one that is made.

    Attributes:
        name: "" for the workload's.
    """

    name: str = ""
    canary_subset_name: str = field(default="canary", metadata=NAME)
    stable_subset_name: str = field(default="stable", metadata=NAME)


@dataclass(frozen=True, slots=True)
class Istio:
    """The split: between two Services, or with a DestinationRule between two subsets of one."""

    virtual_service: VirtualService = VirtualService()
    destination_rule: DestinationRule | None = None
