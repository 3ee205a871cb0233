"""The platform: a whole plan as one tree of resources."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.groups import application_request, wave_request
from components.hooks import object_hooks, stash_hooks, stash_input
from components.monitor import provider_reference, register_all, register_steps
from components.objects import object_request, stash_request
from gitops.model.keys import ObjectKey
from gitops.model.phase import Phase
from gitops.model.plan import Gate, HealthCheck, Hook, Plan, PlannedObject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi.runtime.proto import resource_pb2

    from components.hooks import HookRunner
    from gitops.model.plan import Step


@dataclass(frozen=True, slots=True)
class PlatformArgs:
    """What a cluster has to look like, the provider that speaks to it, and what runs its hooks.

    Attributes:
        whole: the plan that the outputs tell of, when `plan` is a part of it.
    """

    plan: Plan
    provider: pulumi.ProviderResource
    hooks: HookRunner | None = None
    whole: Plan | None = None


class Platform(pulumi.ComponentResource):
    """Every wave, application and object of a plan, each after what it has to wait for.

    Attributes:
        outputs: what the stack tells others, known when everything is registered and ready.
    """

    outputs: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("gitops:index:Platform", name, None, opts)
        registered = asyncio.ensure_future(_register(args, self.urn))
        self.outputs = pulumi.Output.from_input(registered)
        self.register_outputs({})


async def _register(args: PlatformArgs, platform: pulumi.Output[str]) -> dict[str, Any]:
    plan = args.plan
    if args.hooks:
        await args.hooks.register()
    reference, root = await asyncio.gather(provider_reference(args.provider), platform.future())
    wave_parents = await register_all({wave: wave_request(wave, root or "") for wave in plan.waves})
    parents = await register_all(
        {model.name: application_request(model.name, wave_parents[model.wave]) for model in plan.applications}
    )
    prune = {model.name: model.prune for model in plan.applications}
    wave_of = {item.name: item.wave for item in plan.objects}
    failing = {hook.manifest.application for hook in plan.on_failure}
    # what runs when an application is gone has to see its objects gone, not only their namespace about to go
    seen_out = {hook.manifest.application for hook in plan.hooks if hook.phase is Phase.POST_DELETE}

    def request(step: Step, urns: Mapping[str, str]) -> resource_pb2.RegisterResourceRequest:
        dependencies = [urns[name] for name in step.after]
        if isinstance(step, Gate):
            parent = parents[step.application] if step.application else wave_parents[step.wave]
            return stash_request(step.name, parent, dependencies, stash_input(step), stash_hooks(step))
        application = step.manifest.application
        if isinstance(step, Hook | HealthCheck):
            parent = parents[application]
            return stash_request(step.name, parent, dependencies, stash_input(step), stash_hooks(step))
        return object_request(
            step,
            parents[application],
            reference,
            dependencies,
            deleted_with="" if application in seen_out else urns.get(_own_namespace(step, wave_of), ""),
            prune=prune[application],
            hooks=object_hooks(step, failing=application in failing),
        )

    await register_steps(plan.steps, request)
    return plan_outputs(args.whole or plan)


def _own_namespace(step: PlannedObject, wave_of: Mapping[str, int]) -> str:
    """The namespace of the same wave: when it goes, the object goes too, without a call of its own."""
    name = ObjectKey("", "Namespace", "", step.manifest.key.namespace).resource_name
    return name if wave_of.get(name) == step.wave else ""


def plan_outputs(plan: Plan) -> dict[str, Any]:
    """The stack's outputs: revision, waves and applications."""
    objects = Counter(item.manifest.application for item in plan.objects)
    return {
        "revision": plan.revision,
        "waves": list(plan.waves),
        "applications": [
            {
                "name": model.name,
                "wave": model.wave,
                "namespace": model.namespace,
                "objects": objects[model.name],
            }
            for model in plan.applications
        ],
    }
