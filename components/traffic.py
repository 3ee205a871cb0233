"""The Services and routes between which a rollout's traffic is split, for a program of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.stated import stated
from gitops.model.manifest import JsonObject  # noqa: TC001 - the SDK reads a component's annotations
from gitops.rollouts.strategy import Pair, pair
from gitops.rollouts.traffic import routing, split

if TYPE_CHECKING:
    from gitops.model.rollout.section import RolloutSection


@dataclass(frozen=True, slots=True)
class TrafficArgs:
    """How traffic reaches the versions of a workload.

    Attributes:
        workload: the Rollout's name.
        service: the Service of the version that users have, whole; it is stated elsewhere.
        section: the strategy, which says what else is needed.
    """

    workload: str
    service: JsonObject
    section: RolloutSection


class Traffic(pulumi.ComponentResource):
    """The second Service, and with Istio a VirtualService and, for subsets, a DestinationRule.

    Attributes:
        services: the names of both.
        routing: what the Rollout states as `trafficRouting`; empty without Istio.
    """

    services: Pair
    routing: JsonObject

    def __init__(self, name: str, args: TrafficArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("gitops:index:Traffic", name, None, opts)
        canary = args.section.canary
        self.services = pair(args.section, args.service["metadata"]["name"])
        stated(
            self, split(canary.istio if canary else None, args.workload, args.service, self.services.other)
        )
        self.routing = routing(canary, args.workload) if canary else {}
        self.register_outputs({"routing": self.routing})
