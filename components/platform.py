"""The platform: a whole plan as one tree of resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.application import Application
from components.objects import register
from components.wave import Wave, gate
from gitops.model.keys import ObjectKey
from gitops.model.plan import Gate, Plan, PlannedObject


@dataclass(frozen=True, slots=True)
class PlatformArgs:
    """What a cluster has to look like."""

    plan: Plan


class Platform(pulumi.ComponentResource):
    """Every wave, application and object of a plan, each after what it has to wait for.

    Attributes:
        outputs: what the stack tells others: revision, waves and applications.
    """

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("gitops:index:Platform", name, None, opts)
        plan = args.plan
        self._models = {model.name: model for model in plan.applications}
        self._waves = {n: Wave(n, pulumi.ResourceOptions(parent=self)) for n in plan.waves}
        self._applications = {
            model.name: Application(model, pulumi.ResourceOptions(parent=self._waves[model.wave]))
            for model in plan.applications
        }
        self._registered: dict[str, pulumi.Resource] = {}
        self._wave_of = {item.name: item.wave for item in plan.objects}
        for step in plan.steps:
            after = [self._registered[earlier] for earlier in step.after]
            self._registered[step.name] = (
                self._gate(step, after) if isinstance(step, Gate) else self._object(step, after)
            )
        self.outputs = _outputs(plan)
        self.register_outputs({})

    def _gate(self, step: Gate, after: list[pulumi.Resource]) -> pulumi.Resource:
        parent = self._applications[step.application] if step.application else self._waves[step.wave]
        return gate(step.name, parent, after)

    def _object(self, step: PlannedObject, after: list[pulumi.Resource]) -> pulumi.Resource:
        application = step.manifest.application
        return register(
            step,
            self._applications[application],
            after,
            self._deleted_with(step),
            prune=self._models[application].prune,
        )

    def _deleted_with(self, step: PlannedObject) -> pulumi.Resource | None:
        """The namespace of the same wave: when it goes, the object goes too, without a call of its own."""
        namespace = ObjectKey("", "Namespace", "", step.manifest.key.namespace).resource_name
        return self._registered.get(namespace) if self._wave_of.get(namespace) == step.wave else None


def _outputs(plan: Plan) -> dict[str, Any]:
    return {
        "revision": plan.revision,
        "waves": list(plan.waves),
        "applications": [
            {
                "name": model.name,
                "wave": model.wave,
                "namespace": model.namespace,
                "objects": len(plan.objects_of(model.name)),
            }
            for model in plan.applications
        ],
    }
