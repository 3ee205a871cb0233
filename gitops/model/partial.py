"""What a partial sync leaves out, and what has to stay as it is because of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops.model.application import Application
    from gitops.model.errors import Problem
    from gitops.model.keys import ObjectKey

APPLICATION = "gitops:index:Application"
"""The engine's type of an application."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An application that is not synced this time.

    Attributes:
        name: the application's name.
        problems: why, each with its place and next step.
        states: the objects it states, as far as it could be read.
        application: what is known of it; None when it could not be read at all.
        may_state_applications: whether applications may be missing because this one is left out.
        held: whether nothing is wrong with it, and it only has to wait.
    """

    name: str
    problems: tuple[Problem, ...]
    states: frozenset[ObjectKey] = frozenset()
    may_state_applications: bool = False
    application: Application | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """A resource of the stack's state.

    Attributes:
        key: which object of the cluster it is; None for components, gates and the provider.
        serves: group and kind of a CustomResourceDefinition's objects, else None.
        retained: whether the object stays when its resource goes.
    """

    urn: str
    type: str
    name: str
    parent: str
    key: ObjectKey | None = None
    serves: tuple[str, str] | None = None
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run must neither change nor delete.

    Attributes:
        owned: objects of applications that are left out; nobody else registers them either.
        objects: these, and whatever else has to stay with them.
        urns: the resources of the state that the engine has to pass over.
    """

    owned: frozenset[ObjectKey] = frozenset()
    objects: frozenset[ObjectKey] = frozenset()
    urns: tuple[str, ...] = ()
