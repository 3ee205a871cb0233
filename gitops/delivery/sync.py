"""A sync: the engine makes the cluster match, then what nobody remembers is pruned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.cluster.errors import ApiError
from gitops.engine.stacks import Outcome, up
from gitops.waves.order import kind_rank

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops.model.keys import ObjectKey
    from gitops.model.plan import Plan
    from gitops.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did; `pruned` are objects that were in no plan and in no state."""

    revision: str
    outcome: Outcome
    pruned: tuple[ObjectKey, ...]


def sync(
    settings: Settings,
    project: Path,
    *,
    refresh: bool = False,
    on_output: Callable[[str], None] | None = None,
) -> Synced:
    """Deploy a stack at its revision and prune what carries its label but is in no plan.

    Such objects are left by a run that was killed after it had created them and before it could record it,
    when the next commit no longer states them.

    Raises:
        GitOpsError: as the program and the engine raise them; nothing is pruned then.
    """
    from components.program import deploy  # the engine's SDK is slow to import

    plans: list[Plan] = []
    problems: list[Exception] = []

    def program() -> None:
        try:
            plans.append(deploy(settings))
        except Exception as error:
            problems.append(error)
            raise

    try:
        outcome = up(settings.stack, project, program, refresh=refresh, on_output=on_output)
    except Exception:
        if problems:
            raise problems[0] from None
        raise
    plan = plans[-1]
    return Synced(plan.revision, outcome, prune_orphans(settings, plan))


def prune_orphans(settings: Settings, plan: Plan) -> tuple[ObjectKey, ...]:
    """Delete what carries the stack's label and is in no plan, users before what they use.

    Objects of an application with `prune: false` stay, as they do when the engine deletes.
    """
    connection = connect(settings.cluster)
    live = connection.survey(settings.stack)
    orphans = sorted(live.leaving(plan.keys), key=lambda key: (kind_rank(key.kind), key), reverse=True)
    for key in orphans:
        try:
            connection.client.delete(live.path(key), uid=live.objects[key]["metadata"]["uid"])
        except ApiError as error:
            if error.status not in {404, 409}:
                raise
    return tuple(orphans)
