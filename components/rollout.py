"""A workload that is rolled out step by step, for a program of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.stated import stated
from gitops.model.errors import Problem, ProblemsError
from gitops.rollouts.faults.find import find_faults
from gitops.rollouts.section import carried_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.manifest import JsonObject
    from gitops.model.rollout.section import RolloutSection


@dataclass(frozen=True, slots=True)
class RolloutArgs:
    """What is rolled out, and how.

    Attributes:
        section: as an application's `gitops.yaml` states it; its `prometheus` has to be there where it has checks.
        objects: the Deployment and what goes with it, such as its Service and its autoscaler, whole.
    """

    section: RolloutSection
    objects: Sequence[JsonObject]


class Rollout(pulumi.ComponentResource):
    """The objects with a Rollout in the Deployment's place, and all that it needs; the Rollout comes last.

    Attributes:
        rollout: the Rollout.

    Raises:
        ProblemsError: everything that could not work, before anything is registered.
    """

    rollout: pulumi.CustomResource

    def __init__(self, name: str, args: RolloutArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("gitops:index:Rollout", name, None, opts)
        carried = carried_out(args.section, list(args.objects))
        bodies = [part.body for part in carried.parts]
        faults = carried.faults or [fault for _, fault in find_faults(bodies)]
        if faults:
            raise ProblemsError(
                Problem(f"`{fault.path}`: {fault.what}", None, fault.next_step) for fault in faults
            )
        before = stated(self, (body for body in bodies if body["kind"] != "Rollout"))
        (self.rollout,) = stated(self, (body for body in bodies if body["kind"] == "Rollout"), before)
        self.register_outputs({})
