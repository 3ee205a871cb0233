"""What the stack's history is told of a deployment: before it starts, and when it has failed."""

from __future__ import annotations

import getpass
import secrets
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from gitops.engine.history import note_failure
from gitops.model.deployment import Intent
from gitops.model.errors import GitOpsError
from gitops.model.keys import APPLICATION_LABEL, TREE_ANNOTATION
from gitops.model.synced import FAILED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from typing import Any

    from gitops.model.keys import ObjectKey
    from gitops.model.partial import LeftOut
    from gitops.model.plan import Plan
    from gitops.model.settings import Settings
    from gitops.model.synced import Synced

_MOST = 750


def operation_id() -> str:
    """A new id of a run; later ones sort after it."""
    return f"{int(time.time()):08x}{secrets.token_hex(2)}"


def whoami() -> str:
    """The user and machine that this process runs as."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def intent(
    settings: Settings,
    plan: Plan,
    live: Mapping[ObjectKey, Mapping[str, Any]],
    left_out: Collection[LeftOut] = (),
    leaving: Collection[ObjectKey] = (),
    *,
    by: str = "",
    why: str = "",
    operation: str = "",
    partial: bool = False,
) -> Intent:
    """What a deployment of a plan is about to do.

    `live` are the stack's objects, or their metadata alone, and `leaving` those of them that are to go. With
    thousands of applications, not all that it touches are noted: a message has its limits.
    """
    return Intent(
        operation or operation_id(),
        by or whoami(),
        settings.repository.revision,
        plan.revision,
        touched(plan, live, leaving)[:_MOST],
        tuple(sorted(item.name for item in left_out))[:_MOST],
        why,
        partial,
    )


def touched(
    plan: Plan, live: Mapping[ObjectKey, Mapping[str, Any]], leaving: Collection[ObjectKey]
) -> tuple[str, ...]:
    """The applications of which something is missing, was made from other files, or is to go, by name."""
    found = {
        item.manifest.application
        for item in plan.objects
        if item.manifest.key not in live
        or _tree(live[item.manifest.key]) != item.manifest.annotations.get(TREE_ANNOTATION)
    }
    found |= {(live[key]["metadata"].get("labels") or {}).get(APPLICATION_LABEL, "") for key in leaving}
    return tuple(sorted(found - {""}))


def tell_outcome(project: Path, done: Synced) -> None:
    """Keep why applications failed with the deployment; the engine keeps the rest itself.

    The run is over by then: a state store that is away costs the reason and nothing else.
    """
    reasons = [f"{item.name}: {problem.what}" for item in done.having(FAILED) for problem in item.problems]
    if reasons:
        tell_failure(done.stack, project, done.operation, "; ".join(reasons))


def tell_failure(stack: str, project: Path, operation: str, reason: str) -> None:
    """The same for a run that the engine gave up."""
    with suppress(GitOpsError):
        note_failure(stack, project, operation, reason)


def _tree(live: Mapping[str, Any]) -> str | None:
    tree: str | None = (live["metadata"].get("annotations") or {}).get(TREE_ANNOTATION)
    return tree
