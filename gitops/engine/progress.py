"""What the engine tells of a run while it goes on, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent

BEGUN, DONE, FAILED, TOLD, WARNED = "begun", "done", "failed", "told", "warned"

_LOOKING = "refresh"  # the value of the SDK's OpType.REFRESH, which is slow to import
_SAYING = {"info": TOLD, "warning": WARNED}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a resource.

    Attributes:
        name: the resource's; for an object, its identity in the cluster.
        what: `begun`, `done`, `failed`, `told` by the provider what it waits for, or `warned` by it.
        text: what it says.
    """

    name: str
    what: str
    text: str = ""


def step_of(event: EngineEvent) -> Step | None:
    """The step that an event of the engine is; None for all others, and for the look at what is there before a run."""
    if begun := event.resource_pre_event:
        return None if begun.metadata.op == _LOOKING else Step(_name(begun.metadata.urn), BEGUN)
    if done := event.res_outputs_event:
        return None if done.metadata.op == _LOOKING else Step(_name(done.metadata.urn), DONE)
    if event.res_op_failed_event:
        return Step(_name(event.res_op_failed_event.metadata.urn), FAILED)
    told = event.diagnostic_event
    if told and told.urn and told.severity in _SAYING:
        return Step(_name(told.urn), _SAYING[told.severity], " ".join(told.message.split()))
    return None


def _name(urn: str) -> str:
    return urn.split("::", 3)[-1]
