"""A sync: the engine makes the cluster match, then what nobody remembers is pruned."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitops.cluster.connect import connect
from gitops.cluster.errors import ApiError
from gitops.cluster.handover import changing_hands
from gitops.cluster.survey import ALLOW_DELETES, hidden_warning, refuse_mass_deletion
from gitops.delivery.handover import hand_over
from gitops.delivery.history import intent, operation_id, tell_failure, tell_outcome
from gitops.delivery.keep import kept
from gitops.delivery.outcome import outcomes
from gitops.desired import sound_plan
from gitops.engine.history import message_of
from gitops.engine.recorded import recorded
from gitops.engine.stacks import up
from gitops.model.errors import ConflictError, GitOpsError, ProblemsError, RefusedError
from gitops.model.partial import Kept
from gitops.model.synced import FAILED, Synced
from gitops.respected import respecting
from gitops.waves.order import kind_rank

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from gitops.cluster.connect import Connection
    from gitops.cluster.survey import Survey
    from gitops.desired import Hold
    from gitops.engine.progress import Step
    from gitops.engine.stacks import Outcome
    from gitops.model.deployment import Intent
    from gitops.model.errors import Problem
    from gitops.model.keys import ObjectKey
    from gitops.model.partial import LeftOut, Recorded
    from gitops.model.plan import Plan
    from gitops.model.settings import Settings
    from gitops.source.commit import Commit


@dataclass(frozen=True, slots=True)
class Prepared:
    """A stack that was looked at and not touched yet.

    Attributes:
        connection: to the cluster; None where it has to be reached anew, as in another process.
        live: what carries the stack's label, and the objects of hidden kinds that the state knows.
        plan: what Git wants, without the applications that are left out.
        left_out: those that are broken or held.
        state: the stack's resources, where they had to be read.
        operation: the id of what is going to be done.
    """

    settings: Settings
    project: Path
    connection: Connection | None
    live: Survey
    plan: Plan
    left_out: tuple[LeftOut, ...] = ()
    state: tuple[Recorded, ...] | None = None
    operation: str = field(default_factory=operation_id)

    @property
    def reached(self) -> Connection:
        """The connection to the cluster."""
        return self.connection or connect(self.settings.cluster)


def sync(
    settings: Settings,
    project: Path,
    *,
    refresh: bool = False,
    by: str = "",
    why: str = "",
    hold: Hold | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> Synced:
    """Deploy what is sound of a stack at its revision, and prune what carries its label but is in no plan.

    Applications with problems are left out, and so are those that `hold` names: the engine passes over their
    resources by exact URN. Where an object fails, the others of its wave go on, later waves don't start, and
    nothing is deleted or pruned. The stack's history says who did it, `by`, else the user of this process,
    and `why`.

    Raises:
        GitOpsError: nothing could be synced at all.
    """
    return carry_out(prepare(settings, project, hold), refresh=refresh, by=by, why=why, on_step=on_step)


def prepare(
    settings: Settings, project: Path, hold: Hold | None = None, commit: Commit | None = None
) -> Prepared:
    """Look at what lives and plan what Git wants, at `commit` when it was fetched already.

    Raises:
        GitOpsError: either can't be read, or nothing in the repository is sound.
    """
    connection = connect(settings.cluster)
    live = connection.survey(settings.stack)
    state = recorded(settings.stack, project) if live.hidden else None
    live = live.with_unseen([item.key for item in state or () if item.key and not item.retained])
    plan, left_out = sound_plan(settings, live.served, live.objects, hold=hold, commit=commit)
    if left_out and not plan.applications:
        raise nothing_to_sync(left_out)
    return Prepared(settings, project, connection, live, plan, left_out, state)


def nothing_to_sync(left_out: Sequence[LeftOut]) -> GitOpsError:
    """Why no application of several can be synced: a refusal when all of them only have to wait."""
    problems = [problem for item in left_out for problem in item.problems]
    if all(item.held for item in left_out):
        first = problems[0]
        return RefusedError(f"every application is held: {first.what}", next_step=first.next_step)
    return ProblemsError(problems)


def carry_out(
    prepared: Prepared,
    *,
    refresh: bool = False,
    by: str = "",
    why: str = "",
    on_step: Callable[[Step], None] | None = None,
) -> Synced:
    """The sync of everything that was prepared.

    Raises:
        GitOpsError: nothing could be synced at all.
    """
    settings, project, live, plan = prepared.settings, prepared.project, prepared.live, _respecting(prepared)
    warnings = _warnings(live, plan)
    keep = Kept()
    if prepared.left_out:
        state = recorded(settings.stack, project) if prepared.state is None else prepared.state
        keep = kept(prepared.left_out, state, live.objects, plan)
        plan = plan.without(keep.owned)
    hand_over(settings, project, live, plan.keys | keep.objects)
    leaving = live.leaving(plan.keys | keep.objects)
    refuse_mass_deletion(
        live.objects,
        (live.objects.keys() - leaving) | changing_hands(live, plan.keys),
        settings.delete_limit,
        allowed=os.environ.get(ALLOW_DELETES, ""),
    )

    def program() -> None:
        from components.program import register  # the provider's SDK is slow to import

        register(settings, plan, prepared.reached)

    begun = intent(
        settings, plan, live.objects, prepared.left_out, leaving, by=by, why=why, operation=prepared.operation
    )
    outcome = run(prepared, begun, program, refresh=refresh, exclude=keep.urns, on_step=on_step)
    pruned = () if outcome.failed else prune_orphans(settings, plan, keep)
    return told(prepared, plan, outcome, pruned, warnings)


def carry_out_changes(
    prepared: Prepared,
    names: Collection[str],
    *,
    by: str = "",
    on_step: Callable[[Step], None] | None = None,
) -> Synced:
    """The sync of applications of which nothing but the content of objects and hooks has changed.

    The engine passes over all else that the plan states, by exact URN; the program registers what these wait for.
    Only for a plan whose steps the engine's state has, each under its name and with its dependencies.

    Raises:
        GitOpsError: nothing could be synced at all.
    """
    from components.urns import urns_beside  # the provider's SDK is slow to import

    settings, plan = prepared.settings, _respecting(prepared)
    part = plan.reaching(names)

    def program() -> None:
        from components.program import register

        register(settings, part, prepared.reached, whole=plan)

    begun = intent(
        settings, part, prepared.live.objects, prepared.left_out, by=by, operation=prepared.operation
    )
    others = urns_beside(settings.stack, plan, names)
    outcome = run(prepared, begun, program, exclude=others, on_step=on_step)
    return told(prepared, plan, outcome)


def _respecting(prepared: Prepared) -> Plan:
    return respecting(prepared.plan, prepared.live.objects, lambda: prepared.reached)


def run(prepared: Prepared, begun: Intent, program: Callable[[], None], **options: Any) -> Outcome:
    """Run the engine with a program, and tell the stack's history what begins, and why it could not.

    Raises:
        GitOpsError: the engine gave up.
    """
    stack, project = prepared.settings.stack, prepared.project
    try:
        return up(stack, project, program, message=message_of(begun), **options)
    except ConflictError:
        raise  # nothing began: the history has no run that this would be the reason of
    except GitOpsError as error:
        tell_failure(stack, project, begun.operation, str(error))
        raise


def told(
    prepared: Prepared,
    plan: Plan,
    outcome: Outcome,
    pruned: tuple[ObjectKey, ...] = (),
    warnings: tuple[Problem, ...] = (),
) -> Synced:
    """What a run did to each application of a plan; the stack's history is told what failed.

    Raises:
        GitOpsError: something failed that is no application's.
    """
    found = outcomes(plan, prepared.left_out, outcome.failed)
    if outcome.failed and not any(item.result == FAILED for item in found):
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in outcome.failed)
        tell_failure(prepared.settings.stack, prepared.project, prepared.operation, reasons)
        raise GitOpsError(f"stack {prepared.settings.stack!r} did not come up: {reasons}")
    done = Synced(
        prepared.settings.stack,
        plan.revision,
        outcome.changes,
        found,
        pruned,
        warnings,
        prepared.operation,
    )
    tell_outcome(prepared.project, done)
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
    return delete(connection, live, live.leaving(plan.keys | keep.objects, applications, confirmed=confirmed))


def delete(connection: Connection, live: Survey, keys: Collection[ObjectKey]) -> tuple[ObjectKey, ...]:
    """Delete live objects, those that were surveyed and no others of their name, users before what they use."""
    orphans = sorted(keys, key=lambda key: (kind_rank(key.kind), key), reverse=True)
    for key in orphans:
        try:
            connection.client.delete(live.path(key), uid=live.objects[key]["metadata"]["uid"])
        except ApiError as error:
            if error.status not in {404, 409}:
                raise
    return tuple(orphans)
