"""Hooks and checks of health as the engine's resources: a Stash, whose creation, update or end waits for an object.

The work is done by the engine's resource hooks, which call back into this program and fail the step when they
fail, so that nothing after it begins. A Stash that has not changed calls nothing, and a preview never does.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.proto import resource_pb2

from components.objects import secret
from gitops.cluster.health import Status
from gitops.cluster.hooks import delete_made, run_hook
from gitops.cluster.lending import let_go, stop_scaling_down
from gitops.cluster.reading import read_live
from gitops.cluster.taking import take_all_fields
from gitops.cluster.waiting import wait_healthy
from gitops.model.keys import HOOK_ANNOTATION
from gitops.model.phase import DeletePolicy, Phase
from gitops.model.plan import Gate, HealthCheck, Hook
from gitops.sharing import refuse_moved

if TYPE_CHECKING:
    from gitops.cluster.connect import Connection
    from gitops.model.manifest import JsonObject, Manifest
    from gitops.model.plan import Plan, PlannedObject

# What the engine calls them in the message of a step that failed.
RUN, END, FAILURE = "hook of the application", "hook at the application's end", "hook of a failure"
REPLACEMENT, SHARING = "replacement of the object", "change of what a Rollout writes too"
RETURN = "return of what a Rollout was lent"
ENDING = frozenset((Phase.PRE_DELETE, Phase.POST_DELETE))


class HookRunner:
    """Does the work of a plan's hooks in its cluster, when the engine says so."""

    def __init__(self, plan: Plan, connection: Connection) -> None:
        self._plan = plan
        self._connection = connection
        self._steps = {step.name: step for step in plan.steps if isinstance(step, Hook | HealthCheck | Gate)}
        self._applications = {application.name for application in plan.applications}
        self._planned = {item.name: item for item in plan.objects}
        self._failures: dict[str, asyncio.Task[None]] = {}

    async def register(self) -> None:
        """Make the callbacks known to the engine, also for hooks that only its state still knows."""
        hooks = (
            pulumi.ResourceHook(RUN, self._run),
            pulumi.ResourceHook(END, self._end),
            pulumi.ResourceHook(REPLACEMENT, self._replace),
            pulumi.ResourceHook(SHARING, self._share),
            pulumi.ResourceHook(RETURN, self._return),
            pulumi.ErrorHook(FAILURE, self._failed),
        )
        await asyncio.gather(*(hook._registered for hook in hooks))  # noqa: SLF001 - the SDK has no other way

    async def _run(self, args: pulumi.ResourceHookArgs) -> None:
        step = self._steps[args.name]
        if isinstance(step, Gate):
            for hook in step.hooks:
                await delete_made(self._connection, marked(hook.manifest))
            return
        try:
            if isinstance(step, HealthCheck) and step.leaves:
                await asyncio.to_thread(let_go, self._connection, step.manifest)
            elif isinstance(step, HealthCheck):
                rules = [step.rule] if step.rule else []
                found = await wait_healthy(self._connection, step.manifest, rules, step.timeout, step.group)
                if found.status is Status.SUSPENDED:
                    pulumi.log.warn(f"{step.manifest.key} {found.message}; what comes after it goes on")
            else:
                body = self._named(marked(step.manifest), step.phase)
                await run_hook(self._connection, body, step.policies, step.timeout)
        except Exception:
            await self._run_failures(step.manifest.application)
            raise

    async def _end(self, args: pulumi.ResourceHookArgs) -> None:
        """Run a hook whose application ends; one that only left its application is just forgotten."""
        inputs = await pulumi.Output.from_input(dict(args.old_inputs or {})).future()
        hook = (inputs or {})["input"]
        if hook["application"] in self._applications and args.name not in self._steps:
            return
        policies = {DeletePolicy(policy) for policy in hook["policies"]}
        body = self._named(hook["manifest"], Phase(hook["phase"]))
        await run_hook(self._connection, body, policies, hook["timeout"])
        if DeletePolicy.HOOK_SUCCEEDED in policies and body["kind"] in {"Job", "Pod"}:
            await delete_made(self._connection, body)

    async def _replace(self, args: pulumi.ResourceHookArgs) -> None:
        await take_all_fields(self._connection, self._planned[args.name].manifest)

    async def _share(self, args: pulumi.ResourceHookArgs) -> None:
        planned = self._planned[args.name]
        live = await asyncio.to_thread(read_live, self._connection, planned.manifest)
        refuse_moved(planned, live)

    async def _return(self, args: pulumi.ResourceHookArgs) -> None:
        if rollout := self._planned[args.name].lent_to:
            await asyncio.to_thread(stop_scaling_down, self._connection, rollout)

    async def _failed(self, args: pulumi.ErrorHookArgs) -> bool:
        """Run the failure hooks of the object's application; the step is not tried again."""
        await self._run_failures(self._planned[args.name].manifest.application)
        return False

    async def _run_failures(self, application: str) -> None:
        """Once for each application, however many of its steps fail."""
        if application not in self._failures:
            self._failures[application] = asyncio.ensure_future(self._failure_hooks(application))
        await self._failures[application]

    async def _failure_hooks(self, application: str) -> None:
        hooks = [hook for hook in self._plan.on_failure if hook.manifest.application == application]
        try:
            for hook in hooks:
                body = self._named(marked(hook.manifest), hook.phase)
                await run_hook(self._connection, body, hook.policies, hook.timeout)
            for hook in hooks:
                if DeletePolicy.HOOK_SUCCEEDED in hook.policies:
                    await delete_made(self._connection, marked(hook.manifest))
        except Exception as error:  # noqa: BLE001 - what failed first is what has to be told
            pulumi.log.error(f"{Phase.SYNC_FAIL} of {application}: {error}")

    def _named(self, body: JsonObject, phase: Phase) -> JsonObject:
        """The body with a name; a generated one is Argo CD's: revision, phase and time behind its beginning."""
        metadata = dict(body["metadata"])
        begin = metadata.pop("generateName", "")
        if not metadata.get("name"):
            metadata["name"] = f"{begin}{self._plan.revision[:7]}-{phase.lower()}-{int(time.time())}"
        return {**body, "metadata": metadata}


