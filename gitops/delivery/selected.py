"""A sync of some applications, or of some of their objects, by exact URN: nothing else is looked at or deleted."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitops.cluster.handover import changing_hands
from gitops.cluster.survey import ALLOW_DELETES, refuse_mass_deletion
from gitops.delivery.history import intent
from gitops.delivery.keep import labels_of
from gitops.delivery.sync import delete, nothing_to_sync, run, told
from gitops.engine.forget import forget_urns
from gitops.engine.recorded import recorded
from gitops.engine.stacks import look
from gitops.model.errors import NotFoundError, Problem, unknown_applications
from gitops.model.keys import APPLICATION_LABEL
from gitops.model.partial import APPLICATION
from gitops.model.plan import Gate, HealthCheck, PlannedObject, application_of
from gitops.respected import respecting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from gitops.delivery.sync import Prepared
    from gitops.engine.progress import Step
    from gitops.model.keys import ObjectKey
    from gitops.model.partial import Recorded
    from gitops.model.plan import Plan
    from gitops.model.synced import Synced


@dataclass(frozen=True, slots=True)
class Selection:
    """What to sync.

    Attributes:
        applications: their names; none means all.
        resources: of these applications, only objects of these kinds and names; none means all, with their hooks.
        prune: whether what left Git leaves the cluster.
        earlier: whether the commit is an earlier one, which does not state what others have had since.
    """

    applications: tuple[str, ...] = ()
    resources: tuple[tuple[str, str], ...] = ()
    prune: bool = False
    earlier: bool = False

    def has(self, key: ObjectKey) -> bool:
        """Whether an object of a chosen application is chosen."""
        return not self.resources or (key.kind.lower(), key.name) in self.resources

    def takes(self, step: object) -> bool:
        """Whether a step of a chosen application is chosen; hooks and gates go with whole applications only."""
        if isinstance(step, PlannedObject | HealthCheck):
            return self.has(step.manifest.key)
        return not self.resources


def sync_selected(
    prepared: Prepared,
    chosen: Selection,
    *,
    by: str = "",
    why: str = "",
    on_step: Callable[[Step], None] | None = None,
) -> Synced:
    """Make what was chosen what Git states, whatever the cluster and the state say; hooks run with their application.

    The engine registers the chosen steps and those that its state knows, and is told to look at the first ones
    alone. It first looks at the cluster for these, so that changes by hand are reverted.

    Raises:
        NotFoundError: there is no such application or object.
        ProblemsError: nothing of what was chosen is sound.
        RefusedError: it would delete too much, or all that was chosen is held.
        GitOpsError: nothing could be synced at all.
    """
    settings, live = prepared.settings, prepared.live
    plan = respecting(prepared.plan, live.objects, lambda: prepared.reached)
    names = _names(prepared, chosen)
    state = prepared.state or recorded(settings.stack, prepared.project)
    wanted = {step.name for step in plan.steps if application_of(step) in names and chosen.takes(step)}
    leaving = tuple(
        key
        for key in live.leaving(plan.keys, names, confirmed=bool(os.environ.get(ALLOW_DELETES)))
        if labels_of(live.objects[key]).get(APPLICATION_LABEL) in names
        and chosen.has(key)
        and key not in changing_hands(live, plan.keys)
    )
    if chosen.resources and not wanted and not leaving:
        raise NotFoundError(
            f"none of these applications has {', '.join(':'.join(pair) for pair in chosen.resources)}",
            next_step=f"see what they have: gitops app resources NAME --stack {settings.stack}",
        )
    if chosen.prune:
        refuse_mass_deletion(
            live.objects,
            live.objects.keys() - set(leaving),
            settings.delete_limit,
            allowed=os.environ.get(ALLOW_DELETES, ""),
        )
    part = _part(plan, names, wanted, state)
    gone = leaving if chosen.prune else ()
    if chosen.prune:
        state = _forgotten(prepared, part, names, None if not chosen.resources else gone, state)
    targets = _targets(settings.stack, part, names, wanted, state if chosen.earlier else ())

    def program() -> None:
        from components.program import register  # the provider's SDK is slow to import

        register(settings, part, prepared.reached, whole=plan)

    own = replace(part, steps=tuple(step for step in part.steps if step.name in wanted))
    begun = intent(
        settings,
        own,
        live.objects,
        (),
        gone,
        by=by,
        why=why,
        operation=prepared.operation,
        partial=bool(chosen.applications or chosen.resources),
    )
    known = tuple(sorted({item.urn for item in state}.intersection(targets)))
    together = len(known) == len(targets)
    if known and not together:
        look(settings.stack, prepared.project, known)
    outcome = run(prepared, begun, program, refresh=together, target=targets, on_step=on_step)
    pruned = () if outcome.failed else delete(prepared.reached, live, gone)
    stays = () if chosen.prune else tuple(_stays(key) for key in leaving)
    done = told(prepared, part, outcome, pruned, (*plan.notes, *stays))
    return replace(done, applications=tuple(item for item in done.applications if item.name in names))


def _names(prepared: Prepared, chosen: Selection) -> frozenset[str]:
    """The chosen applications, also broken ones, of which one has to be sound."""
    sound = {item.name for item in prepared.plan.applications}
    broken = {item.name: item for item in prepared.left_out}
    names = frozenset(chosen.applications or sound | broken.keys())
    missing = names - sound - broken.keys()
    if missing:
        raise unknown_applications(prepared.settings.stack, missing, sound | broken.keys())
    if not names & sound:
        raise nothing_to_sync([broken[name] for name in sorted(names)])
    return names


def _part(plan: Plan, names: Collection[str], wanted: Collection[str], state: Sequence[Recorded]) -> Plan:
    """The plan without what is neither wanted now nor in the state."""
    known = {item.name for item in state}
    components = {item.name for item in state if item.type == APPLICATION} | set(names)
    part = plan.keeping(set(wanted) | known)
    applications = tuple(item for item in part.applications if item.name in components)
    part = replace(part, applications=applications)
    placed = {
        step.name
        for step in part.steps
        if application_of(step) in components
        or (isinstance(step, Gate) and not step.application and step.wave in part.waves)
    }
    return part.keeping(placed)


def _targets(
    stack: str, part: Plan, names: Collection[str], wanted: Collection[str], known: Sequence[Recorded]
) -> tuple[str, ...]:
    """The URNs that the engine looks at; the components and the provider that are `known` are left as they are.

    It takes whatever depends on a target and is not stated for something that it has to delete, and refuses.
    Everything depends on the components and the provider, also what another commit has brought to others.
    """
    from components.urns import component_urns, urns_of  # the provider's SDK is slow to import

    own = replace(part, steps=tuple(step for step in part.steps if step.name in wanted))
    there = {item.urn for item in known}
    above = (urn for urn in component_urns(stack, part, names) if urn not in there)
    return (*above, *urns_of(stack, own, names))


def _forgotten(
    prepared: Prepared,
    part: Plan,
    names: Collection[str],
    only: Collection[ObjectKey] | None,
    state: Sequence[Recorded],
) -> tuple[Recorded, ...]:
    """The state without what the chosen applications no longer state, or without `only` these objects of it.

    A run with targets deletes nothing, and refuses to leave things out: they are taken out of the state before it
    and deleted after it. Of a run that is killed between the two, the next sync of the stack finds them by label.
    """
    stated = {step.name for step in part.steps}
    owners = {item.urn for item in state if item.type == APPLICATION and item.name in names}
    gone = {
        item.urn
        for item in state
        if item.parent in owners and item.name not in stated and (only is None or item.key in only)
    }
    if gone:
        forget_urns(prepared.settings.stack, prepared.project, gone)
    return tuple(item for item in state if item.urn not in gone)


def _stays(key: ObjectKey) -> Problem:
    return Problem(f"{key} lives, but is no longer in Git, and stays", None, "delete it with --prune")
