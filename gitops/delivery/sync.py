"""A sync: the engine makes the cluster match, then what nobody remembers is pruned."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.cluster.errors import ApiError
from gitops.cluster.handover import changing_hands
from gitops.cluster.survey import ALLOW_DELETES, hidden_warning, refuse_mass_deletion
from gitops.delivery.handover import hand_over
from gitops.delivery.history import intent, tell_failure, tell_outcome
from gitops.delivery.keep import kept
from gitops.delivery.outcome import outcomes
from gitops.desired import sound_plan
from gitops.engine.history import message_of
from gitops.engine.recorded import recorded
from gitops.engine.stacks import up
from gitops.model.errors import GitOpsError, ProblemsError
from gitops.model.partial import Kept
from gitops.model.synced import Synced
from gitops.respected import respecting_managers
from gitops.waves.order import kind_rank

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops.cluster.survey import Survey
    from gitops.model.errors import Problem
    from gitops.model.keys import ObjectKey
    from gitops.model.plan import Plan
    from gitops.model.settings import Settings


def sync(
    settings: Settings,
    project: Path,
    *,
    refresh: bool = False,
    by: str = "",
    on_output: Callable[[str], None] | None = None,
) -> Synced:
    """Deploy what is sound of a stack at its revision, and prune what carries its label but is in no plan.

    Applications with problems are left out: the engine passes over their resources by exact URN. Where an
    object fails, the others of its wave go on, later waves don't start, and nothing is deleted or pruned.
    The stack's history says who did it: `by`, else the user of this process.

    Raises:
        GitOpsError: nothing could be synced at all.
    """
    connection = connect(settings.cluster)
    live = connection.survey(settings.stack)
    state = recorded(settings.stack, project) if live.hidden else None
    live = live.with_unseen([item.key for item in state or () if item.key and not item.retained])
    sound, left_out = sound_plan(settings, live.served, live.objects)
    if left_out and not sound.applications:
        raise ProblemsError(problem for item in left_out for problem in item.problems)
    plan = respecting_managers(sound, live.objects)
    warnings = _warnings(live, plan)
    keep = Kept()
    if left_out:
        state = recorded(settings.stack, project) if state is None else state
        keep = kept(left_out, state, live.objects, plan)
        plan = plan.without(keep.owned)
    hand_over(settings, project, live, plan.keys | keep.objects)
    leaving = live.leaving(plan.keys | keep.objects)
    refuse_mass_deletion(
        live.objects,
        (live.objects.keys() - leaving) | changing_hands(live, plan.keys),
        settings.delete_limit,
        allowed=bool(os.environ.get(ALLOW_DELETES)),
    )

    def program() -> None:
        from components.program import register  # the provider's SDK is slow to import

        register(settings, plan, connection)

    begun = intent(settings, plan, live.objects, left_out, leaving, by=by)
    try:
        outcome = up(
            settings.stack,
            project,
            program,
            refresh=refresh,
            exclude=keep.urns,
            message=message_of(begun),
            on_output=on_output,
        )
    except GitOpsError as error:
        tell_failure(settings.stack, project, begun.operation, str(error))
        raise
    pruned = () if outcome.failed else prune_orphans(settings, plan, keep)
    done = Synced(
        settings.stack,
        plan.revision,
        outcome.changes,
        outcomes(plan, left_out, outcome.failed),
        pruned,
        warnings,
        begun.operation,
    )
    tell_outcome(project, done)
    return done


def _warnings(live: Survey, plan: Plan) -> tuple[Problem, ...]:
    kinds = live.hidden_of(live.objects.keys() | plan.keys)
    return (*plan.notes, *((hidden_warning(kinds),) if kinds else ()))


def prune_orphans(settings: Settings, plan: Plan, keep: Kept) -> tuple[ObjectKey, ...]:
    """Delete what carries the stack's label and is neither in the plan nor kept, users before what they use.

    Such objects are left by a run that was killed after it had created them and before it could record it,
    when the next commit no longer states them. Objects of an application with `prune: false` stay, as they
    do when the engine deletes.
    """
    connection = connect(settings.cluster)
    live = connection.survey(settings.stack)
    confirmed = bool(os.environ.get(ALLOW_DELETES))
    applications = {application.name for application in plan.applications}
    leaving = live.leaving(plan.keys | keep.objects, applications, confirmed=confirmed)
    orphans = sorted(leaving, key=lambda key: (kind_rank(key.kind), key), reverse=True)
    for key in orphans:
        try:
            connection.client.delete(live.path(key), uid=live.objects[key]["metadata"]["uid"])
        except ApiError as error:
            if error.status not in {404, 409}:
                raise
    return tuple(orphans)