def marked(manifest: Manifest) -> JsonObject:
    """The object that a hook makes, with the annotation that tells whose it is."""
    metadata = manifest.body["metadata"]
    annotations = {**(metadata.get("annotations") or {}), HOOK_ANNOTATION: manifest.key.resource_name}
    return {**manifest.body, "metadata": {**metadata, "annotations": annotations}}


def stash_input(step: Hook | HealthCheck | Gate) -> Any:
    """What a step's Stash holds: another value is what makes the engine run it again.

    A hook of an application's end is kept whole, since Git no longer has it when it is due.
    """
    if isinstance(step, Gate):
        return step.hooks[0].trigger + _once(every_sync=step.hooks[0].every_sync) if step.hooks else "ready"
    if isinstance(step, HealthCheck):
        return step.trigger
    if step.phase not in ENDING:
        return step.trigger + _once(every_sync=step.every_sync)
    body = marked(step.manifest)
    return {
        "application": step.manifest.application,
        "manifest": secret(body) if step.manifest.kind == "Secret" else body,
        "phase": str(step.phase),
        "policies": sorted(step.policies),
        "timeout": step.timeout,
    }


def stash_hooks(
    step: Hook | HealthCheck | Gate,
) -> resource_pb2.RegisterResourceRequest.ResourceHooksBinding | None:
    """When the engine calls back for a step."""
    if isinstance(step, Gate) and not step.hooks:
        return None
    binding = resource_pb2.RegisterResourceRequest.ResourceHooksBinding
    if isinstance(step, Hook) and step.phase in ENDING:
        return binding(before_delete=[END])
    return binding(before_create=[RUN], before_update=[RUN])


def object_hooks(
    planned: PlannedObject, *, failing: bool
) -> resource_pb2.RegisterResourceRequest.ResourceHooksBinding | None:
    """When the engine calls back for an object; `failing` says that its application has hooks for failures."""
    if not (failing or planned.shares or planned.replaces or planned.lent_to):
        return None
    replacing = [REPLACEMENT] if planned.replaces else []
    return resource_pb2.RegisterResourceRequest.ResourceHooksBinding(
        before_create=replacing,
        before_update=[
            *replacing,
            *([SHARING] if planned.shares else []),
            *([RETURN] if planned.lent_to else []),
        ],
        on_error=[FAILURE] if failing else [],
    )


def _once(*, every_sync: bool) -> str:
    return f"/{time.time_ns()}" if every_sync else ""
