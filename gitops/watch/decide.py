"""What to do about a live object that was seen: nothing, heal it, or look at Git again first."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from gitops.model.keys import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.cluster.client import Object
    from gitops.watch.wanted import Wanted


class Verdict(StrEnum):
    """What an object needs."""

    FINE = "fine"
    HEAL = "heal"
    LEAVE = "leave"
    REPLAN = "replan"


class Decision(NamedTuple):
    """What to do, why, and who is to blame.

    Attributes:
        what: paths that differ, or `missing`; "" when nothing is wrong.
        by: the field managers that wrote the live fields, sorted.
        why: the reason not to heal.
    """

    verdict: Verdict
    what: str = ""
    by: tuple[str, ...] = ()
    why: str = ""


def decide(wanted: Wanted, live: Object | None, held: Mapping[str, str]) -> Decision:
    """What to do about an object; `live` is None when it is gone, `held` says why applications are left alone.

    When all that differs was written under this project's own name, somebody has synced another revision: what is
    wanted is then no longer what was wanted.
    """
    if live is not None and live["metadata"].get("deletionTimestamp"):
        return Decision(Verdict.LEAVE, "missing", why="it is being deleted")
    what, by = _contradictions(wanted, live)
    if not what:
        return Decision(Verdict.FINE)
    application = wanted.application
    if not application.self_heal:
        return Decision(Verdict.LEAVE, what, by, "selfHeal is off")
    if application.name in held:
        return Decision(Verdict.LEAVE, what, by, held[application.name])
    if by == (FIELD_MANAGER,):
        return Decision(Verdict.REPLAN, what, by, "it was synced by another run")
    return Decision(Verdict.HEAL, what, by)


def _contradictions(wanted: Wanted, live: Object | None) -> tuple[str, tuple[str, ...]]:
    if live is None:
        return "missing", ()
    differences = wanted.differences(live)
    managers = {item.by.manager if item.by else "" for item in differences}
    return ", ".join(item.path for item in differences), tuple(sorted(managers))
