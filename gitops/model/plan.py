"""A plan: every object of a stack and what each has to wait for, in the order of registration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops.model.application import Application
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest


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
    """An object to be created or updated after the steps named in `after`, in one wave."""

    manifest: Manifest
    wave: int
    readiness: Readiness
    after: tuple[str, ...]

    @property
    def name(self) -> str:
        """The step's name, which is the resource's name."""
        return self.manifest.key.resource_name


@dataclass(frozen=True, slots=True)
class Gate:
    """A point that is passed when everything in `after` is ready; it creates nothing in the cluster.

    `application` is "" for the gate behind a whole wave.
    """

    name: str
    wave: int
    application: str
    after: tuple[str, ...]


Step = PlannedObject | Gate


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cluster has to look like at one revision.

    Attributes:
        stack: the stack's name, which is also the cluster's.
        revision: the full commit id.
        applications: by wave and name.
        steps: objects and gates; a step comes after every step that it names.
    """

    stack: str
    revision: str
    applications: tuple[Application, ...]
    steps: tuple[Step, ...]

    @property
    def waves(self) -> tuple[int, ...]:
        """The numbers of the waves, ascending."""
        return tuple(sorted({application.wave for application in self.applications}))

    @property
    def objects(self) -> tuple[PlannedObject, ...]:
        """The steps that are objects."""
        return tuple(step for step in self.steps if isinstance(step, PlannedObject))

    def objects_of(self, application: str) -> tuple[PlannedObject, ...]:
        """The objects of one application."""
        return tuple(item for item in self.objects if item.manifest.application == application)

    @property
    def keys(self) -> frozenset[ObjectKey]:
        """The identities of all objects."""
        return frozenset(item.manifest.key for item in self.objects)
