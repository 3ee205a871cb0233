"""A plan: every object and hook of a stack and what each has to wait for, in the order of registration."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gitops.model.sync import SyncOptions

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.model.application import Application
    from gitops.model.errors import Problem
    from gitops.model.health_rule import HealthRule
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest
    from gitops.model.phase import DeletePolicy, Phase
    from gitops.model.steering import Steering


@dataclass(frozen=True, slots=True)
class Readiness:
    """When an object counts as ready.

    Attributes:
        wait: whether anything is waited for at all.
        condition: what to wait for, in the provider's `waitFor` syntax; "" for the kind's own rule.
        timeout: seconds before the wait ends as a failure.
    """

    wait: bool
    condition: str
    timeout: float


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """An object to be created or updated after the steps named in `after`, in one wave.

    Attributes:
        options: how it is synced.
        ignored: JSON pointers to what a sync leaves alone.
        steering: which part of its lists and maps is a Rollout's.
        lent_to: the Rollout that scales it down until now, and no longer when it is applied; None for most.
    """

    manifest: Manifest
    wave: int
    readiness: Readiness
    after: tuple[str, ...]
    options: SyncOptions = field(default=SyncOptions())
    ignored: tuple[str, ...] = ()
    steering: Steering | None = None
    lent_to: ObjectKey | None = None

    @property
    def name(self) -> str:
        """The step's name, which is the resource's name."""
        return self.manifest.key.resource_name

    @property
    def replaces(self) -> bool:
        """Whether fields that Git does not state go when it is applied, whoever wrote them.

        Not where it is made anew instead, nor where some of its fields are to be left alone.
        """
        options = self.options
        return options.replace and not options.force and not self.ignored and self.steering is None

    @property
    def shares(self) -> bool:
        """Whether lists are applied of which a part is a Rollout's."""
        return self.steering is not None and not set(self.steering.whole) & set(self.ignored)


@dataclass(frozen=True, slots=True)
class Hook:
    """An object that is made, waited for and forgotten: it runs once for each `trigger`.

    Attributes:
        phase: when in a sync, or in the end of an application, it runs.
        policies: when what it made is deleted.
        timeout: seconds that it may take.
        trigger: a digest of everything that its application states; another one makes it run again.
        every_sync: whether it runs again in every sync, whatever the trigger.
    """

    manifest: Manifest
    phase: Phase
    wave: int
    after: tuple[str, ...]
    policies: frozenset[DeletePolicy]
    timeout: float
    trigger: str
    every_sync: bool = False

    @property
    def name(self) -> str:
        """The step's name, such as `hook-PreSync:shop/batch/Job:shop/migrate`."""
        return hook_name(self.manifest, self.phase)


def hook_name(manifest: Manifest, phase: Phase) -> str:
    """The name of the step that runs an object as a hook of a phase."""
    return f"hook-{phase}:{manifest.application}/{manifest.key.resource_name}"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A point that is passed when an object is healthy by a rule that the provider does not know.

    Attributes:
        manifest: the object, which is applied by a step of its own.
        rule: one that the repository or the stack states; None for the built-in one, as for a Rollout.
        timeout: seconds that it may take.
        trigger: the rule, and a digest of the object; another one makes the point be waited for again.
        group: the other Rollouts that go on, or are taken back, together with this one.
        leaves: a Rollout that is about to be deleted: it lets go of its Services, and nothing is waited for.
    """

    manifest: Manifest
    wave: int
    after: tuple[str, ...]
    rule: HealthRule | None
    timeout: float
    trigger: str
    group: tuple[Manifest, ...] = ()
    leaves: bool = False

    @property
    def name(self) -> str:
        """The step's name, such as `health:example.com/Database:shop/main`."""
        return f"health:{self.manifest.key.resource_name}"


@dataclass(frozen=True, slots=True)
class Gate:
    """A point that is passed when everything in `after` is ready; it creates nothing in the cluster.

    Attributes:
        application: "" for the gate behind a whole wave.
        hooks: what has succeeded for good when the gate is passed, so that what it made can go.
    """

    name: str
    wave: int
    application: str
    after: tuple[str, ...]
    hooks: tuple[Hook, ...] = ()


Step = PlannedObject | Hook | HealthCheck | Gate


def application_of(step: Step) -> str:
    """The application that a step belongs to; "" for the gate behind a whole wave."""
    return step.application if isinstance(step, Gate) else step.manifest.application


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cluster has to look like at one revision.

    Attributes:
        stack: the stack's name, which is also the cluster's.
        revision: the full commit id.
        applications: by wave and name.
        steps: objects, hooks, checks of health and gates; a step comes after every step that it names.
        on_failure: hooks of the phase SyncFail, which are no steps: they run when one fails.
        notes: what is not wrong, but what a person should know.
    """

    stack: str
    revision: str
    applications: tuple[Application, ...]
    steps: tuple[Step, ...]
    on_failure: tuple[Hook, ...] = ()
    notes: tuple[Problem, ...] = ()

    @property
    def waves(self) -> tuple[int, ...]:
        """The numbers of the waves, ascending."""
        return tuple(sorted({application.wave for application in self.applications}))

    @property
    def objects(self) -> tuple[PlannedObject, ...]:
        """The steps that are objects."""
        return tuple(step for step in self.steps if isinstance(step, PlannedObject))

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """All hooks, those of failures too."""
        return (*(step for step in self.steps if isinstance(step, Hook)), *self.on_failure)

    @property
    def keys(self) -> frozenset[ObjectKey]:
        """The identities of all objects, and of what hooks make."""
        return frozenset(
            {item.manifest.key for item in self.objects} | {hook.manifest.key for hook in self.hooks}
        )

    def reaching(self, names: Collection[str]) -> Plan:
        """The steps of some applications and all that these wait for, directly or not."""
        by_name = {step.name: step for step in self.steps}
        pending = [step.name for step in self.steps if application_of(step) in names]
        needed: set[str] = set()
        while pending:
            name = pending.pop()
            if name not in needed:
                needed.add(name)
                pending += by_name[name].after
        steps = tuple(step for step in self.steps if step.name in needed)
        owners = {application_of(step) for step in steps} | set(names)
        # the gate behind a wave that has no objects is below that wave all the same
        bare = {step.wave for step in steps} - {a.wave for a in self.applications if a.name in owners}
        applications = tuple(a for a in self.applications if a.name in owners or a.wave in bare)
        return replace(
            self,
            applications=applications,
            steps=steps,
            on_failure=tuple(hook for hook in self.on_failure if hook.manifest.application in names),
        )

    def without(self, keys: Collection[ObjectKey]) -> Plan:
        """The plan without some objects."""
        gone = {
            step.name
            for step in self.steps
            if isinstance(step, PlannedObject | HealthCheck) and step.manifest.key in keys
        }
        return self.keeping({step.name for step in self.steps} - gone)

    def keeping(self, names: Collection[str]) -> Plan:
        """The steps of these names; what came after another one now comes after what that came after."""
        inherited: dict[str, tuple[str, ...]] = {}
        steps: list[Step] = []
        for step in self.steps:
            after = {name for one in step.after for name in inherited.get(one, (one,))}
            if step.name not in names:
                inherited[step.name] = tuple(sorted(after))
            else:
                steps.append(
                    step if not after ^ set(step.after) else replace(step, after=tuple(sorted(after)))
                )
        return replace(self, steps=tuple(steps))
