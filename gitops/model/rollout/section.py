"""The whole section, and where each of its keys stands."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 - whoever reads sections reads the annotations
from dataclasses import dataclass, field
from typing import Literal

from gitops.model.errors import Location
from gitops.model.rollout.analysis import COUNT, Check
from gitops.model.rollout.blue_green import BlueGreen  # noqa: TC001 - whoever reads sections reads the annotations
from gitops.model.rollout.canary import Canary  # noqa: TC001 - as above

GROUP = {"pattern": r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$"}
_LAST = re.compile(r"(\.[^.\[\]]+|\[\d+\])$")


@dataclass(frozen=True, slots=True)
class WorkloadRef:
    """The Deployment stays, and lends the Rollout its pods' template.

    Attributes:
        scale_down: when its own pods go: as the Rollout's come, when those are all there, or never.
    """

    scale_down: Literal["progressively", "onsuccess", "never"] = "progressively"


@dataclass(frozen=True, slots=True)
class RollbackWindow:
    """How many revisions back a return may skip the steps."""

    revisions: int = field(metadata=COUNT)


@dataclass(frozen=True, slots=True)
class Lines:
    """The file that states a section, and the line of each of its keys, such as `rollout.canary.steps[0]`."""

    file: str
    lines: Mapping[str, int]

    def at(self, path: str) -> Location:
        """Where a key stands, or the nearest one around it."""
        while path and path not in self.lines:
            path = _LAST.sub("", path) if _LAST.search(path) else ""
        return Location(self.file, self.lines.get(path, 0))


@dataclass(frozen=True, slots=True)
class RolloutSection:
    """How new versions of one workload reach their users: as a canary, or blue-green.

    Attributes:
        workload: the Deployment's name; "" where the application has just one.
        group: the name that Rollouts share which go on, and are taken back, together; "" for one alone.
        workload_ref: None for a Rollout that takes the Deployment's place.
        checks: what is measured otherwise than the library does it unasked.
        prometheus: the address to ask; "" for the stack's.
        versioned: whether each version keeps the ConfigMaps and Secrets that it began with.
        progress_deadline_abort: whether a version that does not get on is aborted.
        stated: where the section stands; None in a program.
    """

    workload: str = ""
    group: str = field(default="", metadata=GROUP)
    workload_ref: WorkloadRef | None = None
    canary: Canary | None = None
    blue_green: BlueGreen | None = None
    checks: tuple[Check, ...] = ()
    prometheus: str = ""
    versioned: bool = True
    progress_deadline_abort: bool | None = None
    rollback_window: RollbackWindow | None = None
    stated: Lines | None = field(default=None, compare=False, metadata={"read": False})
