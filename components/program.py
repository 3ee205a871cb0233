"""The program from beginning to end, for `__main__.py` and for stacks driven from outside."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import pulumi

from components.config import read_settings
from components.hooks import HookRunner
from components.platform import Platform, PlatformArgs
from components.provider import cluster_provider
from components.recorded import recorded_objects
from gitops.cluster.connect import connect
from gitops.cluster.handover import changing_hands, to_hand_over
from gitops.cluster.survey import ALLOW_DELETES, hidden_warning, refuse_mass_deletion
from gitops.desired import desired_plan
from gitops.hold import holding
from gitops.model.deep_messages import allow_deep_messages
from gitops.model.errors import RefusedError
from gitops.respected import respecting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.cluster.connect import Connection
    from gitops.model.errors import Problem
    from gitops.model.keys import ObjectKey
    from gitops.model.plan import Plan
    from gitops.model.settings import Settings

# The language host's code for a program that needs no more words.
_TOLD = 32


def deploy() -> None:
    """Settings → what lives → commit → applications → plan → components, all or nothing.

    Raises:
        GitOpsError: something is wrong; nothing was registered, so nothing is touched.
    """
    signal.signal(signal.SIGINT, _ended)
    settings = read_settings()
    connection = connect(settings.cluster)
    live = connection.survey(settings.stack)
    if live.hidden:
        live = live.with_unseen(recorded_objects())
    plan = respecting(desired_plan(settings, live.served), live.objects, lambda: connection)
    for note in plan.notes:
        pulumi.log.warn(str(note))
    for held in holding(settings, datetime.now(UTC), manual=True)(plan.applications):
        pulumi.log.warn(_passed_over(settings.stack, held))
    hidden = live.hidden_of(live.objects.keys() | plan.keys)
    if hidden:
        pulumi.log.warn(str(hidden_warning(hidden)))
    refuse_mass_deletion(
        live.objects,
        (live.objects.keys() - live.leaving(plan.keys)) | changing_hands(live, plan.keys),
        settings.delete_limit,
        allowed=os.environ.get(ALLOW_DELETES, ""),
    )
    _refuse_changing_hands(settings.stack, to_hand_over(live, plan.keys))
    register(settings, plan, connection)


def _passed_over(stack: str, held: Problem) -> str:
    """What a program can't do: leave resources out that the stack has; the engine would delete them."""
    return (
        f"{held.application} should wait, but a bare `pulumi up` can't leave it out: {held.what}\n"
        f"    → to leave it as it is: gitops stack sync --stack {stack}"
    )


def _refuse_changing_hands(stack: str, leaving: Sequence[ObjectKey]) -> None:
    """Stop before a Secret is deleted that is only made by somebody else from now on; a preview just says so."""
    if not leaving:
        return
    refused = RefusedError(
        f"{', '.join(map(str, leaving))} would be deleted though another takes its place",
        next_step=f"hand the Secrets over first, which deletes none: gitops secret hand-over --stack {stack}",
    )
    if not pulumi.runtime.is_dry_run():
        raise refused
    pulumi.log.warn(str(refused))


def _ended(*_: object) -> NoReturn:
    """How the engine ends a program whose step failed; it has told why, and a traceback would hide that."""
    sys.exit(_TOLD)


def register(settings: Settings, plan: Plan, connection: Connection, whole: Plan | None = None) -> None:
    """A plan's resources and the stack's outputs, registered with the engine; hooks run through the connection.

    `whole` is the stack's plan when only a part of it is registered: the outputs tell of it all.
    """
    allow_deep_messages()
    hooks = HookRunner(plan, connection)
    platform = Platform("platform", PlatformArgs(plan, cluster_provider(settings), hooks, whole or plan))
    for name in ("revision", "waves", "applications"):
        pulumi.export(name, platform.outputs[name])
